import Simulation
import Testing

@testable import Gateway

/// Routes that change paths and headers on their way.
struct EditingTests {
    private static let settings = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        security_headers: api
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        routes:
          - name: api
            match: { path: /api/* }
            strip_prefix: /api
            request_headers:
              { set: { X-Env: test }, add: { X-More: "2" }, remove: [Cookie, X-Gone] }
            response_headers:
              { set: { Cache-Control: max-age=60 }, add: { Link: "</a>" }, remove: [X-Inner] }
            upstream: app
          - name: fixed
            match: { path: /fixed }
            response_headers: { set: { Cache-Control: max-age=60 } }
            respond: { body: hi }
          - { name: app, strip_prefix: /api, upstream: app }
        """

    @Test(arguments: [
        ("/api/x", "/x"), ("/api", "/"), ("/api/", "/"), ("/api?a=b", "/?a=b"),
        ("/api/x?a", "/x?a"), ("/api/api/x", "/api/x"), ("/apix", "/apix"), ("/x", "/x"),
        ("http://a.example/api/x", "/x"), ("/api/a%20b", "/a%20b"),
    ])
    func `the app gets the rest of a path, led by a slash`(_ sent: String, _ got: String) throws {
        let world = try World(Self.settings)
        try world.connect().get(sent)
        world.run()
        #expect(world.app.requests.map(\.path) == [Substring(got)])
        #expect(world.records.count == 1)
        world.expectNothingLeaks()
    }

    @Test func `requests lose and get what the route says`() throws {
        let world = try World(Self.settings)
        try world.connect().get(
            "/api/x",
            "Cookie: a=b\r\nx-env: evil\r\nX-Env: evil\r\nX-Gone: 1\r\nX-More: 1\r\n"
                + "X_Env: evil\r\nTrue-Client-IP: 6.6.6.6\r\nX-Kept: 1\r\n"
                + "X_Client.Cert-Subject: CN=eve\r\n")
        world.run()
        let head = try #require(world.app.requests.first).head
        #expect(head.contains("\r\nX-Env: test\r\nX-More: 2\r\n"))
        #expect(head.contains("\r\nX-More: 1\r\n") && head.contains("\r\nX-Kept: 1\r\n"))
        for gone in ["evil", "CN=eve", "Cookie", "X-Gone", "6.6.6.6"] {
            #expect(!head.contains(gone))
        }
        world.expectNothingLeaks()
    }

    @Test func `responses lose and get what the route says, each name once`() throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in
            .ok(fields: "Cache-Control: private\r\nx-inner: 1\r\nLink: </b>\r\n")
        }
        let client = try world.connect()
        client.get("/api/x")
        world.run()
        #expect(client.text.components(separatedBy: "Cache-Control").count == 2)
        #expect(client.text.contains("\r\nCache-Control: max-age=60\r\nLink: </a>\r\n"))
        #expect(client.text.contains("\r\nLink: </b>\r\n"))
        #expect(!client.text.contains("x-inner"))
        world.expectNothingLeaks()
    }

    @Test func `the gateway's own answers of a route get them too`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/fixed")
        world.run()
        #expect(client.text.components(separatedBy: "Cache-Control").count == 2)
        #expect(client.text.contains("\r\nCache-Control: max-age=60\r\n"))
        world.expectNothingLeaks()
    }
}

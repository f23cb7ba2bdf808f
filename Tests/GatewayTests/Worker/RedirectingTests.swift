import Testing

@testable import Gateway

/// A listener that sends its clients to HTTPS.
struct RedirectingTests {
    private static let settings = """
        environment: development
        listeners: { plain: { bind: "127.0.0.1:80", redirect_https: { port: 8443 } } }
        upstreams: { app: { servers: ["10.0.1.1:80"] } }
        routes:
          - { name: acme, match: { path: /.well-known/acme-challenge/* }, upstream: app }
          - { name: all, upstream: app }
        """

    @Test func `every request is answered here, and the connection is kept`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/a?b")
        world.run()
        client.get("/c")
        world.run()
        #expect(client.text.components(separatedBy: "HTTP/1.1 308 ").count == 3)
        #expect(client.text.contains("\r\nLocation: https://a.example:8443/c\r\n"))
        #expect(world.app.requests.isEmpty)
        #expect(world.records.count == 2)
        world.expectNothingLeaks()
    }

    @Test func `a challenge is passed on`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/.well-known/acme-challenge/token")
        world.run()
        #expect(world.app.requests.map(\.path) == ["/.well-known/acme-challenge/token"])
        world.expectNothingLeaks()
    }

    @Test func `a location that would be too long is 414`() throws {
        let world = try World(Self.settings + "\nlimits: { request_line: 16KiB }")
        let client = try world.connect()
        client.get("/" + String(repeating: "\"", count: 12 << 10))
        world.run()
        #expect(client.text.hasPrefix("HTTP/1.1 414 "))
        world.expectNothingLeaks()
    }
}

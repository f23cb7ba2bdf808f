import Config
import Foundation
import Testing

@testable import Gateway

/// Explanations as operators read them: `Golden/NAME.txt`, one a question.
///
/// Regenerate with `APUS_REGENERATE=1 swift test --filter InspectionTests`, and read the
/// difference.
struct InspectionTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden")

    static let configuration = """
        environment: development
        listeners: { public: { bind: "0.0.0.0:8080" }, internal: { bind: "unix:/run/a.sock" } }
        trusted_proxies: ["10.0.0.0/8"]
        limits: { body: 1MiB }
        security_headers: api
        cors: { app: { origins: ["https://*.app.test"], methods: [PUT], enforce_origin: on } }
        upstreams:
          app: { servers: ["127.0.0.1:3000", { address: "127.0.0.1:3001", weight: 2 }] }
          named: { servers: ["http://one.internal:80", "two.internal:81"], host: server }
        routes:
          - { name: live, match: { path: /health }, health: live }
          - name: old
            match: { host: old.example.com }
            redirect: { to: "https://www.example.com{path}", status: 308 }
          - name: login
            match: { path: /login, methods: [POST] }
            limits: { body: 4KiB }
            timeouts: { response: 5s, stream: none }
            upstream: named
          - name: robots
            match: { path: /robots.txt }
            respond: { status: 200, body: "a\\nb\\n" }
          - { name: ops, match: { headers: { X-Ops: "1" } }, upstream: named }
          - { name: inside, match: { path: /in/*, listener: internal }, upstream: app }
          - { name: app, match: { host: "*.example.com", path: /app/* }, upstream: app }
          - name: rest
            match: { path: /app/* }
            security_headers: none
            upstream: app
          - { name: shared, match: { path: /shared/* }, cors: app, upstream: app }
        """

    static let snapshot = Loading.load(text: configuration, path: "a.yaml", environment: [:])
        .snapshot

    private func explain(
        _ method: String, _ url: String, _ fields: [String] = [], from client: String? = nil,
        on listener: String? = nil
    ) throws -> String {
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: client, listener: listener,
            now: 1_760_000_000_000_000_000)
        return try Inspection.explain(inquiry, by: #require(Self.snapshot))
    }

    private func expectSame(_ text: String, as name: String) throws {
        let file = Self.folder.appendingPathComponent("explain-\(name).txt")
        if ProcessInfo.processInfo.environment["APUS_REGENERATE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func `a forwarded request is shown as its server gets it`() throws {
        let text = try explain(
            "GET", "https://a.example.com/app/x?q=1",
            [
                "Accept:  text/html", "X-Forwarded-For: 1.2.3.4", "X_Real_IP: 1.2.3.4",
                "Connection: upgrade, x-hop", "X-Hop: 1", "Upgrade: websocket",
            ])
        try expectSame(text, as: "forwarded")
    }

    @Test func `a trusted proxy is believed`() throws {
        let text = try explain(
            "POST", "http://a.example.com/login",
            [
                "X-Forwarded-For: 203.0.113.9, 10.1.1.1", "X-Forwarded-Proto: https",
                "X-Request-ID: abc", "Content-Length: 12",
            ], from: "10.0.0.1")
        try expectSame(text, as: "trusted")
    }

    @Test func `a redirect is shown as it leaves`() throws {
        try expectSame(explain("GET", "http://old.example.com/a?b"), as: "redirect")
        let path = "/" + String(repeating: "x", count: 7000)
        let text = try explain("GET", "http://old.example.com" + path)
        #expect(text.contains("Location: https://www.example.com" + path + "\n"))
    }

    @Test func `a fixed response is shown with its body`() throws {
        try expectSame(explain("GET", "http://a/robots.txt"), as: "respond")
    }

    @Test func `a wrong method is told which would do`() throws {
        try expectSame(explain("GET", "http://a/login"), as: "wrong-method")
    }

    @Test func `a body beyond the limit is refused by its announcement`() throws {
        let text = try explain("POST", "http://a/login", ["Content-Length: 4097"])
        #expect(text.contains("\n  HTTP/1.1 413 Content Too Large\n"))
        #expect(text.contains("\n  Connection: close\n"))
        let within = try explain("POST", "http://a/login", ["Content-Length: 4096"])
        #expect(within.contains("\n  Content-Length: 4096\n"))
        #expect(within.contains("\n  forwarded to upstream named\n"))
    }

    @Test func `a malformed request gets the answer that a client would get`() throws {
        let text = try explain(
            "POST", "http://a/login", ["Content-Length: 1", "Transfer-Encoding: chunked"])
        try expectSame(text, as: "malformed")
    }

    @Test func `a path that is refused is not routed`() throws {
        let text = try explain("GET", "http://a/%zz")
        #expect(text.contains("not asked: the request is refused before (path_bad_escape)"))
        #expect(text.contains("\n  HTTP/1.1 400 Bad Request\n"))
    }

    @Test func `a preflight is shown with the answer that it gets`() throws {
        let text = try explain(
            "OPTIONS", "https://a/shared/x",
            ["Origin: https://www.app.test", "Access-Control-Request-Method: PUT"])
        try expectSame(text, as: "preflight")
    }

    @Test func `an allowed origin is shown what its scripts may read`() throws {
        let text = try explain("PUT", "https://a/shared/x", ["Origin: https://www.app.test"])
        try expectSame(text, as: "cors")
    }

    @Test(arguments: [
        ("PUT", ["Origin: https://app.test"], "refused: the origin is not in the list"),
        ("PUT", ["Origin: https://a"], "none: the origin is the one that is asked"),
        ("PUT", [], "none"),
        (
            "OPTIONS", ["Origin: https://a.app.test", "Access-Control-Request-Method: PATCH"],
            "preflight refused: the method is not in the list"
        ),
        (
            "OPTIONS",
            [
                "Origin: https://a.app.test", "Access-Control-Request-Method: PUT",
                "Access-Control-Request-Headers: x-a",
            ], "preflight refused: a header is not in the list"
        ),
        (
            "OPTIONS", ["Origin: https://app.test", "Access-Control-Request-Method: PUT"],
            "preflight refused: the origin is not in the list"
        ),
    ])
    func `the verdict on an origin says why`(
        _ method: String, _ fields: [String], _ verdict: String
    ) throws {
        let text = try explain(method, "https://a/shared/x", fields)
        #expect(text.contains("\n  verdict  \(verdict)\n"), "\(text)")
    }

    @Test func `the listener counts`() throws {
        let inside = try explain("GET", "http://a/in/x", on: "internal")
        #expect(inside.contains("6  inside  yes  takes the request"))
        #expect(inside.contains("\n  peer        unix, not trusted"))
        #expect(!inside.contains("X-Real-IP"))
        let outside = try explain("GET", "http://a/in/x")
        #expect(outside.contains("6  inside  no  listener is not internal"))
        #expect(outside.contains("\n  HTTP/1.1 404 Not Found\n"))
    }

    @Test func `a route without security headers adds the id alone`() throws {
        let text = try explain("GET", "http://a/app/")
        #expect(text.contains("\nadded to the response\n  X-Request-ID: <new>\n\nlimits\n"))
    }

    @Test func `HEAD has no body and a Host header wins over the URL's`() throws {
        #expect(try !explain("HEAD", "http://a/robots.txt").contains("\nbody\n"))
        let text = try explain("GET", "http://a/app/", ["Host: b.example.com:81"])
        #expect(text.contains("\n  Host: b.example.com:81\n"))
        #expect(text.contains("7  app     yes  takes the request"))
    }

    @Test func `the same question gets the same answer`() throws {
        #expect(try explain("GET", "http://a/app/") == explain("GET", "http://a/app/"))
    }
}

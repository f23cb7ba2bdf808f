import Simulation
import Testing

@testable import Gateway

/// Every kind of response carries what its route's stamp says, once.
struct StampTests {
    static let configuration = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        limits: { body: 1KiB }
        timeouts: { connect: 1s, response: 2s, header: 5s }
        trusted_proxies: ["192.0.2.0/24"]
        security_headers: { preset: strict, set: { X-Set: here, Cache-Control: private } }
        cors:
          app:
            origins: ["https://app.test", "https://*.app.test:8443"]
            methods: [PUT]
            headers: [Content-Type]
            credentials: on
          walled: { origins: ["https://app.test"], enforce_origin: on }
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        routes:
          - { name: here, match: { path: /here }, cors: app, respond: { body: here } }
          - { name: none, match: { path: /none }, cors: app, respond: { status: 304 } }
          - { name: live, match: { path: /live }, cors: app, health: live }
          - { name: moved, match: { path: /moved }, cors: app, redirect: { to: "/here" } }
          - { name: walled, match: { path: /walled }, cors: walled, upstream: app }
          - { name: plain, match: { path: /plain }, upstream: app }
          - { name: only, match: { path: /only, methods: [GET] }, cors: app, upstream: app }
          - { name: app, match: { path: /app/* }, cors: app, upstream: app }
        """

    private static let always = [
        "X-Frame-Options: DENY", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
        "X-Set: here",
    ]

    private static func request(
        _ method: String, _ path: String, _ fields: String = "",
        origin: String? = "https://app.test"
    ) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: a.example\r\n"
            + (origin.map { "Origin: \($0)\r\n" } ?? "") + fields + "\r\n"
    }

    /// The head of the answer to the only request.
    private static func head(
        _ world: World, _ request: String, after length: Duration = .zero
    ) throws -> [String] {
        let client = try world.connect(sending: request)
        world.run()
        if length > .zero { world.pass(length) }
        let head = client.text.components(separatedBy: "\r\n\r\n")[0]
        let lines = String(head).components(separatedBy: "\r\n").map(String.init)
        for name in ["x-request-id", "x-frame-options", "vary", "cache-control", "date"] {
            let count = lines.filter { $0.lowercased().hasPrefix(name + ":") }.count
            #expect(count <= 1, "\(name) in \(lines)")
        }
        #expect(lines.contains { $0.hasPrefix("X-Request-ID: ") }, "\(lines)")
        for line in always { #expect(lines.contains(line), "\(line) in \(lines)") }
        return lines
    }

    private static func world() throws -> World { try World(configuration) }

    private static let allowed = [
        "Access-Control-Allow-Origin: https://app.test", "Access-Control-Allow-Credentials: true",
    ]

    @Test(arguments: [
        ("GET", "/here", 200), ("HEAD", "/here", 200), ("GET", "/none", 304), ("GET", "/live", 200),
        ("GET", "/moved", 308), ("GET", "/app/x", 200), ("HEAD", "/app/x", 200),
    ])
    func `answers of all kinds are stamped and may be read by an allowed origin`(
        _ method: String, _ path: String, _ status: Int
    ) throws {
        let world = try Self.world()
        world.app.answer = { request in
            request.method == "HEAD"
                ? .init("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Frame-Options: ALLOWALL\r\n\r\n")
                : .ok(fields: "X-Frame-Options: ALLOWALL\r\nServer: x\r\nX-Request-ID: y\r\n")
        }
        let lines = try Self.head(world, Self.request(method, path))
        #expect(lines[0].hasPrefix("HTTP/1.1 \(status) "))
        for line in Self.allowed + ["Vary: Origin"] { #expect(lines.contains(line), "\(line)") }
        #expect(!lines.contains { $0.hasPrefix("Server:") })
        #expect(
            world.metric("apus_cors_requests_total{policy=\"app\",result=\"allowed\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test func `the app's own words on CORS and its Vary give way`() throws {
        let world = try Self.world()
        world.app.answer = { _ in
            .ok(
                fields: "Access-Control-Allow-Origin: *\r\nAccess-Control-Max-Age: 1\r\n"
                    + "vary: Accept\r\nVary: Cookie\r\n")
        }
        let lines = try Self.head(world, Self.request("GET", "/app/x"))
        #expect(lines.filter { $0.hasPrefix("Access-Control-Allow-Origin") }.count == 1)
        #expect(lines.contains(Self.allowed[0]))
        #expect(lines.contains("Vary: Accept, Cookie, Origin"))
        #expect(!lines.contains { $0.hasPrefix("Access-Control-Max-Age") })
        world.expectNothingLeaks()
    }

    @Test func `a switch of protocols is stamped`() throws {
        let world = try Self.world()
        world.app.answer = { _ in
            .init(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                    + "Upgrade: websocket\r\n\r\n")
        }
        let lines = try Self.head(
            world,
            Self.request("GET", "/app/ws", "Connection: upgrade\r\nUpgrade: websocket\r\n"))
        #expect(lines[0].hasPrefix("HTTP/1.1 101 "))
        for line in Self.allowed + ["Vary: Origin"] { #expect(lines.contains(line), "\(line)") }
        world.expectNothingLeaks()
    }

    @Test func `errors that the gateway makes on a route may be read too`() throws {
        // 413 by the head, 502 without a server, 504 after the timeout.
        let tooLarge = try Self.world()
        var lines = try Self.head(
            tooLarge, Self.request("POST", "/app/x", "Content-Length: 2000\r\n"))
        #expect(lines[0].hasPrefix("HTTP/1.1 413 "))
        for line in Self.allowed + ["Vary: Origin", "Cache-Control: no-store"] {
            #expect(lines.contains(line), "\(line)")
        }
        let unreachable = try Self.world()
        for address in unreachable.kernel.receptions.keys {
            unreachable.kernel.receptions[address] = .refuses
        }
        lines = try Self.head(unreachable, Self.request("GET", "/app/x"))
        #expect(lines[0].hasPrefix("HTTP/1.1 502 "))
        for line in Self.allowed + ["Vary: Origin"] { #expect(lines.contains(line), "\(line)") }
        let slow = try Self.world()
        slow.app.answer = { _ in .silence }
        lines = try Self.head(slow, Self.request("GET", "/app/x"), after: .seconds(3))
        #expect(lines[0].hasPrefix("HTTP/1.1 504 "))
        for line in Self.allowed + ["Vary: Origin"] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func `requests that no route takes are stamped as well, without CORS`() throws {
        for (text, status) in [
            (Self.request("GET", "/nowhere"), 404), (Self.request("PUT", "/only"), 405),
            ("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400),
            ("GET / HTTP/9.9\r\n\r\n", 505), ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204),
        ] {
            let lines = try Self.head(Self.world(), text)
            #expect(lines[0].hasPrefix("HTTP/1.1 \(status) "), "\(lines)")
            #expect(!lines.contains { $0.hasPrefix("Access-Control") || $0.hasPrefix("Vary") })
        }
    }

    @Test(arguments: [nil, "https://evil.test", "null"])
    func `caches learn that answers differ, whoever asks`(_ origin: String?) throws {
        let world = try Self.world()
        let lines = try Self.head(world, Self.request("GET", "/app/x", origin: origin))
        #expect(lines[0].hasPrefix("HTTP/1.1 200 "))
        #expect(lines.contains("Vary: Origin"))
        #expect(!lines.contains { $0.hasPrefix("Access-Control") })
        let refused = world.metric("apus_cors_requests_total{policy=\"app\",result=\"refused\"}")
        #expect(refused == (origin == nil ? 0 : 1))
        let event = world.lines.map(LogLine.init).first { $0["kind"] == "cors_refused" }
        #expect((event == nil) == (origin == nil))
        if let event {
            #expect(event["request_id"]?.isEmpty == false)
            #expect(event["reason"] == "foreign_origin")
        }
        world.expectNothingLeaks()
    }

    @Test func `a redirect that repeats a long path is whole`() throws {
        let query = "?" + String(repeating: "q", count: 7000)
        let lines = try Self.head(Self.world(), Self.request("GET", "/moved" + query))
        #expect(lines.contains("Location: /here" + query))
        #expect(lines.contains("Vary: Origin"))
    }

    @Test func `a head that never comes whole, and one connection too many, are stamped`() throws {
        let late = try Self.world()
        let lines = try Self.head(late, "GET / HTTP/1.1\r\n", after: .seconds(6))
        #expect(lines[0].hasPrefix("HTTP/1.1 408 "))
        let full = try World(
            Self.configuration.replacing("{ body: 1KiB }", with: "{ connections: 1 }"))
        try full.connect()
        full.run()
        #expect(try Self.head(full, "").first?.hasPrefix("HTTP/1.1 503 ") == true)
    }

    @Test func `HSTS goes where a trusted proxy says HTTPS, and nowhere else`() throws {
        let name = "Strict-Transport-Security: "
        let secure = try Self.head(
            Self.world(), Self.request("GET", "/app/x", "X-Forwarded-Proto: https\r\n"))
        #expect(secure.contains { $0.hasPrefix(name) })
        let plain = try Self.head(Self.world(), Self.request("GET", "/app/x"))
        #expect(!plain.contains { $0.hasPrefix(name) })
    }
}

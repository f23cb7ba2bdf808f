import Testing

/// CORS as a browser would meet it.
@Suite(.staged) struct CORSTests {
    private static func apus(to app: Origin, _ more: String = "") throws -> Apus {
        try Apus(
            """
            cors:
              app:
                origins: ["https://app.test", "https://*.app.test"]
                methods: [PATCH]
                headers: [Content-Type]
                credentials: on
                \(more)
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: old, match: { path: /old }, cors: app, redirect: { to: /new } }
              - { name: app, match: { path: /* }, cors: app, upstream: app }
            """, apps: [app])
    }

    private static func preflight(_ origin: String, _ method: String) -> String {
        "OPTIONS /x HTTP/1.1\r\nHost: app.test\r\nOrigin: \(origin)\r\n"
            + "Access-Control-Request-Method: \(method)\r\n"
            + "Access-Control-Request-Headers: content-type\r\n\r\n"
    }

    @Test func `a script of an allowed origin asks first, then reads its answer`() throws {
        let app = try Origin.answering { _ in
            ok("x", "Access-Control-Allow-Origin: *\r\nVary: Accept-Encoding\r\n")
        }
        let apus = try Self.apus(to: app)
        let wire = try apus.connect()
        let grant = try wire.ask(Self.preflight("https://a.app.test", "PATCH"))
        #expect(grant.status == 204)
        #expect(grant.body.isEmpty)
        #expect(grant.all("Access-Control-Allow-Origin") == ["https://a.app.test"])
        #expect(grant["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PATCH")
        #expect(grant["X-Frame-Options"] == "DENY")
        #expect(app.requests.all.isEmpty)
        let answer = try wire.ask(get("/x", "Origin: https://a.app.test\r\n"))
        #expect(answer.all("Access-Control-Allow-Origin") == ["https://a.app.test"])
        #expect(answer.all("Access-Control-Allow-Credentials") == ["true"])
        #expect(answer.all("Vary") == ["Accept-Encoding, Origin"])
        #expect(answer["Access-Control-Expose-Headers"]?.contains("X-Request-ID") == true)
        let moved = try wire.ask(get("/old", "Origin: https://app.test\r\n"))
        #expect(moved.status == 308)
        #expect(moved["Access-Control-Allow-Origin"] == "https://app.test")
    }

    @Test func `a refused preflight is counted and told of`() throws {
        let app = try Origin.saying()
        let apus = try Self.apus(to: app)
        let refusal = try apus.ask(Self.preflight("https://app.test.evil.test", "PATCH"))
        #expect(refusal.status == 403)
        #expect(refusal["Access-Control-Allow-Origin"] == nil)
        #expect(try apus.ask(Self.preflight("https://app.test", "patch")).status == 403)
        let events = try eventually("two events") {
            let events = try apus.lines("security").filter { $0.kind == "cors_refused" }
            return events.count == 2 ? events : nil
        }
        #expect(events.map(\.reason) == ["preflight_origin", "preflight_method"])
        #expect(events[0].requestId == refusal["X-Request-ID"])
        #expect(
            try apus.metrics()["apus_cors_requests_total{policy=\"app\",result=\"refused\"}"] == 2)
    }

    @Test func `an answer without an app may be read too`() throws {
        let port = try Ports.free()
        let apus = try Apus(
            """
            cors: { app: { origins: ["https://app.test"] } }
            upstreams: { app: { servers: ["127.0.0.1:\(port)"] } }
            routes: [ { name: app, match: { path: /* }, cors: app, upstream: app } ]
            """)
        let answer = try apus.ask(get("/x", "Origin: https://app.test\r\n"))
        #expect(answer.status == 502)
        #expect(answer["Access-Control-Allow-Origin"] == "https://app.test")
        #expect(answer["Vary"] == "Origin")
    }
}

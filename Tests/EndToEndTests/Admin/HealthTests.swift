import Foundation
import Glibc
import Testing

/// What load balancers are told.
@Suite(.staged) struct HealthTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            let status: String
            let reason: String?
            let servers: Int?
            let failing: Int?
        }

        let status: String
        let version: String?
        let timestamp: String
        let checks: [String: Check]
    }

    private func report(_ answer: Message) throws -> Report {
        #expect(answer["Content-Type"] == "application/json")
        #expect(!answer.text.contains("127.0.0.1"))
        return try JSONDecoder().decode(Report.self, from: Data(answer.body))
    }

    @Test func `a process that is well says so on both listeners`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: ready, match: { path: /ready }, health: ready }
              - { name: app, upstream: app }
            """, apps: [app])
        #expect(try apus.ask(get("/")).status == 200)
        let own = try apus.admin("/readyz")
        #expect(own.status == 200)
        let found = try report(own)
        #expect(found.status == "healthy")
        #expect(found.version != nil)
        #expect(Set(found.checks.keys) == ["upstream:app", "listener:public", "log"])
        let shown = try apus.ask(get("/ready"))
        #expect(shown.status == 200)
        #expect(shown["Cache-Control"] == "no-store")
        #expect(try report(shown).version == nil)
    }

    @Test func `an app that is down is told, and that it is back`() throws {
        let port = try Ports.free()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["127.0.0.1:\(port)"] } }
            routes:
              - { name: ready, match: { path: /ready }, health: ready }
              - { name: app, upstream: app }
            """)
        #expect(try apus.admin("/readyz").status == 200)
        #expect(try apus.ask(get("/")).status == 502)
        let down = try apus.admin("/readyz")
        #expect(down.status == 503)
        let found = try report(down)
        #expect(found.status == "unhealthy")
        #expect(found.checks["upstream:app"]?.reason == "not_connected")
        #expect(found.checks["upstream:app"]?.failing == 1)
        try eventually("the route says so") { try apus.ask(get("/ready")).status == 503 }
        #expect(try apus.admin("/livez").status == 200)
        let errors = try apus.operate("GET", "/api/v1/status").text
        #expect(errors.contains("\"outcome\":\"upstream_unreachable\""))
        #expect(!errors.contains("127.0.0.1"))
    }

    @Test func `redis away degrades, and the answer does not wait for it`() throws {
        let server = try RedisServer()
        let app = try Origin.saying()
        let apus = try Apus(
            """
            redis: { url: "redis://\(server.address)", timeout: 2s,
              breaker: { failures: 1, cooldown: 20s, max_cooldown: 20s } }
            rate_limits: { one: { rate: 1000/s, key: client_ip } }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: ready, match: { path: /ready }, health: ready }
              - { name: app, rate_limits: [one], upstream: app }
            """, apps: [app])
        #expect(try apus.ask(get("/")).status == 200)
        server.signal(SIGSTOP)
        defer { server.signal(SIGCONT) }
        let asked = try apus.connect()
        try asked.send(get("/"))
        let wire = try apus.connect()
        let began = uptime()
        for _ in 0..<50 { #expect(try wire.ask(get("/ready")).status == 200) }
        #expect(try apus.admin("/readyz").status == 200)
        // All of them together take less than one command that waits.
        #expect(uptime() - began < 2)
        _ = try asked.response()
        try eventually("redis is told to be away") {
            try report(apus.admin("/readyz")).checks["redis"]?.status == "degraded"
        }
        #expect(try apus.admin("/readyz").status == 200)
    }

    @Test func `a process that ends says so to the last`() throws {
        let app = try Origin.answering { _ in "" }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/"))
        try eventually("the app is asked") { !app.requests.all.isEmpty }
        apus.signal(SIGTERM)
        try eventually("it drains") {
            let answer = try apus.admin("/readyz")
            guard answer.status == 503 else { return false }
            return try report(answer).status == "draining"
        }
        #expect(try apus.admin("/livez").status == 200)
        apus.signal(SIGTERM)
        #expect(try apus.process.waitForEnd(within: 20) == 0)
    }
}

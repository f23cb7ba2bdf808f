import Testing

/// The stack of docker/compose.yaml out of packages: an alert's whole way, from what breaks to what
/// mends it.
@Suite(.staged) struct AlertsTests {
    private static let seconds: Double = 60

    private func expectFiring(_ name: String, _ prometheus: Prometheus) throws {
        let alert = try eventually("\(name) fires", within: Self.seconds) {
            try prometheus.firing()[name]
        }
        #expect(alert.annotations["runbook"] == "docs/RUNBOOK.md#\(name.lowercased())")
    }

    private func expectQuiet(_ name: String, _ prometheus: Prometheus) throws {
        try eventually("\(name) is over", within: Self.seconds) {
            try prometheus.firing()[name] == nil
        }
    }

    @Test func `Redis breaks under load, its alerts fire, and end when it is back`() throws {
        let redis = try RedisServer()
        let app = try Origin.saying()
        let apus = try Apus(
            """
            redis:
              url: "redis://\(redis.address)"
              breaker: { cooldown: 50ms, max_cooldown: 500ms }
            rate_limits: { each: { rate: 1000000/s, key: client_ip } }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes: [ { name: app, rate_limits: [each], upstream: app } ]
            """, apps: [app])
        let prometheus = try Prometheus(scraping: apus.adminPort)
        let port = apus.port
        let load = Load(clients: 4, pause: 0.005) { _, _ in (port, 0, get("/")) }
        try eventually("the load is seen", within: Self.seconds) {
            try prometheus.value(of: "sum(rate(apus_http_requests_total[5s]))") ?? 0 > 10
        }
        #expect(try prometheus.firing().isEmpty)

        try redis.kill()
        try expectFiring("ApusBreakerRefusing", prometheus)
        try expectFiring("ApusLimitsLocal", prometheus)
        #expect(try prometheus.value(of: "apus_redis_breaker_state{state=\"admitting\"}") == 0)

        // As the runbook says: start Redis; nothing is to be done at the gateway.
        try redis.restart()
        try expectQuiet("ApusBreakerRefusing", prometheus)
        try expectQuiet("ApusLimitsLocal", prometheus)
        #expect(try prometheus.value(of: "apus_redis_breaker_state{state=\"admitting\"}") == 1)
        let samples = try load.end()
        #expect(samples.count > 100 && samples.allSatisfy { $0.status == 200 })
        try expectTracesAreKept(by: prometheus, of: apus)
        // Nothing was lost on the way into Prometheus either.
        try eventually("all requests are scraped") {
            let total = try prometheus.value(of: "sum(apus_http_requests_total)")
            return total == Double(samples.count)
        }
    }

    /// Exemplars lead from a bucket to a request's line.
    private func expectTracesAreKept(by prometheus: Prometheus, of apus: Apus) throws {
        let series = try prometheus.exemplars(of: "apus_http_request_duration_seconds_bucket")
        let traces = series.flatMap(\.exemplars).compactMap { $0.labels["trace_id"] }
        #expect(!traces.isEmpty)
        try eventually("the log has their traces") {
            let logged = try Set(apus.lines("request").compactMap(\.traceId))
            return traces.allSatisfy(logged.contains)
        }
    }

    @Test func `an app goes down, its alert fires, and ends when it is up again`() throws {
        let place = Address.ip4(try Ports.free())
        func start() throws -> Origin {
            // So that nothing is kept that outlives it.
            try Origin.answering(on: place) { _ in ok("hello", "Connection: close\r\n") }
        }
        var app: Origin? = try start()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app?.address ?? "")"] } }
            routes: [ { name: app, upstream: app } ]
            """)
        let prometheus = try Prometheus(scraping: apus.adminPort)
        let port = apus.port
        let load = Load(clients: 2, pause: 0.02) { _, _ in (port, 0, get("/")) }
        try eventually("the load is seen", within: Self.seconds) {
            try prometheus.value(of: "sum(rate(apus_http_requests_total[5s]))") ?? 0 > 5
        }
        #expect(try prometheus.firing().isEmpty)

        app = nil
        try expectFiring("ApusUpstreamDown", prometheus)
        try expectFiring("ApusErrorRate", prometheus)
        app = try eventually("the address is free again") { try? start() }
        try expectQuiet("ApusUpstreamDown", prometheus)
        try expectQuiet("ApusErrorRate", prometheus)
        try load.end()
        try expectFiring("ApusNoTraffic", prometheus)
        try apus.terminate()
        try expectFiring("ApusDown", prometheus)
    }
}

import Dice
import Foundation
import Testing

/// `/metrics` as scrapers see it.
@Suite(.staged) struct ScrapeTests {
    private static let openMetrics = "Accept: application/openmetrics-text; version=1.0.0\r\n"

    @Test func `promtool finds nothing`() throws {
        let redis = try RedisServer()
        let apus = try Apus(
            """
            redis: { url: "redis://\(redis.address)" }
            rate_limits: { each: { rate: 100/s, key: client_ip } }
            cors: { app: { origins: ["https://app.example.com"] } }
            webhooks: { hooks: { provider: github, secrets: ["0123456789abcdef0123"] } }
            upstreams: { app: { servers: ["\(try refusingAddress())"] } }
            routes:
              - { name: hooks, match: { path: /hooks }, webhook: hooks, upstream: app }
              - { name: all, cors: app, rate_limits: [each], upstream: app }
            """)
        _ = try apus.ask(get("/", "Origin: https://app.example.com\r\n"))
        _ = try apus.ask(post("/hooks", "{}"))
        let folder = try ChildProcess.newFolder()
        let page = try apus.admin("/metrics").text
        try page.write(toFile: "\(folder)/page", atomically: false, encoding: .utf8)
        let ended = try ChildProcess.run([
            "/bin/sh", "-c", "promtool check metrics <\"$0\"", "\(folder)/page",
        ])
        #expect(ended.code == 0 && ended.output.isEmpty, "\(ended.output)")
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func `who asks for OpenMetrics gets it`() throws {
        let apus = try Apus(to: Origin.saying())
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        _ = try apus.ask(get("/", "traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n"))
        let page = try eventually("the request is counted") { () -> Message? in
            let page = try apus.admin("/metrics", Self.openMetrics)
            return page.text.contains(" # {trace_id=") ? page : nil
        }
        #expect(
            page["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        #expect(page.text.hasSuffix("\n# EOF\n"))
        #expect(page.text.contains(" # {trace_id=\"\(trace)\"} 0."))
        #expect(page.text.contains("\n# TYPE apus_http_requests counter\n"))
        let plain = try apus.admin("/metrics")
        #expect(!plain.text.contains(trace) && !plain.text.contains("# EOF"))
    }

    @Test func `no client can add a series, and totals equal what was sent`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            server: { workers: 2 }
            upstreams: { app: { servers: ["\(app.address)"] } }
            rate_limits: { each: { rate: 1000000/s, key: "header:X-Key" } }
            cors: { app: { origins: ["https://app.example.com"] } }
            routes:
              - { name: own, match: { path: /own/* }, respond: { status: 200 } }
              - { name: app, match: { path: /app/* }, cors: app, rate_limits: [each], upstream: app }
            """, apps: [app])
        var dice = Dice(seed: 20_260_301)
        func names() throws -> Set<String> { try Set(apus.metrics().values.keys) }
        var sent = 0
        func play(_ rounds: Int) throws {
            for _ in 0..<rounds {
                let wire = try apus.connect()
                for _ in 0..<20 {
                    _ = try wire.ask(Self.strange(&dice))
                    sent += 1
                }
            }
            try eventually("all are counted") {
                try apus.metrics().sum("apus_http_requests_total") == Double(sent)
            }
        }
        try play(30)
        let before = try names()
        try play(100)
        #expect(try names() == before)
        let metrics = try apus.metrics()
        #expect(metrics.faults.isEmpty)
        for total in [
            "apus_http_requests_total", "apus_http_outcomes_total",
            "apus_http_request_duration_seconds_count",
        ] {
            #expect(metrics.sum(total) == Double(sent), "\(total)")
        }
        let lines = metrics["apus_log_lines_dropped_total"]
        #expect(lines == 0)
        try eventually("a line each") { try apus.lines("request").count == sent }
    }

    /// A request whose host, path, method and fields nobody has seen before.
    private static func strange(_ dice: inout Dice) -> String {
        func word() -> String {
            String((0..<12).map { _ in "abcdefghijklmnopqrstuvwxyz"[Int(dice.below(26))] })
        }
        let methods = ["GET", "POST", "OPTIONS", "DELETE", word().uppercased()]
        let places = ["/own/", "/app/", "/"]
        let method = methods[Int(dice.below(5))]
        let path = places[Int(dice.below(3))] + word()
        return """
            \(method) \(path)?\(word())=\(word()) HTTP/1.1\r
            Host: \(word()).example.com\r
            Origin: https://\(word()).example.com\r
            User-Agent: \(word())\r
            X-Key: \(word())\r
            Content-Length: 0\r
            \r

            """
    }
}

extension String {
    fileprivate subscript(_ offset: Int) -> Character { self[index(startIndex, offsetBy: offset)] }
}

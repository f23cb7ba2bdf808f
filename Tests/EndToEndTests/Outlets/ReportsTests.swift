import Foundation
import Testing

/// Error reports as a real reader of envelopes takes them.
@Suite(.staged) struct ReportsTests {
    private struct Event: Decodable {
        struct Trace: Decodable {
            let traceId: String
            let spanId: String
        }

        struct Contexts: Decodable { let trace: Trace }

        struct Request: Decodable {
            let method: String
            let url: String
            let queryString: String?
        }

        let eventId: String
        let level: String
        let timestamp: Double
        let fingerprint: [String]
        let tags: [String: String]
        let request: Request?
        let contexts: Contexts?
        let extra: [String: Int]?
    }

    private func events(_ seen: Receivers.Seen) throws -> [Event] {
        try seen.reports.map {
            try JSONDecoder.ofNames.decode(Event.self, from: Data($0.event.utf8))
        }
    }

    private func gateway(_ receivers: Receivers, _ app: Origin) throws -> Apus {
        try Apus(
            """
            errors: { sentry_dsn: "http://abc123@127.0.0.1:\(receivers.port)/pre/7" }
            upstreams:
              app: { servers: ["\(app.address)"] }
              dead: { servers: ["\(try refusingAddress())"] }
            routes:
              - { name: dead, match: { path: /dead }, upstream: dead }
              - { name: app, upstream: app }
            """, apps: [app])
    }

    private static func failing() throws -> Origin {
        try Origin.answering { request in
            request.target.hasPrefix("/bad")
                ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : ok("hello")
        }
    }

    private func get(_ apus: Apus, _ path: String) throws -> Int {
        try apus.ask("GET \(path) HTTP/1.1\r\nHost: a.example\r\n\r\n").status
    }

    @Test func `errors are reported once a kind, with what is needed to find them`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Self.failing()
        let apus = try gateway(receivers, app)
        #expect(try get(apus, "/good") == 200)
        for _ in 0..<3 { #expect(try get(apus, "/bad?token=geheim&a=b") == 503) }
        #expect(try get(apus, "/dead") == 502)
        try apus.expect("apus_error_reports_total{result=\"sent\"}", is: 3)
        try apus.expect("apus_error_reports_total{result=\"suppressed\"}", is: 2)
        let seen = try receivers.seen()
        #expect(seen.faults == [])
        let report = try #require(seen.reports.first)
        #expect(report.path == "/pre/api/7/envelope/")
        #expect(report.type == "application/x-sentry-envelope")
        #expect(report.items == ["event"])
        #expect(report.auth.hasPrefix("Sentry sentry_version=7, sentry_client=apus/"))
        #expect(report.auth.hasSuffix(", sentry_key=abc123"))
        let events = try events(seen)
        #expect(
            events.map(\.fingerprint) == [
                ["app", "proxied", "503"], ["dead", "upstream_unreachable", "502"],
                ["upstream:dead", "all_down", "-"],
            ])
        let line = try #require(try apus.lines("request").first { $0.path == "/bad" })
        #expect(events[0].tags["request_id"] == line.requestId)
        #expect(events[0].contexts?.trace.traceId == line.traceId)
        #expect(events[0].request?.url == "http://a.example/bad")
        #expect(events[0].request?.queryString == "token=[redacted]&a=b")
        #expect(Set(events.map(\.eventId)).count == 3)
        #expect(try !receivers.text().contains("geheim"))
        try apus.terminate()
    }

    @Test func `a receiver that wants no more is left alone`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Self.failing()
        let apus = try gateway(receivers, app)
        try receivers.behave("\"status\": 429, \"fields\": {\"Retry-After\": \"3600\"}")
        #expect(try get(apus, "/bad") == 503)
        try apus.expect("apus_error_reports_total{result=\"dropped\"}", is: 1)
        #expect(try get(apus, "/dead") == 502)
        pass(seconds: 2)
        #expect(try receivers.seen().reports.isEmpty)
        #expect(try apus.lines("reports").count == 1)
        try apus.terminate()
    }

    @Test func `a configuration that is not taken is reported`() throws {
        guard let receivers = try Receivers.make() else { return }
        let apus = try gateway(receivers, try Self.failing())
        try apus.rewrite("routes: [ { name: broken } ]")
        // The first look has nothing to compare with.
        pass(seconds: 1)
        #expect(try apus.operate("POST", "/api/v1/reload").status == 409)
        try apus.expect("apus_error_reports_total{result=\"sent\"}", is: 1)
        #expect(try events(receivers.seen()).map(\.fingerprint) == [["reload", "refused", "-"]])
        try apus.terminate()
    }
}

import Foundation
import Testing

/// Spans as a real decoder reads them, and what the app is told of them.
@Suite(.staged) struct TracesTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    private func gateway(_ receivers: Receivers, _ app: Origin, ratio: String = "1.0") throws
        -> Apus
    {
        try Apus(
            """
            trusted_proxies: ["127.0.0.1"]
            \(receivers.sections(ratio: ratio))
            upstreams:
              app: { servers: ["\(app.address)"] }
              dead: { servers: ["\(try refusingAddress())"] }
            routes:
              - { name: dead, match: { path: /dead }, upstream: dead }
              - { name: fixed, match: { path: /fixed }, respond: { status: 200, body: hi } }
              - { name: app, upstream: app }
            """, apps: [app])
    }

    private func ask(_ apus: Apus, _ line: String, _ fields: String = "") throws -> Int {
        try apus.ask("\(line) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n").status
    }

    @Test func `spans and reports go out by TLS, to whom an authority vouches for alone`() throws {
        guard let receivers = try Receivers.make() else { return }
        let relay = try SecureRelay.before(port: receivers.port)
        let dead = try refusingAddress()
        func gateway(trusting authorities: String?) throws -> Apus {
            try Apus(
                """
                otlp: { endpoint: "https://127.0.0.1:\(relay.port)", ratio: 1.0 }
                errors: { sentry_dsn: "https://abc123@127.0.0.1:\(relay.port)/7" }
                upstreams: { dead: { servers: ["\(dead)"] } }
                routes: [ { name: dead, upstream: dead } ]
                """, environment: authorities.map { ["SSL_CERT_FILE": $0] } ?? [:])
        }
        let stranger = try gateway(trusting: nil)
        #expect(try ask(stranger, "GET /") == 502)
        try stranger.terminate()
        #expect(try receivers.seen().spans.isEmpty)
        #expect(try receivers.seen().reports.isEmpty)
        let told = try stranger.lines("traces") + stranger.lines("reports")
        #expect(told.contains { $0.reason == "tls" })
        let known = try gateway(trusting: Authority.path("ca.pem"))
        #expect(try ask(known, "GET /") == 502)
        try known.terminate()
        let seen = try receivers.seen()
        #expect(seen.faults == [])
        #expect(seen.spans.count == 2)
        // Of the answer, and that the upstream has no server left.
        #expect((1...2).contains(seen.reports.count))
    }

    @Test func `a request leaves two spans, and the app knows the second`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Origin.saying()
        let apus = try gateway(receivers, app)
        #expect(try ask(apus, "GET /a/b?x=1&token=geheim", "User-Agent: me\r\n") == 200)
        #expect(try ask(apus, "GET /fixed") == 200)
        #expect(try ask(apus, "GET /dead?password=geheim") == 502)
        #expect(
            try ask(apus, "GET /c", "traceparent: 00-\(Self.trace)-00f067aa0ba902b7-01\r\n") == 200)
        #expect(
            try ask(apus, "GET /d", "traceparent: 00-\(Self.trace)-00f067aa0ba902b8-00\r\n") == 200)
        try apus.terminate()
        let seen = try receivers.seen()
        #expect(seen.faults == [])
        #expect(seen.servers.map(\.name) == ["GET app", "GET fixed", "GET dead", "GET app"])
        #expect(seen.clients.count == 3)
        #expect(Set(seen.spans.map(\.id)).count == 7)
        for client in seen.clients {
            let server = try #require(seen.servers.first { $0.id == client.parent })
            #expect(server.trace == client.trace)
            #expect(client.start >= server.start && client.end <= server.end)
            #expect(server.end < server.start + 20_000_000_000)
        }
        let told = app.requests.all.map { $0["traceparent"] ?? "" }
        let asked = seen.clients.filter { $0.attributes["apus.upstream"] == "app" }
        #expect(
            asked.map { "00-\($0.trace)-\($0.id)" } == told.prefix(2).map { String($0.dropLast(3)) }
        )
        #expect(told.map { $0.suffix(2) } == ["03", "01", "00"])
        try check(seen, apus)
        #expect(try !receivers.text().contains("geheim"))
    }

    private func check(_ seen: Receivers.Seen, _ apus: Apus) throws {
        let first = try #require(seen.servers.first)
        #expect(first.parent == "")
        #expect(first.resource["service.name"] == "apus")
        #expect(first.resource["deployment.environment.name"] == "development")
        #expect(first.attributes["url.query"] == "x=1&token=[redacted]")
        #expect(first.attributes["http.route"] == "app")
        #expect(first.attributes["user_agent.original"] == "me")
        #expect(first.attributes["client.address"] == "127.0.0.1")
        let line = try #require(try apus.lines("request").first)
        #expect(first.attributes["apus.request_id"] == line.requestId)
        #expect(first.trace == line.traceId)
        let dead = seen.servers[2]
        #expect(dead.status == 2 && dead.attributes["error.type"] == "502")
        let refused = try #require(seen.clients.first { $0.parent == dead.id })
        #expect(refused.status == 2 && refused.attributes["error.type"] == "refused")
        #expect(seen.servers[3].trace == Self.trace)
        #expect(seen.servers[3].parent == "00f067aa0ba902b7")
    }

    @Test func `a share of traces is recorded, and the app is told which`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Origin.saying()
        let apus = try gateway(receivers, app, ratio: "0.5")
        let load = Load(clients: 4, pause: 0) { _, number in
            (apus.port, 0, "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        pass(seconds: 2)
        let asked = try load.end()
        #expect(asked.allSatisfy { $0.status == 200 })
        try eventually("rings are empty", within: 20) {
            let metrics = try apus.metrics()
            let exported = metrics.sum("apus_otlp_spans_exported_total")
            let sampled = app.requests.all.count { $0["traceparent"]?.hasSuffix("-03") == true }
            return exported + metrics.sum("apus_otlp_spans_dropped_total") == Double(2 * sampled)
        }
        let metrics = try apus.metrics()
        try apus.terminate()
        let seen = try receivers.seen()
        #expect(seen.faults == [])
        #expect(Double(seen.spans.count) == metrics.sum("apus_otlp_spans_exported_total"))
        #expect(seen.servers.count == seen.clients.count)
        let share = Double(seen.servers.count) / Double(asked.count)
        #expect(share > 0.4 && share < 0.6)
        #expect(seen.batches.allSatisfy { $0.spans <= 512 })
    }

    @Test func `fifty kinds of secrets come into no span and no report`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Origin.answering { _ in
            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        }
        let apus = try Apus(
            """
            log: { redact_query: [customer_id] }
            \(receivers.sections())
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes: [ { name: app, upstream: app } ]
            """, apps: [app])
        var secrets = PlantedSecrets(seed: 5)
        for number in 0..<(4 * PlantedSecrets.kindCount) {
            let wire = try apus.connect()
            try wire.send(secrets.next(number % PlantedSecrets.kindCount).text)
            _ = try wire.head()
        }
        try apus.terminate()
        let seen = try receivers.seen()
        #expect(seen.faults == [])
        #expect(seen.servers.count > 3 * PlantedSecrets.kindCount)
        #expect(!seen.reports.isEmpty)
        #expect(try !receivers.text().contains(PlantedSecrets.mark))
    }

    @Test func `what the receiver asks for is done`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Origin.saying()
        let apus = try gateway(receivers, app)
        // Twice later, then never; then all but one.
        try receivers.behave(
            "\"status\": 503, \"fields\": {\"Retry-After\": \"1\"}",
            "\"status\": 429, \"fields\": {}", "\"status\": 200, \"fields\": {}, \"rejected\": 1")
        #expect(try ask(apus, "GET /1") == 200)
        try apus.expect("apus_otlp_spans_exported_total", is: 1)
        try apus.expect("apus_otlp_spans_dropped_total{reason=\"undelivered\"}", is: 1)
        try receivers.behave("\"status\": 400, \"fields\": {}")
        #expect(try ask(apus, "GET /2") == 200)
        try apus.expect("apus_otlp_spans_dropped_total{reason=\"undelivered\"}", is: 3)
        #expect(try ask(apus, "GET /3") == 200)
        try apus.expect("apus_otlp_spans_exported_total", is: 3)
        let told = try apus.lines("traces").map(\.message)
        #expect(
            told == [
                "spans cannot be delivered", "spans are delivered again",
                "spans cannot be delivered", "spans are delivered again",
            ])
        try apus.terminate()
    }

    @Test func `a reload begins and ends it`() throws {
        guard let receivers = try Receivers.make() else { return }
        let app = try Origin.saying()
        let apus = try gateway(receivers, app, ratio: "0")
        #expect(try ask(apus, "GET /1") == 200)
        let routes = """
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes: [ { name: app, upstream: app } ]
            trusted_proxies: ["127.0.0.1"]

            """
        try apus.rewrite(routes + receivers.sections())
        #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        #expect(try ask(apus, "GET /2") == 200)
        try apus.expect("apus_otlp_spans_exported_total", is: 2)
        try apus.rewrite(routes)
        #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        #expect(try ask(apus, "GET /3") == 200)
        try apus.terminate()
        #expect(try receivers.seen().servers.map { $0.attributes["url.path"] } == ["/2"])
    }
}

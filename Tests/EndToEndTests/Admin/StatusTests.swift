import Foundation
import Testing

/// What operators see of the process.
@Suite(.staged) struct StatusTests {
    private func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    @Test func `the status tells what was asked`() throws {
        let app = try Origin.answering { request in
            request.target == "/bad" ? "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n" : ok()
        }
        let apus = try Apus(
            """
            server: { workers: 2, drain_timeout: 20s }
            upstreams: { app: { servers: ["\(app.address)"] } }
            rate_limits: { two: { rate: 2/h, key: client_ip } }
            routes:
              - { name: two, match: { path: /two }, rate_limits: [two], respond: {} }
              - { name: app, upstream: app }
            """, apps: [app])
        for _ in 0..<4 { _ = try apus.ask(get("/two")) }
        for path in ["/a", "/b", "/bad"] { _ = try apus.ask(get(path)) }
        let status = try eventually("all are counted") { () -> [String: Any]? in
            let status = try object(apus.operate("GET", "/api/v1/status").text)
            let requests = status["requests"] as? [String: Any]
            return requests?["count"] as? Int == 7 ? status : nil
        }
        let requests = try #require(status["requests"] as? [String: Any])
        let classes = try #require(requests["statuses"] as? [String: Int])
        #expect(classes["2xx"] == 4)
        #expect(classes["4xx"] == 2)
        #expect(classes["5xx"] == 1)
        #expect((status["statuses_total"] as? [String: Int]) == classes)
        let configuration = try #require(status["configuration"] as? [String: Any])
        #expect(configuration["last_reload_successful"] as? Bool == true)
        #expect((configuration["loaded_at"] as? String)?.hasSuffix("Z") == true)
        let process = try #require(status["process"] as? [String: Int])
        #expect(process.values.allSatisfy { $0 > 0 })
        let latency = try #require(requests["latency_ms"] as? [String: Any])
        #expect((latency["p50"] as? Double ?? 0) > 0)
        let limits = try #require(status["limits"] as? [[String: Any]])
        #expect((limits[0]["local"] as? [String: Int])?["admitted"] == 2)
        #expect((limits[0]["local"] as? [String: Int])?["refused"] == 2)
        let errors = try #require(status["errors"] as? [[String: Any]])
        #expect(errors.count == 1)
        #expect(errors[0]["route"] as? String == "app")
        #expect(errors[0]["status"] as? Int == 500)
        #expect(
            errors[0]["request_id"] as? String == (try apus.accessLine(of: "/bad").requestId))
    }

    @Test func `the configuration is shown without its secrets`() throws {
        let apus = try Apus(
            to: Origin.saying(),
            with: "webhooks: { hook: { provider: stripe, secrets: [\"planted-secret-of-it\"] } }")
        let answer = try apus.operate("GET", "/api/v1/config")
        #expect(answer.status == 200)
        #expect(!answer.text.contains("planted"))
        #expect(!answer.text.contains(Apus.token))
        let root = try object(answer.text)
        #expect((root["admin"] as? [String: Any])?["token"] as? String == "[redacted]")
        #expect((root["limits"] as? [String: Any])?["body"] as? String == "10MiB")
    }

    @Test func `events come each second, to a few readers`() throws {
        let apus = try Apus(to: Origin.saying())
        let request = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let readers = try (0..<8).map { _ in try Wire(to: .ip4(apus.adminPort)) }
        for reader in readers { try reader.send(request) }
        for reader in readers {
            let head = try #require(try reader.head())
            #expect(head.status == 200)
            #expect(head["Content-Type"] == "text/event-stream")
        }
        let one = try Wire(to: .ip4(apus.adminPort)).ask(request)
        #expect(one.status == 503)
        #expect(one["Retry-After"] == "5")
        for _ in 0..<2 {
            #expect(try readers[0].read(through: "\n") == "event: status\n")
            let line = try readers[0].read(through: "\n")
            #expect(line.hasPrefix("data: {"))
            #expect(try object(String(line.dropFirst(6)))["status"] as? String == "healthy")
            #expect(try readers[0].read(through: "\n") == "\n")
        }
        // Scrapes go on meanwhile, and a reader that leaves makes room.
        #expect(try apus.admin("/metrics").status == 200)
        readers[1].hangUp()
        try eventually("there is room for another") {
            let wire = try Wire(to: .ip4(apus.adminPort))
            try wire.send(request)
            return try wire.head()?.status == 200
        }
    }
}

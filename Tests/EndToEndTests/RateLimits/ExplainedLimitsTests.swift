import Foundation
import Testing

/// What the command line says of limits is what a gateway then does.
@Suite(.staged) struct ExplainedLimitsTests {
    static let configuration = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        redis: { url: "redis://127.0.0.1:1" }
        rate_limits:
          per_ip: { rate: 60/min, burst: 20, key: client_ip }
          logins: { rate: 5/15min, key: client_ip, count: [401] }
          texts: { rate: 3/h, key: "form:From" }
        routes:
          - name: login
            match: { path: /login, methods: [POST] }
            rate_limits: [{ limit: per_ip, cost: 5 }, logins, texts]
            concurrency: { max: 2, queue: 1, queue_timeout: 1s }
            upstream: app
        tests:
          - request: POST http://a/login
            expect: { limits: [logins, per_ip, texts], route: login }

        """

    private func run(_ call: String...) throws -> (code: Int32, output: String) {
        let folder = try ChildProcess.newFolder()
        let path = "\(folder)/apus.yaml"
        try Self.configuration.write(toFile: path, atomically: true, encoding: .utf8)
        return try ChildProcess.run([try Binary.path()] + call + ["--config", path])
    }

    @Test func `explain shows limits, keys and what a fresh request meets`() throws {
        let (code, output) = try run("explain", "POST", "http://a/login", "--from", "192.0.2.1")
        #expect(code == 0)
        for text in [
            "per_ip", "=192.0.2.1", "5; 15 of 20 tokens left", "apus:per_ip:{=192.0.2.1}", "logins",
            "texts",
        ] {
            #expect(output.contains(text), "\(text) in \(output)")
        }
    }

    @Test func `tests of a configuration hold without Redis`() throws {
        let (code, output) = try run("test")
        #expect(code == 0)
        #expect(output.contains("1 passed, 0 failed"))
    }
}

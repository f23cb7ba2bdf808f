import Foundation
import Testing

@testable import Config

struct RunningConfigurationTests {
    /// A secret wherever one may stand, each with a word that nothing else has.
    private let text = """
        environment: development
        listeners:
          public: { bind: "127.0.0.1:${PORT}" }
          secure: { bind: "127.0.0.1:8443", tls: { certificates: [ { cert: /a.pem, key: /a.key,
            passphrase: planted-passphrase }, { cert: /b.pem, key: "${HOOK}" } ] } }
        admin: { token: "planted-admin-token" }
        redis: { url: "redis://:planted-redis@127.0.0.1:6379/0" }
        rate_limits:
          one: { rate: 60/min, key: client_ip, exempt: { headers: { X-Probe: planted-probe } } }
        webhooks:
          hook: { provider: stripe, secrets: ["planted-stripe-secret", "${HOOK}"] }
          other: { provider: generic, secrets: [planted-generic-secret], header: X-A,
            algorithm: hmac-sha256, encoding: hex, signed: "{body}", replay: off,
            challenge: { query: q, token_query: t, token: planted-challenge } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        routes:
          - { name: bearer, match: { path: /b }, auth: { bearer: planted-bearer-secret },
              upstream: app }
          - { name: jwt, match: { path: /j }, upstream: app, auth: { jwt: { algorithms: [HS256],
              secret: "planted-jwt-secret-of-enough-bytes-for-this" } } }
          - { name: keys, match: { path: /k, headers: { X-Token: planted-match } }, upstream: app,
              auth: { api_keys: { ci: "sha256:\(String(repeating: "5", count: 64))" } } }
          - { name: hooks, match: { path: /h }, webhook: hook, upstream: app,
              request_headers: { set: { X-Key: planted-set }, add: { X-More: planted-add } } }
          - { name: hooks2, match: { path: /h2 }, webhook: other, upstream: app }
          - { name: all, rate_limits: [one], maintenance: { message: "Back soon" }, upstream: app }
        tests:
          - { request: "GET http://a/b", headers: { Authorization: planted-test },
              expect: { route: all } }
        """
    private let environment = ["PORT": "8080", "HOOK": "planted-outside-secret"]

    private func rendering() throws -> String {
        let result = load(text, environment: environment)
        let snapshot = try #require(result.snapshot, "\(result.problems.map(\.text))")
        return String(decoding: try #require(snapshot.admin?.rendering), as: UTF8.self)
    }

    @Test func `no secret is shown`() throws {
        let text = try rendering()
        #expect(!text.contains("planted"))
        #expect(!text.contains("5555"))
        let secrets = text.components(separatedBy: "\"[redacted]\"").count - 1
        #expect(secrets == 15)
    }

    @Test func `what holds is shown, defaults as well`() throws {
        let value = try JSONSerialization.jsonObject(with: Data(rendering().utf8))
        let root = try #require(value as? [String: Any])
        let limits = try #require(root["limits"] as? [String: Any])
        #expect(limits["body"] as? String == "10MiB")
        #expect(limits["header_count"] as? Int == 100)
        let redis = try #require(root["redis"] as? [String: Any])
        #expect(redis["key_prefix"] as? String == "apus:")
        let routes = try #require(root["routes"] as? [[String: Any]])
        #expect(routes.map { $0["name"] as? String }.last == "all")
        #expect(root["tests"] == nil)
        let listeners = try #require(root["listeners"] as? [String: [String: Any]])
        let tls = try #require(listeners["secure"]?["tls"] as? [String: Any])
        #expect(tls["tickets"] as? Bool == true)
        #expect(tls["handshake_timeout"] as? String == "10s")
        let certificates = try #require(tls["certificates"] as? [[String: String]])
        #expect(certificates.map { $0["key"] } == ["/a.key", "[redacted]"])
    }

    @Test func `what came from elsewhere is shown as the file has it`() throws {
        #expect(try rendering().contains("\"bind\": \"127.0.0.1:${PORT}\""))
    }

    @Test func `without an admin section nothing is rendered`() {
        #expect(load(minimal).snapshot != nil)
        #expect(load(minimal).snapshot?.admin == nil)
    }

    @Test func `numbers with decimals and odd texts are JSON`() throws {
        let tree = JSONTree.object([
            ("a", .decimal(5, places: 3)), ("b", .decimal(-12_345, places: 2)), ("c", .null),
            ("d", .text("\u{0}\"\\\n\u{2028}é")), ("e", .list([.bool(true), .integer(1)])),
        ])
        let compact = tree.compact
        #expect(compact.hasPrefix("{\"a\":0.005,\"b\":-123.45,\"c\":null,"))
        let read = try JSONSerialization.jsonObject(with: Data(compact.utf8)) as? [String: Any]
        #expect(read?["d"] as? String == "\u{0}\"\\\n\u{2028}é")
    }
}

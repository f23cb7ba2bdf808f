import Config
import Foundation
import Testing

@testable import Gateway

/// What is said of limits, and what tests expect of them.
struct LimitExplanationTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden")

    private static let configuration = """
        environment: development
        listeners: { public: { bind: "0.0.0.0:8080" } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        cors: { app: { origins: ["https://app.test"] } }
        rate_limits:
          per_ip: { rate: 60/min, key: client_ip, exempt: { cidrs: [10.0.0.0/8] } }
          logins:
            { rate: 5/15min, burst: 3, key: [client_ip, "header:X-User"], count: [4xx, 503],
              headers: both }
          who: { rate: 100/h, key: auth, mode: shadow }
          sms: { rate: 1/s, key: "form:From" }
          tenant: { rate: 5/s, key: "header:X-Tenant", missing_key: reject }
          session: { rate: 5/s, key: "cookie:s", missing_key: skip, headers: none }
        routes:
          - name: login
            match: { path: /login }
            auth:
              api_keys:
                ops: "sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"
            rate_limits: [per_ip, logins, who, sms, session]
            concurrency: { max: 3, queue: 4 }
            upstream: app
          - { name: tenants, match: { path: /t }, rate_limits: [per_ip, tenant], upstream: app }
          - { name: page, match: { path: /page }, rate_limits: [logins], respond: { status: 404 } }
          - { name: app, rate_limits: [{ limit: per_ip, cost: 7 }], cors: app, upstream: app }
        """

    private static let redis = """
        redis: { url: "unix:/run/redis.sock", key_prefix: "a:" }

        """

    private func explain(
        _ url: String, _ fields: [String] = [], from client: String? = nil, redis: String = "",
        method: String = "GET"
    ) throws -> String {
        let text = redis + Self.configuration
        let loaded = Loading.load(text: text, path: "a.yaml", environment: [:])
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: client, listener: nil, now: 0)
        return try Inspection.explain(inquiry, by: #require(loaded.snapshot))
    }

    /// What a configuration with one test of these limits says.
    private func said(
        _ request: String, _ limits: String, from client: String = "192.0.2.1",
        headers: String = "{}"
    ) throws -> String {
        let text = """
            \(Self.configuration)
            tests:
              - { request: "\(request)", from: "\(client)", headers: \(headers),
                  expect: { limits: \(limits) } }
            """
        let loaded = Loading.load(text: text, path: "a.yaml", environment: [:])
        #expect(loaded.problems == [])
        let results = Inspection.run(loaded.tests, by: try #require(loaded.snapshot), at: 0)
        return try #require(results.first).text(file: "a.yaml")
    }

    private func expectSame(_ text: String, as name: String) throws {
        let file = Self.folder.appendingPathComponent("explain-\(name).txt")
        if ProcessInfo.processInfo.environment["APUS_REGENERATE"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func `limits are shown with their keys and what is left behind the request`() throws {
        let text = try explain("http://a/login", ["X-User: a b\u{e9}", "X-API-Key: key"])
        try expectSame(text, as: "limits")
    }

    @Test func `buckets in Redis are shown with their keys there`() throws {
        let text = try explain(
            "http://a/login", ["X-User: u", "X-API-Key: nobody's", "Cookie: s=1"],
            from: "2001:db8::1", redis: Self.redis)
        try expectSame(text, as: "limits-redis")
    }

    @Test func `a request without a key that it needs is refused`() throws {
        let text = try explain("http://a/t")
        #expect(text.contains("none: the request has no header:x-tenant, and is answered 400"))
        #expect(text.contains("\n  the route refuses it: limit_key_missing\n"))
        #expect(!text.contains("RateLimit") && !text.contains("tokens left"))
        let named = try explain("http://a/t", ["X-Tenant: a"])
        #expect(named.contains("\n  RateLimit: \"per_ip\";r=59;t=1, \"tenant\";r=4;t=1\n"))
    }

    @Test func `an exempt client is told so`() throws {
        let text = try explain("http://a/", from: "10.1.2.3")
        #expect(text.contains("none: the request is exempt") && !text.contains("RateLimit"))
    }

    @Test func `an answer tells of limits by its status`() throws {
        let text = try explain("http://a/page", ["X-User: u"])
        #expect(text.contains("\n  RateLimit: \"logins\";r=2;t=180\n"))
    }

    @Test func `a preflight takes no token`() throws {
        let text = try explain(
            "http://a/", ["Origin: https://app.test", "Access-Control-Request-Method: GET"],
            method: "OPTIONS")
        #expect(text.contains("client_ip: not read, as the request is answered before"))
        #expect(!text.contains("RateLimit:"))
    }

    @Test(arguments: [
        ("GET http://a/", "[per_ip]", "192.0.2.1", "{}"), ("GET http://a/", "[]", "10.0.0.1", "{}"),
        ("GET http://a/login", "[logins, per_ip]", "192.0.2.1", "{}"),
        (
            "GET http://a/login", "[logins, per_ip, session, sms, who]", "192.0.2.1",
            "{ X-API-Key: key, Cookie: s=1 }"
        ),
        ("GET http://a/t", "[per_ip, tenant]", "192.0.2.1", "{}"),
    ])
    func `a test knows the limits that hold`(
        _ request: String, _ limits: String, _ client: String, _ headers: String
    ) throws {
        #expect(try said(request, limits, from: client, headers: headers) == "passed  \(request)")
    }

    @Test func `a test that expects others is told which hold`() throws {
        let text = try said("GET http://a/login", "[per_ip, sms]")
        #expect(text.contains("- limits: [per_ip, sms]\n    + limits: [logins, per_ip]"))
    }
}

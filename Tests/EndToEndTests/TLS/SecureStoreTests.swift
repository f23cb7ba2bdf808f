import Testing

/// Redis over TLS.
@Suite(.staged) struct SecureStoreTests {
    /// A redis-server that speaks TLS on a port of its own, beside the usual one.
    private static func server(_ certificate: String, clients: Bool = false) throws
        -> (server: RedisServer, port: UInt16)
    {
        let port = try Ports.free()
        let folder = try Authority.folder()
        let server = try RedisServer([
            "--tls-port", "\(port)", "--tls-cert-file", "\(folder)/\(certificate).pem",
            "--tls-key-file", "\(folder)/\(certificate).key", "--tls-ca-cert-file",
            "\(folder)/ca.pem", "--tls-auth-clients", clients ? "yes" : "no",
        ])
        return (server, port)
    }

    private static func gateway(_ port: UInt16, _ tls: String = "") throws -> Apus {
        let ca = "ca: \"\(try Authority.path("ca.pem"))\""
        let keys =
            tls.contains("verify") ? tls : [ca, tls].filter { !$0.isEmpty }.joined(separator: ", ")
        return try Apus(
            """
            redis:
              url: "rediss://127.0.0.1:\(port)"
              timeout: 2s
              breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
              tls: { \(keys) }
            rate_limits:
              each: { key: "header:X-Key", rate: 3/h }
            routes:
              - { name: all, match: { path: /* }, rate_limits: [each], respond: { status: 200 } }
            """)
    }

    private static func decided(_ apus: Apus, by store: String) throws -> Double {
        let labels = "limit=\"each\",decision=\"admitted\",store=\"\(store)\""
        return try apus.metrics()["apus_rate_limit_decisions_total{\(labels)}"] ?? 0
    }

    private static func awaitRedis(_ apus: Apus) throws {
        try eventually("Redis decides") {
            _ = try apus.ask(get("/", "X-Key: probe-\(uptime())\r\n"))
            return try decided(apus, by: "redis") > 0
        }
    }

    @Test func `limits are decided over TLS, and shared by gateways`() throws {
        let (server, port) = try Self.server("app")
        let gateways = try (0..<2).map { _ in try Self.gateway(port) }
        for apus in gateways { try Self.awaitRedis(apus) }
        let statuses = try (0..<6).map { number in
            try gateways[number % 2].ask(get("/", "X-Key: a\r\n")).status
        }
        #expect(statuses == [200, 200, 200, 429, 429, 429])
        withExtendedLifetime(server) {}
    }

    @Test(arguments: ["foreign", "expired", "wild"])
    func `a Redis that does not prove itself is left alone, and it is told why`(name: String)
        throws
    {
        let (server, port) = try Self.server(name)
        let apus = try Self.gateway(port)
        try eventually("it is logged") {
            _ = try apus.ask(get("/", "X-Key: a\(uptime())\r\n"))
            return try apus.lines("redis").contains { $0.reason == "tls" }
        }
        #expect(try Self.decided(apus, by: "redis") == 0)
        #expect(try Self.decided(apus, by: "memory") + Self.decided(apus, by: "local") > 0)
        let trusting = try Self.gateway(port, "verify: off")
        try Self.awaitRedis(trusting)
        withExtendedLifetime(server) {}
    }

    @Test func `Redis is shown a certificate if it asks for one`() throws {
        let (server, port) = try Self.server("app", clients: true)
        let folder = try Authority.folder()
        let shown = """
            client_cert: "\(folder)/client.pem", client_key: "\(folder)/client.key"
            """
        let apus = try Self.gateway(port, shown)
        try Self.awaitRedis(apus)
        let without = try Self.gateway(port)
        try eventually("it is logged") {
            _ = try without.ask(get("/", "X-Key: a\(uptime())\r\n"))
            return try !without.lines("redis").filter { $0.level != "info" }.isEmpty
        }
        let reasons = try Set(without.lines("redis").compactMap(\.reason))
        print("Redis that asks for a certificate, and gets none:", reasons)
        #expect(try Self.decided(without, by: "redis") == 0)
        withExtendedLifetime(server) {}
    }
}

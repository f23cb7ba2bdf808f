import Testing

/// Where buckets are.
enum BucketPlace: CaseIterable, Sendable {
    case memory, redis
}

/// A gateway with limits, its app, and the Redis that it may have.
final class LimitedGateway: Sendable {
    let apus: Apus
    let app: Origin
    let server: RedisServer?

    /// - Parameters:
    ///   - limits: Lines of `rate_limits`.
    ///   - routes: Lines of `routes`; they name the upstream `app`.
    ///   - server: To share with other gateways.
    init(
        _ place: BucketPlace, limits: String, routes: String, with more: String = "",
        app: Origin? = nil, server: RedisServer? = nil
    ) throws {
        let app = try app ?? Origin.saying()
        self.app = app
        self.server = place == .redis ? try server ?? RedisServer() : nil
        let redis = self.server.map {
            // Time enough for a machine that is busy: what is tested here is not the waiting.
            "redis: { url: \"redis://\($0.address)\", timeout: 2s }"
        }
        apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            rate_limits:
            \(Self.indented(limits))
            routes:
            \(Self.indented(routes))
            \(redis ?? "")
            \(more)
            """, apps: [app])
        if self.server != nil { try awaitRedis() }
    }

    private static func indented(_ lines: String) -> String {
        lines.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }

    /// The first requests come before there is a connection.
    private func awaitRedis() throws {
        try eventually("the gateway has a connection to Redis") {
            guard case .text(let text)? = try server?.ask("CLIENT", "LIST") else { return false }
            return text.contains("name=apus")
        }
    }

    func decided(_ limit: String, _ decision: String, by store: String) throws -> Double {
        let labels = "{limit=\"\(limit)\",decision=\"\(decision)\",store=\"\(store)\"}"
        return try apus.metrics()["apus_rate_limit_decisions_total\(labels)"] ?? .nan
    }

    /// Statuses of as many requests, one after the other.
    func statuses(_ request: String, _ count: Int) throws -> [Int] {
        let wire = try apus.connect()
        return try (0..<count).map { _ in try wire.ask(request).status }
    }
}

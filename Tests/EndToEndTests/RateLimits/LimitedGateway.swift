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
        let known = try self.server?.connectionCount() ?? 0
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
        if let server = self.server {
            // The first requests come before there is a connection.
            try eventually("the gateway has a connection to Redis") {
                try server.connectionCount() > known
            }
        }
    }

    private static func indented(_ lines: String) -> String {
        lines.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }

    func decided(_ limit: String, _ decision: String, by store: String) throws -> Double {
        let labels = "{limit=\"\(limit)\",decision=\"\(decision)\",store=\"\(store)\"}"
        return try apus.metrics()["apus_rate_limit_decisions_total\(labels)"] ?? .nan
    }

    /// Asks until every loop has a connection to Redis.
    ///
    /// The kernel picks a connection's loop: so many as good as never all find the same one.
    ///
    /// - Parameter request: Is decided by the limit.
    func awaitLoops(_ limit: String, _ request: String) throws {
        func decidedHere() throws -> Double {
            try ["admitted", "refused"].reduce(0) { try $0 + decided(limit, $1, by: "local") }
        }
        try eventually("every loop has a connection to Redis") {
            let before = try decidedHere()
            for _ in 0..<20 { _ = try apus.ask(request) }
            return try decidedHere() == before
        }
    }

    /// Statuses of as many requests, one after the other.
    func statuses(_ request: String, _ count: Int) throws -> [Int] {
        let wire = try apus.connect()
        return try (0..<count).map { _ in try wire.ask(request).status }
    }
}

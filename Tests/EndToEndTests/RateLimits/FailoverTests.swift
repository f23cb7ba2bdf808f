import Foundation
import Testing

/// Masters are killed while clients go on asking: limits hold, and Redis decides again by itself.
@Suite(.staged, .serialized) struct FailoverTests {
    /// Two gateways on the same Redis, and clients that go on asking both.
    final class Scene {
        let gateways: [Apus]
        let load: Load
        static let keyCount = 24

        init(_ url: String) throws {
            let text = """
                redis:
                  url: "\(url)"
                  timeout: 50ms
                  breaker: { failures: 5, window: 5s, cooldown: 200ms, max_cooldown: 500ms }
                rate_limits:
                  each: { rate: 5/s, burst: 10, key: "header:X-Key", replicas: 2 }
                routes:
                  - { name: all, rate_limits: [each], respond: { status: 200, body: ok } }
                """
            gateways = [try Apus(text), try Apus(text)]
            let ports = gateways.map(\.port)
            load = Load(clients: 4, pause: 0.002) { client, number in
                let key = (number * 5 + client) % Scene.keyCount
                return (ports[(number + client) % 2], key, get("/", "X-Key: key-\(key)\r\n"))
            }
        }

        func decided(_ decision: String, by store: String) throws -> Double {
            let labels = "{limit=\"each\",decision=\"\(decision)\",store=\"\(store)\"}"
            return try gateways.reduce(0) { sum, gateway in
                try sum + (gateway.metrics()["apus_rate_limit_decisions_total\(labels)"] ?? 0)
            }
        }

        /// Waits until Redis alone decides for both.
        func awaitRedis() throws {
            try eventually("Redis decides alone", within: 40) {
                let (local, remote) = try (decisions("local"), decisions("redis"))
                pass(seconds: 0.25)
                return try decisions("local") == local && decisions("redis") > remote + 20
            }
        }

        private func decisions(_ store: String) throws -> Double {
            try decided("admitted", by: store) + decided("refused", by: store)
        }

        /// No error, and what was admitted fits what buckets held, each key for itself.
        ///
        /// - Parameter outages: How often a bucket may have been lost, or been another's.
        func expectLimitsHeld(outages: Double) throws {
            let samples = try load.end()
            #expect(samples.allSatisfy { $0.status == 200 || $0.status == 429 })
            for key in 0..<Self.keyCount {
                let own = samples.filter { $0.kind == key }
                let began = own.map(\.began).min() ?? 0
                let ended = own.map(\.ended).max() ?? 0
                let admitted = own.filter { $0.status == 200 }.count
                let flown = 5 * (ended - began)
                #expect(Double(admitted) <= (1 + outages) * 10 + flown + 1)
                #expect(Double(admitted) >= flown / 2)
            }
        }
    }

    @Test func `a master that sentinels replace is followed`() throws {
        let sentinels = try RedisSentinels()
        let scene = try Scene(sentinels.url)
        try scene.awaitRedis()
        let master = try sentinels.master()
        let began = uptime()
        try master.kill()
        let next = try #require(sentinels.servers.first { $0 !== master })
        try eventually("the replica is promoted", within: 40) { RedisSentinels.isMaster(next) }
        let promoted = uptime()
        try scene.awaitRedis()
        tell("sentinel", promoted - began, uptime() - promoted)
        #expect(try next.keys().count > 0)
        try scene.expectLimitsHeld(outages: 1)
    }

    @Test func `a master of a cluster that its replica replaces is followed`() throws {
        let cluster = try RedisCluster()
        let scene = try Scene(cluster.url)
        try scene.awaitRedis()
        let master = try #require(cluster.masters().first)
        let others = cluster.servers.filter { $0 !== master }
        let began = uptime()
        try master.kill()
        try eventually("a replica is promoted", within: 40) {
            others.filter { RedisSentinels.isMaster($0) }.count == 3
        }
        let promoted = uptime()
        try scene.awaitRedis()
        tell("cluster", promoted - began, uptime() - promoted)
        try scene.expectLimitsHeld(outages: 1)
    }

    private func tell(_ what: String, _ promotion: Double, _ recovery: Double) {
        guard FaultsTests.seconds > 1 else { return }
        print(
            String(
                format: "%@: promoted after %.2f s, Redis alone decides %.2f s later", what,
                promotion, recovery))
    }
}

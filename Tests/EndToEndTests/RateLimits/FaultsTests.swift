import Foundation
import Testing

/// Redis goes wrong in every way there is while clients go on asking: none of them notices.
@Suite(.staged, .serialized) struct FaultsTests {
    /// A request waits for Redis no longer; in seconds.
    static let timeout = 0.05
    /// How much later a busy machine may wake anybody up.
    static let slack = 0.01

    enum Kind: Int {
        /// No limit.
        case free
        /// A key that nobody used before.
        case fresh
        /// The one key of all clients.
        case hot
        /// The same from a gateway that knows no Redis.
        case memory
    }

    /// A gateway, its Redis, and clients that go on asking.
    final class Scene {
        let server: RedisServer
        let proxy: FaultyRedis
        let apus: Apus
        let plain: Apus
        let load: Load

        init() throws {
            server = try RedisServer()
            proxy = try FaultyRedis(before: server)
            let redis = """
                redis:
                  url: "redis://\(proxy.address)/0"
                  timeout: 50ms
                  breaker: { failures: 3, window: 5s, cooldown: 100ms, max_cooldown: 300ms }
                """
            apus = try Apus(Self.limits + redis)
            plain = try Apus(Self.limits)
            let (port, plainPort) = (apus.port, plain.port)
            load = Load(clients: 4, pause: 0.004) { client, number in
                let key = "X-Key: \(client)-\(number)\r\n"
                switch number % 4 {
                case 0: return (port, Kind.free.rawValue, get("/free"))
                case 1: return (port, Kind.fresh.rawValue, get("/fresh", key))
                case 2: return (port, Kind.hot.rawValue, get("/hot", "X-Key: hot\r\n"))
                default: return (plainPort, Kind.memory.rawValue, get("/fresh", key))
                }
            }
        }

        static let limits = """
            rate_limits:
              fresh: { rate: 60/min, burst: 2, key: "header:X-Key", max_keys: 2000 }
              hot: { rate: 20/s, burst: 10, key: "header:X-Key", replicas: 2, max_keys: 1000 }
            routes:
              - { name: free, match: { path: /free }, respond: { status: 200, body: ok } }
              - name: fresh
                match: { path: /fresh }
                rate_limits: [fresh]
                respond: { status: 200, body: ok }
              - name: hot
                match: { path: /hot }
                rate_limits: [hot]
                respond: { status: 200, body: ok }

            """

        func decided(_ limit: String, _ decision: String, _ store: String) throws -> Double {
            let name = "apus_rate_limit_decisions_total"
            let labels = "{limit=\"\(limit)\",decision=\"\(decision)\",store=\"\(store)\"}"
            return try apus.metrics()[name + labels] ?? .nan
        }

        /// Waits until Redis decides.
        ///
        /// - Returns: Seconds that it took.
        func awaitRedis() throws -> Double {
            let began = uptime()
            let before = try decided("fresh", "admitted", "redis")
            try eventually("Redis decides", within: 10) {
                try decided("fresh", "admitted", "redis") > before
            }
            return uptime() - began
        }
    }

    /// What was seen of a fault.
    struct Sight {
        var seconds = 0.0
        var localOfHot = 0.0
        var refusedByBreaker = 0.0
        var recovery = 0.0
        var grownKiB = 0
        /// From when on the breaker had refused.
        var refusingSince = 0.0
        var ended = 0.0
    }

    @Test(arguments: RedisFault.allCases)
    func `no client notices that Redis`(fault: RedisFault) throws {
        // Whoever else uses the machine may hold a thread up for longer than what is measured.
        for _ in 1...Self.secondLooks {
            guard let complaint = try play(fault, isLast: false) else { return }
            print("\(fault.rawValue): \(complaint), so once more")
        }
        _ = try play(fault, isLast: true)
    }

    private static let secondLooks = 3

    /// - Returns: What is wrong with the times, and is worth a second look.
    private func play(_ fault: RedisFault, isLast: Bool) throws -> String? {
        let scene = try Scene()
        _ = try scene.awaitRedis()
        pass(seconds: 0.2)
        let sight = try look(at: fault, in: scene)
        let samples = try scene.load.end()
        let wrong = samples.filter { $0.status != 200 && $0.status != 429 }
        #expect(wrong.isEmpty, "\(wrong)")
        let fresh = samples.filter { $0.kind == Kind.fresh.rawValue }
        #expect(fresh.allSatisfy { $0.status == 200 })
        // The table of this process has half of rate and burst, as of two gateways.
        #expect(sight.localOfHot <= 5 + 10 * (sight.seconds + sight.recovery) + 1)
        if !fault.isHarmless { #expect(sight.refusedByBreaker > 0) }
        #expect(sight.grownKiB < 4096)
        tell(fault, sight, samples)
        // Half as long again as the longest cool-down, and a loop's turn.
        let isLate = sight.recovery > 0.3 * 1.2 + Self.timeout + 0.15
        let longest = longest(of: [.fresh, .hot], samples)
        let noise = longest - max(Self.timeout, self.longest(of: [.free, .memory], samples))
        if isLast {
            #expect(!isLate, "\(sight.recovery) s")
            #expect(noise <= Self.slack, "\(longest) s")
        }
        return isLate || noise > Self.slack ? "recovery \(sight.recovery), longest \(longest)" : nil
    }

    private func longest(of kinds: [Kind], _ samples: [Load.Sample]) -> Double {
        samples.filter { sample in kinds.contains { $0.rawValue == sample.kind } }
            .map(\.seconds).max() ?? 0
    }

    private func look(at fault: RedisFault, in scene: Scene) throws -> Sight {
        var sight = Sight()
        let localBefore = try scene.decided("hot", "admitted", "local")
        let memoryBefore = try scene.apus.residentKiB()
        let refused = "apus_redis_commands_total{result=\"refused_by_breaker\"}"
        let began = uptime()
        try fault.begin(with: scene.server, by: scene.proxy)
        if !fault.isHarmless {
            try eventually("the breaker refuses") { try scene.apus.metrics()[refused] ?? 0 > 0 }
        }
        sight.refusingSince = uptime()
        pass(seconds: Self.seconds)
        try fault.end(with: scene.server, by: scene.proxy)
        sight.ended = uptime()
        sight.seconds = sight.ended - began
        sight.recovery = try scene.awaitRedis()
        sight.localOfHot = try scene.decided("hot", "admitted", "local") - localBefore
        sight.refusedByBreaker = try scene.apus.metrics()[refused] ?? 0
        sight.grownKiB = try scene.apus.residentKiB() - memoryBefore
        return sight
    }

    /// How long a fault lasts.
    static let seconds =
        ProcessInfo.processInfo.environment["APUS_FAULT_SECONDS"].flatMap(Double.init) ?? 0.6

    /// Prints a row of the table in docs/rate-limiting.md: times in milliseconds, those of the
    /// memory mode for both halves of the run.
    private func tell(_ fault: RedisFault, _ sight: Sight, _ samples: [Load.Sample]) {
        guard Self.seconds > 1 else { return }
        func tail(_ kinds: [Kind], _ began: Double, _ ended: Double) -> String {
            let times = samples.filter { sample in
                sample.began > began && sample.began < ended
                    && kinds.contains { $0.rawValue == sample.kind }
            }
            return String(format: "%.2f", times.map(\.seconds).quantile(0.99) * 1000)
        }
        let (began, ended) = (sight.refusingSince, sight.ended)
        let middle = (began + ended) / 2
        let longest = String(format: "%.1f", longest(of: [.fresh, .hot], samples) * 1000)
        print(
            "| \(fault.rawValue) | \(samples.count) | 0 | \(longest) "
                + "| \(tail([.fresh, .hot], began, ended)) "
                + "| \(tail([.memory], began, middle)), \(tail([.memory], middle, ended)) "
                + "| \(Int(sight.localOfHot)) of \(Int(5 + 10 * sight.seconds)) "
                + "| \(Int(sight.recovery * 1000)) | \(sight.grownKiB) |")
    }
}

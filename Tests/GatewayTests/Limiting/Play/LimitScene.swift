import Config
import Policy
import Simulation

@testable import Gateway

/// What a play of limits is set up with, drawn from its seed.
struct LimitScene {
    enum Weather: Equatable {
        /// No Redis: each gateway has buckets of its own.
        case memory
        /// Redis answers in time, whatever else is odd about it.
        case calm
        /// Everything that can go wrong does.
        case stormy
    }

    let weather: Weather
    /// Loops of each gateway.
    let loopCounts: [Int]
    let rules: [LimitRule]
    let routes: [PlayedRoute]
    let redis: RedisSettings?

    static let placeCount = 2
    static let queueTimeout: UInt64 = 300_000_000

    init(_ dice: inout SeededRandom) {
        switch dice.below(16) {
        case 0, 1: weather = .memory
        case 2..<6: weather = .calm
        default: weather = .stormy
        }
        loopCounts = [1 + dice.below(2), 1 + dice.below(2)]
        let replicas = dice.happens(percent: 60) ? 2 : 1 + dice.below(3)
        rules = LimitRule.all(&dice, replicas: replicas)
        routes = PlayedRoute.all(&dice, rules)
        guard weather != .memory else {
            redis = nil
            return
        }
        redis = .simulated(
            links: 1 + dice.below(2),
            queue: weather == .stormy && dice.happens(percent: 20) ? 1 + dice.below(4) : 256,
            failures: 1 + dice.below(5),
            slow: weather == .stormy && dice.happens(percent: 10) ? .milliseconds(6) : nil)
    }

    /// Nanoseconds that Redis may take.
    static let timeout: UInt64 = 10_000_000

    var rulesByName: [String: LimitRule] {
        Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0) })
    }

    /// The configuration.
    var text: String {
        """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        limits: { connections: 64, body: 64KiB }
        timeouts: { idle: 3s, response: 30s, stream: 60s, body_min_rate: none }
        log: { level: info }
        security_headers: none
        upstreams: { app: { servers: ["10.0.0.1:3000"], keepalive: { max: 4, idle: 5s } } }
        rate_limits:
        \(rules.map(\.text).joined(separator: "\n"))
        routes:
        \(routes.map(\.text).joined(separator: "\n"))
        """
    }
}

/// One limit of a scene, as its guarantees want it.
struct LimitRule {
    enum Key { case header, address, user, caller }

    let name: String
    let rate: Rate
    let rateText: String
    let burst: UInt64
    let key: Key
    var lease: UInt64 = 1
    var counted: [Int] = []
    var isShadow = false
    var onFailure = StoreFailureRule.local
    let replicas: Int

    var shape: BucketShape { BucketShape(rate: rate, burst: burst) }
    var localShape: BucketShape { shape.divided(by: replicas, costMax: costMax) }
    /// What the dearest request takes.
    var costMax: UInt64 { name == "tight" ? 2 : 1 }
    var localBurst: UInt64 { localShape.burst }
    /// Tokens flow in this slowly in a gateway that is alone: a period for so many.
    var localRate: Rate { Rate(count: rate.count, period: rate.period * UInt64(replicas)) }

    var text: String {
        let key =
            switch key {
            case .header: "\"header:X-Key\""
            case .address: "client_ip"
            case .user: "\"form:user\""
            case .caller: "auth"
            }
        let counts = counted.isEmpty ? "" : ", count: \(counted)"
        return
            "  \(name): { rate: \(rateText), burst: \(burst), key: \(key), replicas: \(replicas), "
            + "lease: \(lease), mode: \(isShadow ? "shadow" : "enforce"), max_keys: 2000, "
            + "on_store_failure: \(onFailure.rawValue)\(counts) }"
    }

    private static let rates: [(text: String, count: UInt64, seconds: UInt64)] = [
        ("5/15min", 5, 900), ("7/13s", 7, 13), ("2/s", 2, 1), ("10/s", 10, 1), ("5/min", 5, 60),
        ("100/s", 100, 1), ("1/10s", 1, 10), ("1000/h", 1000, 3600), ("1/h", 1, 3600),
    ]

    private init(
        _ name: String, _ key: Key, _ dice: inout SeededRandom, burstMin: Int = 1, replicas: Int
    ) {
        let rate = Self.rates[dice.below(Self.rates.count)]
        self.name = name
        self.key = key
        self.replicas = replicas
        self.rate = Rate(count: rate.count, period: rate.seconds * 1_000_000)
        rateText = rate.text
        burst = UInt64(burstMin + dice.below(dice.happens(percent: 70) ? 6 : 20))
    }

    static func all(_ dice: inout SeededRandom, replicas: Int) -> [LimitRule] {
        let tight = LimitRule("tight", .header, &dice, burstMin: 2, replicas: replicas)
        let ip = LimitRule("ip", .address, &dice, burstMin: 3, replicas: replicas)
        let early = LimitRule("early", .header, &dice, burstMin: 6, replicas: replicas)
        var watch = LimitRule("watch", .header, &dice, replicas: replicas)
        watch.isShadow = true
        var fails = LimitRule("fails", .header, &dice, replicas: replicas)
        fails.counted = [401, 403]
        var leased = LimitRule("leased", .header, &dice, burstMin: 4, replicas: replicas)
        leased.lease = UInt64(2 + dice.below(3))
        let form = LimitRule("form", .user, &dice, burstMin: 2, replicas: replicas)
        var deny = LimitRule("deny", .header, &dice, burstMin: 2, replicas: replicas)
        deny.onFailure = .deny
        var free = LimitRule("free", .header, &dice, burstMin: 2, replicas: replicas)
        free.onFailure = .allow
        let who = LimitRule("who", .caller, &dice, burstMin: 4, replicas: replicas)
        return [tight, ip, early, watch, fails, leased, form, deny, free, who]
    }

    /// What a gateway writes for a key before its digest: see LIMIT keys in the documentation.
    func material(of visit: Visit) -> String {
        switch key {
        case .header: "=\(visit.key)"
        case .address: "=\(visit.address)"
        case .user: "=\(visit.user)"
        case .caller: "=key:ops"
        }
    }

    func storeKey(of visit: Visit) -> String { "apus:\(name):{\(material(of: visit))}" }
}

/// One route of a scene.
struct PlayedRoute {
    let name: String
    /// Its limits, with what a request takes.
    let uses: [(rule: LimitRule, cost: UInt64)]
    var hasGate = false
    var takesBody = false
    var wantsCaller = false
    let weight: Int

    var text: String {
        let limits = uses.map { "{ limit: \($0.rule.name), cost: \($0.cost) }" }
        let gate = hasGate ? "concurrency: { max: 2, queue: 3, queue_timeout: 300ms }, " : ""
        let auth =
            wantsCaller
            ? "auth: { api_keys: { ops: \"sha256:060b6e52ca3d54e9a73c7a3c70d67249832ec4e1"
                + "8527226806a85c377da7b28c\" } }, " : ""
        return "  - { name: \(name), match: { path: /\(name)/* }, "
            + "rate_limits: [\(limits.joined(separator: ", "))], \(gate)\(auth)upstream: app }"
    }

    /// Whether a request waits for nothing but Redis before it goes upstream.
    var waitsForRedisAlone: Bool { !hasGate }
    var mayBeUndecided: Bool { uses.contains { $0.rule.onFailure == .deny } }

    static func all(_ dice: inout SeededRandom, _ rules: [LimitRule]) -> [PlayedRoute] {
        let named = Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0) })
        func use(_ name: String, _ cost: UInt64 = 1) -> (rule: LimitRule, cost: UInt64) {
            guard let rule = named[name] else { preconditionFailure("a rule of the scene") }
            return (rule, cost)
        }
        return [
            PlayedRoute(name: "one", uses: [use("tight")], weight: 20 + dice.below(40)),
            PlayedRoute(name: "two", uses: [use("ip"), use("tight", 2)], weight: dice.below(40)),
            PlayedRoute(name: "fails", uses: [use("fails"), use("watch")], weight: dice.below(30)),
            PlayedRoute(name: "leased", uses: [use("leased")], weight: dice.below(30)),
            PlayedRoute(
                name: "leasedtwo", uses: [use("leased"), use("early")], weight: dice.below(15)),
            PlayedRoute(
                name: "form", uses: [use("early"), use("form")], takesBody: true,
                weight: dice.below(20)),
            PlayedRoute(
                name: "busy", uses: [use("early")], hasGate: true, weight: dice.below(30)),
            PlayedRoute(
                name: "busyform", uses: [use("early"), use("form"), use("fails")], hasGate: true,
                takesBody: true, weight: dice.below(15)),
            PlayedRoute(name: "deny", uses: [use("deny")], weight: dice.below(15)),
            PlayedRoute(name: "free", uses: [use("free"), use("watch")], weight: dice.below(15)),
            PlayedRoute(
                name: "who", uses: [use("early"), use("who")], wantsCaller: true,
                weight: dice.below(20)),
        ]
    }
}

/// One request of a play, and what became of it.
final class Visit {
    let number: Int
    let route: PlayedRoute
    let loop: LoopPlay
    let key: String
    let user: String
    let address: String
    /// What the app answers, and after how long.
    let wanted: Int
    let pause: UInt64
    /// When the last of it was sent, in nanoseconds of the play.
    var sentAt: UInt64
    var forwardedAt: UInt64?
    var answeredAt: UInt64?
    var answer: PlainAnswer?
    /// Whether its client went before the answer.
    var hasLeft = false
    var mayWait: Bool

    init(
        _ number: Int, _ route: PlayedRoute, on loop: LoopPlay, key: String, user: String,
        address: String, wanted: Int, pause: UInt64, at now: UInt64
    ) {
        self.number = number
        self.route = route
        self.loop = loop
        self.key = key
        self.user = user
        self.address = address
        self.wanted = wanted
        self.pause = pause
        sentAt = now
        mayWait = route.hasGate
    }

    var path: String { "/\(route.name)/\(number)/\(wanted)" }

    /// The request's head and body.
    var request: (head: String, body: String) {
        let caller = route.wantsCaller ? "X-API-Key: ops-key-0123456789\r\n" : ""
        let head = " \(path) HTTP/1.1\r\nHost: a\r\nX-Key: \(key)\r\n\(caller)"
        guard route.takesBody else { return ("GET\(head)\r\n", "") }
        let body = "user=\(user)&n=\(number)"
        return (
            "POST\(head)Content-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n", body
        )
    }

    var status: Int? { answer?.status }
    func cost(of rule: LimitRule) -> UInt64? {
        route.uses.first { $0.rule.name == rule.name }?.cost
    }
}

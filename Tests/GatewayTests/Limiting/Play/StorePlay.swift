import Linux
import Policy
import Simulation

@testable import Gateway

/// One Redis behind all gateways of a play, with a clock of its own and a mood.
final class StorePlay {
    enum Mood: Equatable {
        case healthy
        /// Connections are refused.
        case refusing
        /// Nobody answers connects; those that there are hang.
        case silent
        /// Stopped: what was sent is read and done when it goes on.
        case hung
        /// Answers after this many milliseconds.
        case late(UInt64)
        /// Scripts are answered so.
        case scriptError(String)
        /// Everything is.
        case error(String)
        case garbage(String)
        /// Answers come in parts.
        case dripping
        /// Answers are cut off by a reset.
        case cutting
    }

    /// What one call did to one bucket.
    struct Deed {
        /// Microseconds of the server's clock.
        let time: UInt64
        let loop: Int
        let key: String
        let rule: LimitRule
        let operation: BucketAsk.Operation
        /// Tokens; those of a lease if there is one.
        let tokens: UInt64
        /// Of the request.
        let cost: UInt64
        let code: Int64
        /// Whether the bucket has lost tokens.
        let isTaken: Bool
        /// How often the server had lost all keys before.
        let life: Int
        /// After it.
        let full: BucketTime
    }

    private(set) var mood = Mood.healthy
    private(set) var deeds: [Deed] = []
    private(set) var buckets = SimulatedBuckets()
    /// What callers did that is against the agreement.
    private(set) var faults: [String] = []
    var latencyMax: UInt64 = 1_500_000
    private var clock: UInt64
    private var life = 0
    private var knowsScript = false
    private var dice: SeededRandom
    private let rules: [String: LimitRule]
    private let cluster: LimitCluster
    private var talks: [ObjectIdentifier: Talk] = [:]
    /// Commands in each state of a gateway's breaker that sends nothing.
    private var probeCounts: [Int]

    /// A connection's conversation.
    private final class Talk {
        let stream: SimulatedStream
        let loop: LoopPlay
        var bytes: [UInt8] = []
        /// When its last answer leaves.
        var busyUntil: UInt64 = 0

        init(_ stream: SimulatedStream, _ loop: LoopPlay) {
            self.stream = stream
            self.loop = loop
        }
    }

    init(_ scene: LimitScene, _ cluster: LimitCluster, seed: UInt64) {
        dice = SeededRandom(seed: seed)
        clock = 1_760_000_000_000_000 + UInt64(dice.below(1_000_000_000))
        rules = scene.rulesByName
        self.cluster = cluster
        probeCounts = scene.loopCounts.map { _ in 0 }
    }

    /// Microseconds of its clock.
    var time: UInt64 { clock + cluster.now / 1000 }

    /// When it last lost its keys, in nanoseconds of the play.
    private(set) var lostAt: UInt64 = 0

    /// When something was done, in nanoseconds of the play.
    func playTime(of deed: Deed) -> UInt64 { (deed.time - clock) * 1000 }

    /// Microseconds until a bucket is full.
    func lacking(_ key: String) -> UInt64 {
        let full = buckets.buckets[key]?.full.roundedUp ?? 0
        return full - min(full, time)
    }

    // MARK: Moods

    func become(_ mood: Mood) {
        let was = self.mood
        self.mood = mood
        let reception: SimulatedKernel.Reception =
            switch mood {
            case .refusing: .refuses
            case .silent: .silent
            default: .accepts
            }
        for loop in cluster.loops {
            for address in loop.world.redis.addresses {
                loop.kernel.receptions[address] = reception
            }
            if mood == .refusing { resetAll(of: loop) }
            guard was == .hung || was == .silent else { continue }
            for stream in loop.storeStreams {
                if let talk = talks[ObjectIdentifier(stream)] { carryOut(talk) }
            }
        }
    }

    private func resetAll(of loop: LoopPlay) {
        for stream in loop.storeStreams where !stream.sawEnd { stream.reset() }
        loop.isStirred = true
    }

    /// Forgets the script, as after SCRIPT FLUSH.
    func flushScripts() { knowsScript = false }

    /// Restarts without its keys.
    func restart() {
        buckets.removeAll()
        life += 1
        lostAt = cluster.now
        knowsScript = false
        for loop in cluster.loops { resetAll(of: loop) }
    }

    func resetOne() {
        let loop = cluster.loops[dice.below(cluster.loops.count)]
        guard let stream = loop.storeStreams.randomElement(using: &dice) else { return }
        stream.reset()
        loop.isStirred = true
    }

    // MARK: Commands

    /// Reads what a loop has sent in a turn.
    func read(_ loop: LoopPlay, breakerBefore: BreakerState) {
        for stream in loop.storeStreams {
            let taken = stream.take()
            if !taken.isEmpty {
                let talk = talks[ObjectIdentifier(stream)] ?? Talk(stream, loop)
                talks[ObjectIdentifier(stream)] = talk
                watch(taken, of: loop, breakerBefore)
                talk.bytes += taken
                if mood != .hung, mood != .silent { carryOut(talk) }
            }
            if stream.sawEnd { stream.close() }
        }
        if loop.breaker != .probing { probeCounts[loop.gateway] = 0 }
        loop.storeStreams.removeAll { $0.sawEnd && $0.waitingCount == 0 && mood != .hung }
    }

    /// While the breaker refuses, nothing but the one probe is sent.
    private func watch(_ bytes: [UInt8], of loop: LoopPlay, _ before: BreakerState) {
        guard before != .admitting, loop.breaker != .admitting else { return }
        var rest = bytes
        while let words = RedisPlay.command(in: &rest) {
            guard !["CLIENT", "AUTH", "SELECT"].contains(words[0]) else { continue }
            if loop.breaker == .refusing {
                faults.append("\(words[0]) was sent while the breaker refused")
            }
            let isProbe = words[0] == "PING" || words.contains { $0.hasSuffix("probe") }
            probeCounts[loop.gateway] += 1
            if !isProbe || probeCounts[loop.gateway] > 1 {
                faults.append("\(words[0]) was sent beside the probe")
            }
        }
    }

    private func carryOut(_ talk: Talk) {
        while let words = RedisPlay.command(in: &talk.bytes) {
            send(reply(to: words, of: talk.loop), on: talk)
        }
    }

    private func send(_ reply: String, on talk: Talk) {
        var latency = 50_000 + UInt64(dice.below(Int(latencyMax)))
        if case .late(let milliseconds) = mood { latency = milliseconds * 1_000_000 }
        talk.busyUntil = max(talk.busyUntil, cluster.now + latency)
        let bytes = Array(reply.utf8)
        var parts = [bytes[...]]
        switch mood {
        case .dripping:
            let middle = dice.below(bytes.count)
            parts = [bytes[..<middle], bytes[middle...]]
        case .cutting: parts = [bytes[..<dice.below(bytes.count)]]
        default: break
        }
        let isCut = mood == .cutting
        for part in parts {
            let part = Array(part)
            cluster.after(talk.busyUntil - cluster.now) {
                talk.stream.send(part)
                if isCut { talk.stream.reset() }
                talk.loop.isStirred = true
            }
            if parts.count > 1 { talk.busyUntil += UInt64(dice.below(4_000_000)) }
        }
    }

    private func reply(to words: [String], of loop: LoopPlay) -> String {
        let isScript = words[0] == "EVALSHA" || words[0] == "EVAL"
        switch mood {
        case .error(let text): return text
        case .scriptError(let text) where isScript: return text
        case .garbage(let text) where isScript: return text
        default: break
        }
        guard isScript else { return words[0] == "PING" ? "+PONG\r\n" : "+OK\r\n" }
        guard !words.contains(where: { $0.hasSuffix("probe") }) else { return "+OK\r\n" }
        if words[0] == "EVAL" { knowsScript = true }
        guard knowsScript else { return "-NOSCRIPT No matching script. Please use EVAL.\r\n" }
        guard let asks = asks(in: words) else {
            faults.append("a call that no gateway makes: \(words)")
            return "-ERR what\r\n"
        }
        return run(asks, of: loop)
    }

    private func run(_ asks: [(BucketAsk, LimitRule)], of loop: LoopPlay) -> String {
        let results = buckets.call(asks.map(\.0), at: time)
        let isRefused = zip(asks, results).contains { ask, result in
            result.code == 0 && [.take, .lease].contains(ask.0.operation)
        }
        var numbers = ["\(time)"]
        for ((ask, rule), result) in zip(asks, results) {
            numbers += ["\(result.code)", "\(result.full.whole)", "\(result.full.part)"]
            deeds.append(
                Deed(
                    time: time, loop: loop.number, key: ask.key, rule: rule,
                    operation: ask.operation, tokens: result.code == 2 ? ask.lease : ask.cost,
                    cost: ask.cost, code: result.code,
                    isTaken: !isRefused && result.code > 0 && ask.operation != .back,
                    life: life, full: result.full))
        }
        return "*\(numbers.count)\r\n" + numbers.map { ":\($0)\r\n" }.joined()
    }

    /// Reads a call as the script does, and checks it against the limits of the configuration.
    private func asks(in words: [String]) -> [(BucketAsk, LimitRule)]? {
        guard words.count > 2, let count = Int(words[2]), words.count == 3 + count * 9 else {
            return nil
        }
        return (0..<count).reduce([]) { found, index in
            guard let found else { return nil }
            let key = words[3 + index]
            let name = key.split(separator: ":")[1]
            let numbers = words[(3 + count + index * 8)...].prefix(8)
            let arguments = Array(numbers)
            guard let rule = rules[String(name)],
                let operation = BucketAsk.Operation(rawValue: arguments[5]),
                arguments[0] == "\(rule.shape.denominator)",
                Self.time(arguments[3...4]) == rule.shape.span,
                let cost = rule.tokens(Self.time(arguments[1...2]))
            else { return nil }
            let lease = rule.tokens(Self.time(arguments[6...7])) ?? 1
            let ask = BucketAsk(
                key: key, shape: rule.shape, operation: operation, cost: cost, lease: lease)
            return found + [(ask, rule)]
        }
    }

    private static func time(_ words: ArraySlice<String>) -> BucketTime {
        BucketTime(
            whole: words.first.flatMap { UInt64($0) } ?? .max,
            part: words.last.flatMap { UInt32($0) } ?? .max)
    }
}

extension LimitRule {
    /// How many tokens have that price.
    fileprivate func tokens(_ price: BucketTime) -> UInt64? {
        (1...burst).first { shape.price(of: $0) == price }
    }
}

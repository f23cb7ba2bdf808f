import Crypto
import Dice
import Policy
import Simulation
import Testing

@testable import Redis

/// The script on a server.
private struct ReplayServer {
    let connection: RedisConnection
    private let hash: String

    static var source: String { "\(ReplayScript.source)" }

    init(_ connection: RedisConnection) throws {
        self.connection = connection
        guard case .text(let hash) = try connection.ask("SCRIPT", "LOAD", Self.source) else {
            throw Unmet("the server takes no scripts")
        }
        self.hash = hash
    }

    func call(_ ask: ReplayAsk) throws -> ReplayResult {
        let answer = try connection.ask(
            "EVALSHA", hash, "1", ask.key, ask.operation.rawValue, "\(ask.ticket)",
            "\(ask.milliseconds)")
        guard let numbers = answer.integers, numbers.count == 2, numbers[1] >= 0 else {
            throw Unmet("the script answered \(answer)")
        }
        return ReplayResult(code: numbers[0], milliseconds: UInt64(numbers[1]))
    }
}

@Suite struct ReplayScriptTests {
    private let redis: RedisServer
    private let connection: RedisConnection
    private let server: ReplayServer

    private static let day: UInt64 = 86_400_000

    init() throws {
        redis = try RedisServer()
        connection = try redis.connect()
        server = try ReplayServer(connection)
    }

    private func code(
        _ operation: ReplayAsk.Operation, _ ticket: UInt64 = 0, for milliseconds: UInt64 = day,
        _ key: String = "k"
    ) throws -> Int64 {
        try server.call(ReplayAsk(operation, key, ticket: ticket, milliseconds: milliseconds)).code
    }

    @Test func `it is short, and names no command but five`() {
        let source = ReplayServer.source
        #expect(source.utf8.count < 900)
        let commands = source.matches(of: /call\('(\w+)'/).map { String($0.output.1) }
        #expect(Set(commands) == ["GET", "SET", "DEL", "PTTL", "PUBLISH"])
    }

    @Test func `what is accepted and forgotten is published, and nothing else`() throws {
        let news = try redis.connect()
        #expect(try news.ask("PSUBSCRIBE", "k*") != .null)
        #expect(try code(.claim, 1, "k{1}") == 1)
        #expect(try code(.release, 1, "k{1}") == 1)
        #expect(try code(.commit, 1, for: 60_000, "k{1}") == 1)
        // It adds nothing to what was said.
        #expect(try code(.commit, 2, for: 50_000, "k{1}") == 1)
        #expect(try code(.claim, 3, "k{1}") == 2)
        #expect(try code(.forget, 0, "k{1}") == 1)
        for payload in ["60000", "0"] {
            let message = try news.answer()
            #expect(
                message
                    == .array([.text("pmessage"), .text("k*"), .text("k{1}"), .text(payload)]))
        }
        // What comes next is of the subscriber's own asking.
        #expect(try news.ask("PING", "end") == .array([.text("pong"), .text("end")]))
    }

    @Test func `who may publish nothing commits all the same`() throws {
        let rules = ["on", ">pass", "~*", "+@all", "resetchannels"]
        #expect(try connection.ask(["ACL", "SETUSER", "mute"] + rules) == .text("OK"))
        #expect(try connection.ask("AUTH", "mute", "pass") == .text("OK"))
        #expect(try code(.commit, 1) == 1)
        #expect(try code(.claim, 2) == 2)
        #expect(try code(.forget) == 1)
        #expect(try code(.claim, 2) == 1)
    }

    @Test func `an event is claimed once, and is another's then`() throws {
        #expect(try code(.claim, 1) == 1)
        #expect(try code(.claim, 2) == 0)
        #expect(try code(.claim, 1) == 1)
        #expect(try connection.ask("GET", "k") == .text("1"))
        #expect(try code(.claim, 2, "other") == 1)
    }

    private func code(
        _ operation: ReplayAsk.Operation, _ ticket: UInt64, _ key: String
    ) throws -> Int64 { try code(operation, ticket, for: Self.day, key) }

    @Test func `tickets of 64 bits are told apart`() throws {
        #expect(try code(.claim, .max) == 1)
        #expect(try code(.claim, .max - 1) == 0)
        #expect(try code(.release, .max - 1) == 0)
        #expect(try code(.release, .max) == 1)
        #expect(try connection.ask("EXISTS", "k") == .integer(0))
    }

    @Test func `what was committed is known to all, whoever holds a claim`() throws {
        #expect(try code(.claim, 1) == 1)
        #expect(try code(.commit, 2) == 1)
        #expect(try code(.claim, 1) == 2)
        #expect(try code(.claim, 3) == 2)
        #expect(try code(.release, 1) == 2)
        #expect(try code(.claim, 1) == 2)
        #expect(try connection.ask("GET", "k") == .text("+"))
    }

    @Test func `it is forgotten when somebody says so, but a claim stays`() throws {
        #expect(try code(.claim, 1) == 1)
        #expect(try code(.forget) == 0)
        #expect(try code(.commit, 1) == 1)
        #expect(try code(.forget) == 1)
        #expect(try code(.forget) == 1)
        #expect(try code(.claim, 2) == 1)
    }

    @Test func `nothing that is known is known for a shorter time`() throws {
        #expect(try code(.commit, 1, for: 3 * Self.day) == 1)
        #expect(try code(.commit, 2, for: Self.day) == 1)
        #expect(try left() > 2 * Self.day)
        #expect(try code(.commit, 2, for: 5 * Self.day) == 1)
        #expect(try left() > 4 * Self.day)
        #expect(try code(.forget) == 1)
        #expect(try code(.claim, 1, for: 3 * Self.day) == 1)
        #expect(try code(.claim, 1, for: Self.day) == 1)
        #expect(try left() > 2 * Self.day)
        // The app's answer counts from when it came, however long the claim would have held.
        #expect(try code(.commit, 1, for: Self.day) == 1)
        #expect(try left() <= Self.day)
    }

    private func left() throws -> UInt64 {
        guard case .integer(let left) = try connection.ask("PTTL", "k") else {
            throw Unmet("no time to live")
        }
        return UInt64(max(0, left))
    }

    @Test(arguments: [ReplayAsk.Operation.claim, .commit])
    func `claims and what was committed end by themselves`(_ first: ReplayAsk.Operation) throws {
        #expect(try code(first, 1, for: 1) == 1)
        var askedCount = 0
        while try code(.claim, 2) != 1, askedCount < 100_000 { askedCount += 1 }
        #expect(askedCount < 100_000)
        #expect(try connection.ask("GET", "k") == .text("2"))
    }

    @Test(arguments: ["", "x", "-1", "1.5", " 1", "1 ", "++", "c:1", "\u{0}", "1\n"])
    func `a value that is none counts as nothing, and is no error`(_ value: String) throws {
        try connection.ask("SET", "k", value)
        #expect(try code(.release, 1) == 1)
        #expect(try code(.forget) == 1)
        #expect(try code(.claim, 1) == 1)
        try connection.ask("SET", "k", value)
        #expect(try code(.commit, 1) == 1)
        #expect(try code(.claim, 2) == 2)
    }

    @Test(arguments: [["RPUSH", "k", "a"], ["SADD", "k", "a"], ["HSET", "k", "a", "b"]])
    func `a key of another type counts as nothing, and is no error`(_ words: [String]) throws {
        try connection.ask(words)
        #expect(try code(.release, 1) == 1)
        #expect(try code(.claim, 1) == 1)
        #expect(try code(.claim, 2) == 0)
    }

    @Test func `what somebody made stay for ever is no error`() throws {
        try connection.ask("SET", "k", "+")
        #expect(
            try server.call(ReplayAsk(.claim, "k", ticket: 1))
                == ReplayResult(code: 2, milliseconds: 0))
        #expect(try code(.commit, 1) == 1)
        try connection.ask("SET", "k", "7")
        #expect(try code(.claim, 1) == 0)
        // Its holder gives it an end.
        #expect(try code(.claim, 7) == 1)
        #expect(try left() > 0)
    }

    /// Milliseconds that no history takes.
    private static let slack: UInt64 = 600_000

    @Test(arguments: 0..<8)
    func `the script answers as its twin, and as the table in memory`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        var twin = SimulatedReplays()
        let table = ReplayTable(eventCountMax: 4096)
        var codes: [String: Int] = [:]
        for count in 0..<3000 {
            let number = dice.below(3)
            let key = "apus:replay:{a}:\(number)"
            if dice.below(10) == 0 {
                // A claim ends by itself: by the server's clock, which is nobody's here.
                guard let event = twin.events[key], event.holder != 0 else { continue }
                twin.expire(key)
                try connection.ask("DEL", key)
                table.release(tag(number), ReplayTicket(event.holder), at: 1)
                continue
            }
            let operation = ReplayAsk.Operation.allCases.randomElement(using: &dice) ?? .claim
            let ask = ReplayAsk(
                operation, key, ticket: operation == .forget ? 0 : 1 + dice.below(3),
                milliseconds: (1 + dice.below(4)) * 2 * Self.slack)
            let expected = twin.call(ask, at: 1)
            let answer = try server.call(ask)
            let isNear =
                answer.milliseconds <= expected.milliseconds
                && answer.milliseconds + Self.slack >= expected.milliseconds
            guard answer.code == expected.code, isNear else {
                Issue.record("step \(count): \(ask): \(answer), not \(expected)")
                return
            }
            #expect(play(ask, number, on: table) ?? answer.code == answer.code, "step \(count)")
            codes["\(operation) \(answer.code)", default: 0] += 1
        }
        // All that can be answered was, often.
        #expect(codes.count == 3 + 1 + 3 + 2 && codes.values.allSatisfy { $0 > 20 })
    }

    private func tag(_ number: UInt64) -> SipHash.Tag { SipHash.Tag(low: number, high: number) }

    /// - Returns: The script's code, as far as the table says as much.
    private func play(_ ask: ReplayAsk, _ number: UInt64, on table: ReplayTable) -> Int64? {
        let key = tag(number)
        let end = 1 + ask.milliseconds
        switch ask.operation {
        case .claim:
            switch table.claim(key, ReplayTicket(ask.ticket), until: end, at: 1) {
            case .claimed: return 1
            case .inFlight: return 0
            case .replayed: return 2
            case .full: return nil
            }
        case .commit: return table.commit(key, until: end, at: 1) ? 1 : nil
        case .release:
            table.release(key, ReplayTicket(ask.ticket), at: 1)
            return nil
        case .forget:
            table.forget(key, at: 1)
            return nil
        }
    }
}

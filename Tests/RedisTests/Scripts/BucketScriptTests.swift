import Policy
import Simulation
import Testing

@testable import Redis

@Suite struct BucketScriptTests {
    private static let now: UInt64 = 1_760_000_000_000_000

    private let redis: RedisServer
    private let connection: RedisConnection
    /// By its own clock.
    private let server: BucketServer
    /// By the tests' clock.
    private let timed: BucketServer

    private let slow = BucketShape(rate: Rate(count: 7, period: 13_000_000), burst: 3)
    private let large = BucketShape(rate: Rate(count: 1, period: 60_000_000), burst: 100)

    init() throws {
        redis = try RedisServer()
        connection = try redis.connect()
        server = try BucketServer(connection, saysTime: false)
        timed = try BucketServer(connection, saysTime: true)
    }

    private func ask(
        _ key: String, _ shape: BucketShape, _ operation: BucketAsk.Operation = .take,
        cost: UInt64 = 1, lease: UInt64 = 1
    ) -> BucketAsk {
        BucketAsk(key: key, shape: shape, operation: operation, cost: cost, lease: lease)
    }

    private func codes(_ asks: BucketAsk...) throws -> [Int64] {
        try timed.call(asks, at: Self.now).results.map(\.code)
    }

    private func remaining(_ key: String, _ shape: BucketShape) throws -> UInt64 {
        let results = try timed.call([ask(key, shape, .charge, cost: 0)], at: Self.now).results
        return shape.standing(of: Bucket(full: results[0].full), at: Self.now).remaining
    }

    @Test func `it is short, and names no command but four`() {
        let source = BucketServer.source
        #expect(source.utf8.count < 1800)
        let commands = source.matches(of: /call\('(\w+)'/).map { String($0.output.1) }
        #expect(Set(commands) == ["TIME", "GET", "SET", "DEL"])
    }

    @Test func `the server's clock decides, and the key leaves when the bucket is full`() throws {
        guard case .array(let time) = try connection.ask("TIME"),
            case .text(let seconds) = time[0], case .text(let part) = time[1],
            let before = UInt64(seconds), let microseconds = UInt64(part)
        else { throw Unmet("no time") }
        let (now, results) = try server.call([ask("k", slow)])
        #expect(now >= before * 1_000_000 + microseconds)
        #expect(now < before * 1_000_000 + microseconds + 60_000_000)
        #expect(
            results == [
                BucketResult(code: 1, full: BucketTime(whole: now + 1_857_142, part: 6))
            ])
        #expect(try connection.ask("GET", "k") == .text("\(now + 1_857_142):6"))
        guard case .integer(let left) = try connection.ask("PTTL", "k") else {
            throw Unmet("no time to live")
        }
        // Rounded up to a millisecond, and one more.
        #expect(left <= 1859 && left > 0)
        // As with a bucket that is full in less than a millisecond.
        let fast = BucketShape(rate: Rate(count: 1_000_000_000, period: 60_000_000), burst: 1)
        #expect(try server.call([ask("f", fast)]).results[0].code == 1)
        guard case .integer(let rest) = try connection.ask("PTTL", "f") else {
            throw Unmet("no time to live")
        }
        #expect(rest <= 2)
    }

    @Test func `keys live as long as their buckets are not full`() throws {
        for (cost, length) in [(UInt64(1), Int64(60_001)), (100, 6_000_001)] {
            let key = "k\(cost)"
            #expect(try server.call([ask(key, large, cost: cost)]).results[0].code == 1)
            guard case .integer(let left) = try connection.ask("PTTL", key) else {
                throw Unmet("no time to live")
            }
            #expect(left <= length && left > length - 60_000)
        }
    }

    @Test func `all of a request's limits are taken from, or none`() throws {
        #expect(try codes(ask("a", slow, cost: 3)) == [1])
        #expect(try codes(ask("b", large), ask("a", slow), ask("c", large)) == [1, 0, 1])
        #expect(try connection.ask("EXISTS", "b", "c") == .integer(0))
        #expect(try codes(ask("b", large), ask("c", large)) == [1, 1])
        #expect(try remaining("b", large) == 99)
        #expect(try remaining("c", large) == 99)
    }

    @Test func `a shadow limit refuses nobody, and takes only where all are admitted`() throws {
        #expect(try codes(ask("s", slow, .shadow, cost: 3)) == [1])
        #expect(try codes(ask("s", slow, .shadow), ask("b", large)) == [0, 1])
        #expect(try remaining("b", large) == 99)
        #expect(try codes(ask("b", large, cost: 99), ask("t", large, .shadow)) == [1, 1])
        #expect(try codes(ask("b", large), ask("t", large, .shadow)) == [0, 1])
        #expect(try remaining("t", large) == 99)
    }

    @Test func `a lease is fetched if it is there, and its price alone otherwise`() throws {
        #expect(try codes(ask("l", large, .lease, cost: 2, lease: 50)) == [2])
        #expect(try remaining("l", large) == 50)
        #expect(try codes(ask("l", large, .lease, cost: 2, lease: 51)) == [1])
        #expect(try remaining("l", large) == 48)
        // What is not taken is not leased either.
        #expect(try codes(ask("a", slow, cost: 3)) == [1])
        #expect(try codes(ask("l", large, .lease, lease: 10), ask("a", slow)) == [1, 0])
        #expect(try remaining("l", large) == 48)
        #expect(try codes(ask("l", large, .lease, cost: 49, lease: 49)) == [0])
    }

    @Test func `what is given back is there again, and a full bucket is no key`() throws {
        #expect(try codes(ask("a", slow, cost: 3)) == [1])
        #expect(try codes(ask("a", slow, .back, cost: 2)) == [1])
        #expect(try remaining("a", slow) == 2)
        #expect(try codes(ask("a", slow, .back, cost: 3)) == [1])
        #expect(try connection.ask("EXISTS", "a") == .integer(0))
    }

    @Test func `debts are charged as far as there are tokens, and refused by none`() throws {
        #expect(try codes(ask("a", slow, cost: 2)) == [1])
        #expect(try codes(ask("a", slow, .charge, cost: 3)) == [1])
        #expect(try remaining("a", slow) == 0)
        #expect(try codes(ask("b", large, .charge, cost: 5), ask("a", slow)) == [1, 0])
        #expect(try remaining("b", large) == 95)
    }

    @Test(arguments: [
        "", "x", "1", "1:", ":1", "1:2:3", "-5:1", "1e9:1", "1.5:2", " 1:2", "1:2 ", "0x10:1",
        "1:-2", "\u{0}:\u{0}", "nan:0", "inf:0",
    ])
    func `a value that is none counts as full, and is no error`(_ value: String) throws {
        try connection.ask("SET", "k", value)
        #expect(try codes(ask("k", slow, cost: 3)) == [1])
        #expect(try codes(ask("k", slow)) == [0])
    }

    @Test(arguments: [
        ["RPUSH", "k", "a"], ["SADD", "k", "a"], ["HSET", "k", "a", "b"], ["ZADD", "k", "1", "a"],
    ])
    func `a key of another type counts as full, and is no error`(_ words: [String]) throws {
        try connection.ask(words)
        #expect(try codes(ask("k", slow, .back)) == [1])
        #expect(try connection.ask("EXISTS", "k") == .integer(0))
        try connection.ask(words)
        #expect(try codes(ask("k", slow, cost: 3)) == [1])
        #expect(try codes(ask("k", slow)) == [0])
    }

    @Test func `a time that no bucket has is one of an empty one`() throws {
        let huge = String(repeating: "9", count: 400)
        for value in ["\(Self.now + 1 << 52):0", "\(huge):\(huge)", "\(UInt64.max):0"] {
            try connection.ask("SET", "k", value)
            #expect(try codes(ask("k", slow)) == [0])
            let later = try timed.call([ask("k", slow)], at: Self.now + 1_857_143)
            #expect(later.results[0].code == 1)
        }
        // A part over another denominator counts as a whole one.
        try connection.ask("SET", "k", "\(Self.now):999")
        let answer = try timed.call([ask("k", slow, .charge, cost: 0)], at: Self.now)
        #expect(answer.results[0].full == BucketTime(whole: Self.now + 1, part: 0))
    }

    @Test func `a refusal writes nothing`() throws {
        #expect(try codes(ask("a", slow, cost: 3)) == [1])
        try connection.ask("CONFIG", "RESETSTAT")
        for _ in 0..<5 { #expect(try codes(ask("a", slow), ask("b", large)) == [0, 1]) }
        guard case .text(let statistics) = try connection.ask("INFO", "commandstats") else {
            throw Unmet("no statistics")
        }
        #expect(statistics.contains("cmdstat_get:calls=10"))
        #expect(!statistics.contains("cmdstat_set:"))
        #expect(!statistics.contains("cmdstat_del:"))
    }
}

import Dice
import Policy
import Simulation
import Testing

@testable import Redis

/// The script and Policy's bucket, on the same histories.
@Suite struct BucketTwinTests {
    private let redis: RedisServer

    init() throws { redis = try RedisServer() }

    private static let second: UInt64 = 1_000_000

    private static func shape(_ count: UInt64, _ seconds: UInt64, burst: UInt64) -> BucketShape {
        BucketShape(rate: Rate(count: count, period: seconds * second), burst: burst)
    }

    private static let shapes = [
        shape(7, 13, burst: 14),
        shape(1_000_000_000, 60, burst: 1_000_000_000),
        shape(1_000_000_000, 60, burst: 3),
        shape(999_999_937, 60, burst: 20),
        shape(999_999_937, 366 * 86_400, burst: 300_000_000),
        shape(1, 366 * 86_400, burst: 9),
        shape(100, 1, burst: 100),
        shape(1001, 3600, burst: 5),
        shape(3, 1, burst: 1),
    ]

    /// Limits of a request: up to four of different keys.
    private func asks(_ dice: inout Dice) -> [BucketAsk] {
        let count = 1 + Int(dice.below(4))
        let isOfOneKind = dice.below(4) > 0
        var operation = BucketAsk.Operation.take
        let numbers = Self.shapes.indices.shuffled(using: &dice).prefix(count)
        return numbers.map { number in
            let shape = Self.shapes[number]
            let burst = shape.burst
            if !isOfOneKind || dice.below(3) == 0 {
                operation = BucketAsk.Operation.allCases.randomElement(using: &dice) ?? .take
            }
            let costMax = [min(burst, 3), max(1, burst / 2), burst][Int(dice.below(3))]
            let key = "apus:limit\(number):{\(dice.below(2))}"
            return BucketAsk(
                key: key, shape: shape, operation: operation, cost: 1 + dice.below(costMax),
                lease: 1 + dice.below(burst))
        }
    }

    private func step(_ asks: [BucketAsk], _ dice: inout Dice) -> UInt64 {
        let shape = asks[Int(dice.below(UInt64(asks.count)))].shape
        return switch dice.below(8) {
        case 0, 1: 0
        case 2: dice.below(100)
        case 3, 4: dice.below(shape.price(of: 1).whole * 2 + 2)
        case 5, 6: dice.below(shape.span.whole / 4 + 2)
        default: dice.below(shape.span.whole * 2 + 2)
        }
    }

    @Test(arguments: 0..<8)
    func `the script answers as the bucket in memory does, to the last part`(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        let server = try BucketServer(redis.connect(), saysTime: true)
        var store = SimulatedBuckets()
        var now: UInt64 = 1_760_000_000_000_000
        var codes: [Int64: Int] = [:]
        for count in 0..<2500 {
            let asks = asks(&dice)
            if now < 1 << 52 { now += step(asks, &dice) }
            // The server's clock may be set back.
            if dice.below(60) == 0 { now -= min(now / 2, step(asks, &dice)) }
            let expected = store.call(asks, at: now)
            let answer = try server.call(asks, at: now)
            #expect(answer.now == now)
            guard answer.results == expected else {
                Issue.record("step \(count): \(asks) at \(now): \(answer), not \(expected)")
                return
            }
            for result in expected { codes[result.code, default: 0] += 1 }
        }
        // All three kinds of answers were seen, often.
        #expect(codes.values.filter { $0 > 40 }.count == 3)
    }
}

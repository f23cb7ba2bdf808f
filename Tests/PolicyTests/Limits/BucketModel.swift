import Dice
import Policy

/// A token bucket as books describe it: a level that time raises and requests lower.
///
/// The level counts in tokens over the period, so that it is a whole number at each microsecond.
struct BucketModel {
    let rate: Rate
    let burst: UInt64
    private var level: Int128
    private var last: UInt64 = 0

    private var capacity: Int128 { worth(burst) }

    init(rate: Rate, burst: UInt64) {
        self.rate = rate
        self.burst = burst
        level = Int128(burst) * Int128(rate.period)
    }

    private func worth(_ cost: UInt64) -> Int128 { Int128(cost) * Int128(rate.period) }

    private func rounded(_ level: Int128, over divisor: Int128) -> UInt64 {
        level <= 0 ? 0 : UInt64((level + divisor - 1) / divisor)
    }

    /// A clock that goes back takes what it gave.
    private mutating func advance(to now: UInt64) {
        let raised = level + (Int128(now) - Int128(last)) * Int128(rate.count)
        level = max(0, min(capacity, raised))
        last = now
    }

    mutating func take(_ cost: UInt64, at now: UInt64) -> Bool {
        advance(to: now)
        guard level >= worth(cost) else { return false }
        level -= worth(cost)
        return true
    }

    mutating func giveBack(_ cost: UInt64, at now: UInt64) {
        advance(to: now)
        level = min(capacity, level + worth(cost))
    }

    mutating func charge(_ cost: UInt64, at now: UInt64) {
        advance(to: now)
        level = max(0, level - worth(cost))
    }

    func standing(at now: UInt64) -> BucketStanding {
        var copy = self
        copy.advance(to: now)
        guard copy.level < capacity else {
            return BucketStanding(remaining: burst, secondsToNext: 0)
        }
        let remaining = UInt64(copy.level / Int128(rate.period))
        let seconds = rounded(
            worth(remaining + 1) - copy.level, over: Int128(rate.count) * 1_000_000)
        return BucketStanding(remaining: remaining, secondsToNext: UInt32(clamping: seconds))
    }

    func wait(for cost: UInt64, at now: UInt64) -> UInt64 {
        var copy = self
        copy.advance(to: now)
        return rounded(worth(cost) - copy.level, over: Int128(rate.count))
    }
}

/// Rates that are hard on arithmetic, and bursts that they allow.
enum AwkwardRates {
    static let second: UInt64 = 1_000_000
    static let tenYears: UInt64 = 3652 * 86_400 * second

    static let all = [
        Rate(count: 7, period: 13 * second),
        Rate(count: 1_000_000_000, period: 60 * second),
        Rate(count: 999_999_937, period: 60 * second),
        Rate(count: 999_999_937, period: 366 * 86_400 * second),
        Rate(count: 1, period: 366 * 86_400 * second),
        Rate(count: 1, period: second),
        Rate(count: 100, period: second),
        Rate(count: 1001, period: 3600 * second),
        Rate(count: 3, period: second),
        Rate(count: 1_000_000_000, period: second),
    ]

    /// The largest burst that flows in within ten years.
    static func burstMax(_ rate: Rate) -> UInt64 {
        let tokens = Int128(tenYears) * Int128(rate.count) / Int128(rate.period)
        return UInt64(min(1_000_000_000, max(1, tokens)))
    }

    /// One as operators choose it, or any, or the largest.
    static func burst(of rate: Rate, _ dice: inout Dice) -> UInt64 {
        let most = burstMax(rate)
        switch dice.below(3) {
        case 0: return min(most, 1 + dice.below(20))
        case 1: return 1 + dice.below(most)
        default: return most
        }
    }
}

/// A bucket and its shape, asked by cost.
final class BucketSample {
    let shape: BucketShape
    var bucket = Bucket.untouched

    init(_ shape: BucketShape) { self.shape = shape }

    convenience init(_ rate: Rate, burst: UInt64) {
        self.init(BucketShape(rate: rate, burst: burst))
    }

    func take(_ cost: UInt64, at now: UInt64) -> Bool {
        bucket.take(shape.price(of: cost), of: shape, at: now)
    }

    func giveBack(_ cost: UInt64, at now: UInt64) {
        bucket.giveBack(shape.price(of: cost), of: shape, at: now)
    }

    func charge(_ cost: UInt64, at now: UInt64) {
        bucket.charge(shape.price(of: cost), of: shape, at: now)
    }

    func standing(at now: UInt64) -> BucketStanding { shape.standing(of: bucket, at: now) }

    func wait(for cost: UInt64, at now: UInt64) -> UInt64 {
        shape.wait(for: shape.price(of: cost), of: bucket, at: now)
    }
}

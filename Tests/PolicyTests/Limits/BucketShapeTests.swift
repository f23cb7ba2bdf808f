import Dice
import Testing

@testable import Policy

@Suite struct BucketShapeTests {
    @Test(arguments: AwkwardRates.all)
    func `prices are exact, and that of the burst is the span`(rate: Rate) {
        let burst = AwkwardRates.burstMax(rate)
        let shape = BucketShape(rate: rate, burst: burst)
        #expect(shape.price(of: burst) == shape.span)
        var dice = Dice(seed: 1)
        for cost in (0..<100).map({ _ in 1 + dice.below(burst) }) {
            let price = shape.price(of: cost)
            let parts =
                UInt128(price.whole) * UInt128(shape.denominator) + UInt128(price.part)
            #expect(
                parts * UInt128(rate.count) / UInt128(shape.denominator)
                    == UInt128(cost) * UInt128(rate.period))
            #expect(price.part < shape.denominator)
        }
    }

    @Test func `a rate is kept in lowest terms`() {
        let shape = BucketShape(rate: Rate(count: 1000, period: 3_600_000_000), burst: 10)
        #expect(shape.denominator == 1)
        #expect(shape.span == BucketTime(whole: 36_000_000, part: 0))
        let fine = BucketShape(rate: Rate(count: 1_000_000_000, period: 60_000_000), burst: 1)
        #expect(fine.denominator == 50)
        #expect(fine.span == BucketTime(whole: 0, part: 3))
        #expect(BucketShape(rate: Rate(count: 7, period: 1_000_000), burst: 1).denominator == 7)
    }

    @Test(arguments: AwkwardRates.all, [1, 2, 3, 7, 1000])
    func `what replicas let pass together is no more than one bucket, but for rounding`(
        rate: Rate, replicas: Int
    ) {
        let burst = min(100, AwkwardRates.burstMax(rate))
        let shape = BucketShape(rate: rate, burst: burst)
        let share = shape.divided(by: replicas, costMax: 1)
        #expect(share.burst == (burst + UInt64(replicas) - 1) / UInt64(replicas))
        // A token takes as many times as long.
        let token = shape.price(of: 1)
        let shareToken = share.price(of: 1)
        let parts =
            (UInt128(token.whole) * UInt128(shape.denominator) + UInt128(token.part))
            * UInt128(replicas)
        let shareParts =
            UInt128(shareToken.whole) * UInt128(share.denominator) + UInt128(shareToken.part)
        #expect(
            parts * UInt128(share.denominator) == shareParts * UInt128(shape.denominator))
    }

    @Test func `a share admits what a full bucket admits`() {
        let shape = BucketShape(rate: Rate(count: 100, period: 1_000_000), burst: 100)
        let sample = BucketSample(shape.divided(by: 10, costMax: 25))
        #expect(sample.shape.burst == 25)
        #expect(sample.take(25, at: 1))
    }

    @Test(arguments: AwkwardRates.all)
    func `the largest shares of the longest times overflow nothing`(rate: Rate) {
        let burst = AwkwardRates.burstMax(rate)
        let whole = BucketShape(rate: rate, burst: burst)
        let sample = BucketSample(whole.divided(by: 1000, costMax: burst))
        #expect(sample.shape.burst == burst)
        let now: UInt64 = 1 << 53
        #expect(sample.take(burst, at: now))
        #expect(!sample.take(1, at: now))
        let second = (sample.shape.price(of: 1).roundedUp + 999_999) / 1_000_000
        #expect(
            sample.standing(at: now)
                == BucketStanding(remaining: 0, secondsToNext: UInt32(clamping: second)))
        #expect(sample.wait(for: burst, at: now) == sample.shape.span.roundedUp)
        sample.giveBack(burst, at: now)
        #expect(sample.standing(at: now).remaining == burst)
        // What cannot be asked for is read as the most.
        #expect(sample.shape.price(of: .max) == sample.shape.span)
    }

    @Test(arguments: AwkwardRates.all, 0..<3)
    func `a bucket of another clock is full after the same time here`(rate: Rate, seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let burst = AwkwardRates.burst(of: rate, &dice)
        let shape = BucketShape(rate: rate, burst: burst)
        let share = shape.divided(by: 4, costMax: 1)
        let theirs: UInt64 = 1_760_000_000_000_000
        var remote = Bucket.untouched
        for _ in 0..<20 {
            _ = remote.take(shape.price(of: 1 + dice.below(burst)), of: shape, at: theirs)
            let local = share.bucket(fullAt: remote.full, by: theirs, at: 1000)
            let length = remote.full.roundedUp - theirs
            #expect(local.full.whole == 1000 + min(length, share.span.whole))
            #expect(!(share.empty(at: 1000) < local.full))
        }
        #expect(share.bucket(fullAt: .zero, by: theirs, at: 1000).isFull(at: 1000))
        let far = BucketTime(whole: .max - 1, part: 0)
        #expect(share.bucket(fullAt: far, by: theirs, at: 1000).full == share.empty(at: 1000))
    }

    @Test func `the time to the next token is never told too short`() {
        let sample = BucketSample(Rate(count: 1, period: 1_500_000), burst: 2)
        let expected: [(now: UInt64, remaining: UInt64, seconds: UInt32)] = [
            (1, 1, 2), (500_000, 1, 2), (500_001, 1, 1), (1_500_000, 1, 1), (1_500_001, 2, 0),
        ]
        #expect(sample.standing(at: 1).secondsToNext == 0)
        #expect(sample.take(1, at: 1))
        for (now, remaining, seconds) in expected {
            #expect(
                sample.standing(at: now)
                    == BucketStanding(remaining: remaining, secondsToNext: seconds))
        }
    }
}

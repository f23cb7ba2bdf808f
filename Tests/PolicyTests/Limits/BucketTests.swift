import Dice
import Testing

@testable import Policy

@Suite struct BucketTests {
    /// How far a step of a history goes: none, a little, around a token, around all, years.
    private func step(_ shape: BucketShape, _ dice: inout Dice) -> UInt64 {
        switch dice.below(8) {
        case 0: 0
        case 1: dice.below(3)
        case 2, 3: dice.below(shape.price(of: 1).whole &* 2 + 2)
        case 4, 5: dice.below(shape.span.whole / 4 + 2)
        case 6: dice.below(shape.span.whole &* 2 + 2)
        default: dice.below(AwkwardRates.tenYears)
        }
    }

    private func cost(_ burst: UInt64, _ dice: inout Dice) -> UInt64 {
        dice.below(2) == 0 ? 1 + dice.below(burst) : 1 + dice.below(min(3, burst))
    }

    @Test(arguments: AwkwardRates.all.indices, 0..<8)
    func `each answer is that of a bucket of tokens`(rate: Int, seed: Int) {
        var dice = Dice(seed: UInt64(seed * 100 + rate))
        let rate = AwkwardRates.all[rate]
        let burst = AwkwardRates.burst(of: rate, &dice)
        let sample = BucketSample(rate, burst: burst)
        var model = BucketModel(rate: rate, burst: burst)
        var now: UInt64 = 1 + dice.below(1 << 50)
        for _ in 0..<1000 {
            if now < 1 << 52 { now += step(sample.shape, &dice) }
            // Clocks of other machines may be set back.
            if dice.below(50) == 0 { now -= min(now, step(sample.shape, &dice)) }
            let cost = cost(burst, &dice)
            switch dice.below(6) {
            case 0...2:
                let expected = model.take(cost, at: now)
                #expect(sample.take(cost, at: now) == expected)
            case 3:
                sample.giveBack(cost, at: now)
                model.giveBack(cost, at: now)
            case 4:
                sample.charge(cost, at: now)
                model.charge(cost, at: now)
            default: break
            }
            #expect(sample.standing(at: now) == model.standing(at: now))
            #expect(sample.wait(for: cost, at: now) == model.wait(for: cost, at: now))
            #expect(sample.bucket.full.part < sample.shape.denominator)
        }
    }

    @Test(arguments: AwkwardRates.all)
    func `a full bucket gives its burst at once and a token in its time`(rate: Rate) {
        let burst = min(50, AwkwardRates.burstMax(rate))
        let sample = BucketSample(rate, burst: burst)
        var now: UInt64 = 5_000_000
        for _ in 0..<burst { #expect(sample.take(1, at: now)) }
        for _ in 0..<5 {
            #expect(!sample.take(1, at: now))
            let wait = sample.wait(for: 1, at: now)
            #expect(wait > 0)
            #expect(!sample.take(1, at: now + wait - 1))
            #expect(sample.take(1, at: now + wait))
            now += wait
            // A microsecond may bring more than one token.
            while sample.take(1, at: now) {}
        }
    }

    @Test func `what is admitted over an hour is the burst and the rate`() {
        let sample = BucketSample(Rate(count: 7, period: 13_000_000), burst: 5)
        var admitted = 0
        // From the first request on: what flowed in before found a full bucket.
        var now: UInt64 = 1_000_000
        while now <= 1_000_000 + 13_000_000 * 300 {
            if sample.take(1, at: now) { admitted += 1 }
            now += 1000
        }
        #expect(admitted == 5 + 7 * 300)
    }

    @Test func `a refused take changes nothing for later ones`() {
        let sample = BucketSample(Rate(count: 1, period: 1_000_000), burst: 3)
        #expect(sample.take(3, at: 100))
        let spent = sample.bucket
        for now: UInt64 in 100..<200 { #expect(!sample.take(1, at: now)) }
        #expect(sample.bucket == spent)
    }

    @Test func `nothing that is given back makes a bucket more than full`() {
        let sample = BucketSample(Rate(count: 1, period: 1_000_000), burst: 3)
        sample.giveBack(3, at: 1000)
        #expect(sample.bucket.isFull(at: 1000))
        #expect(sample.take(3, at: 1000))
        #expect(!sample.take(1, at: 1000))
    }

    @Test func `what no bucket can be is read as empty, and fills in its time`() {
        for full in [UInt64.max, 1 << 60, 26_000_002] {
            let sample = BucketSample(Rate(count: 7, period: 13_000_000), burst: 14)
            sample.bucket = Bucket(full: BucketTime(whole: full, part: 6))
            #expect(sample.standing(at: 1).remaining == 0)
            #expect(!sample.take(1, at: 1))
            #expect(sample.bucket.full == BucketTime(whole: 26_000_001, part: 0))
            #expect(sample.standing(at: 26_000_001).remaining == 14)
        }
    }

    @Test func `times are ordered by the whole, then by the part`() {
        let times = [(0, 0), (0, 1), (1, 0), (1, 5), (2, 0)].map {
            BucketTime(whole: $0, part: $1)
        }
        for (index, one) in times.enumerated() {
            for (otherIndex, other) in times.enumerated() {
                #expect((one < other) == (index < otherIndex))
            }
        }
    }
}

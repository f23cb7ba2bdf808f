import Dice
import Testing

@testable import Policy

/// How a table fares with as many keys as it is for, and with more.
@Suite struct BucketTableFloodTests {
    private static let shape = BucketShape(rate: Rate(count: 10, period: 60_000_000), burst: 10)

    /// Kinds of keys: tags, addresses one after another, networks one after another.
    private static func key(_ kind: Int, _ number: Int, _ dice: inout Dice) -> BucketKey {
        switch kind {
        case 0: BucketKey(low: dice.next(), high: dice.next())
        case 1: BucketKey(low: 0x0a00_0000 + UInt64(number), high: 0)
        default: BucketKey(low: UInt64(number) << 32, high: 0x2001_0db8_0000_0000)
        }
    }

    @Test(arguments: 0..<3, [1, 10, 100, 511, 512, 5000, 100_000])
    func `as many live keys as a table is for find a place, but for one in a thousand`(
        kind: Int, keyCount: Int
    ) {
        var dice = Dice(seed: UInt64(keyCount))
        let table = BucketTable(shape: Self.shape, keyCountMax: keyCount, seed: dice.next())
        var unplaced = 0
        for number in 0..<keyCount {
            let key = Self.key(kind, number, &dice)
            if table.take(key, Self.shape.price(of: 1), at: 9).isAggregate { unplaced += 1 }
        }
        #expect(table.usedCount == keyCount - unplaced)
        #expect(unplaced <= keyCount / 1000)
        if keyCount <= 5000 { #expect(table.brokenInvariant() == nil) }
    }

    @Test(arguments: 0..<3)
    func `a flood of newcomers neither refills a spent bucket nor grows`(kind: Int) {
        var dice = Dice(seed: UInt64(kind))
        let table = BucketTable(shape: Self.shape, keyCountMax: 1000, seed: dice.next())
        let one = Self.shape.price(of: 1)
        let spent = (0..<100).map { BucketKey(low: $0, high: .max) }
        for key in spent {
            while table.take(key, one, at: 1000).isAdmitted {}
        }
        let slotCount = table.slotCount
        var unplacedAdmissions = 0
        for number in 0..<12_000 {
            let key = Self.key(kind, number, &dice)
            let reading = table.take(key, one, at: 1000)
            if reading.isAggregate, reading.isAdmitted { unplacedAdmissions += 1 }
        }
        for key in spent { #expect(!table.take(key, one, at: 1000).isAdmitted) }
        // All those without a place shared one bucket.
        #expect(unplacedAdmissions == 10)
        #expect(table.aggregateUseCount > 8000)
        #expect(table.slotCount == slotCount)
        #expect(table.usedCount <= slotCount)
        #expect(table.brokenInvariant() == nil)
        // Once they are full the flood's buckets make place.
        let later: UInt64 = 1000 + 61_000_000
        for number in 0..<900 {
            let key = BucketKey(low: UInt64(number), high: 1 << 40)
            #expect(!table.take(key, one, at: later).isAggregate)
        }
        #expect(table.brokenInvariant() == nil)
    }

    @Test(arguments: 0..<3)
    func `clients that come once leave ways short`(kind: Int) {
        var dice = Dice(seed: UInt64(kind))
        let table = BucketTable(shape: Self.shape, keyCountMax: 2000, seed: dice.next())
        // All slots in use first, by buckets that are full soon after.
        for number in 0..<40_000 {
            _ = table.take(Self.key(0, number, &dice), Self.shape.price(of: 1), at: 1000)
        }
        #expect(table.usedCount > table.slotCount * 9 / 10)
        var now: UInt64 = 7_000_000
        for number in 0..<30_000 {
            let reading = table.take(
                Self.key(kind, number, &dice), Self.shape.price(of: 1), at: now)
            #expect(!reading.isAggregate)
            // Six seconds until one is full again: 60 live keys at a time.
            now += 100_000
        }
        #expect(table.missWayMean < 8)
        #expect(table.brokenInvariant() == nil)
    }

    @Test func `an entry that is full stays its key's until another takes it`() {
        let table = BucketTable(shape: Self.shape, keyCountMax: 10)
        let key = BucketKey(low: 1, high: 2)
        for turn in 0..<10 {
            let now = 1000 + UInt64(turn) * 100_000_000
            #expect(table.take(key, Self.shape.span, at: now).isAdmitted)
            #expect(!table.take(key, Self.shape.span, at: now).isAdmitted)
        }
        #expect(table.usedCount == 1)
    }
}

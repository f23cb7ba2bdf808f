import Dice
import Testing

@testable import Policy

@Suite struct BucketTableTests {
    private static let shape = BucketShape(rate: Rate(count: 7, period: 13_000_000), burst: 5)

    /// One step of a history, done to both; the time passes by up to a token's.
    private func step(
        _ table: BucketTable, _ model: inout BucketTableModel, _ number: UInt64, at now: UInt64,
        _ dice: inout Dice
    ) {
        let shape = model.shape
        let key = BucketTableModel.key(number)
        let price = shape.price(of: 1 + dice.below(3))
        let looked = table.look(key, price, at: now)
        let isAggregate = looked.isAggregate
        if isAggregate { #expect(model.mayBeGone(number, at: now)) }
        let expected = isAggregate ? model.aggregate : model[number]
        #expect(
            shape.standing(of: looked.bucket, at: now)
                == shape.standing(of: expected, at: now))
        #expect(
            looked.isAdmitted == (shape.wait(for: price, of: expected, at: now) == 0))
        switch dice.below(8) {
        case 0:
            table.giveBack(key, price, at: now)
            if isAggregate { return }
            model.change(number, isAggregate: false) {
                $0.giveBack(price, of: shape, at: now)
            }
        case 1:
            table.charge(key, price, at: now)
            model.change(number, isAggregate: isAggregate) {
                $0.charge(price, of: shape, at: now)
            }
        case 2:
            let full = now + dice.below(shape.span.whole)
            let other = Bucket(full: BucketTime(whole: full, part: 1))
            table.raise(key, to: other, at: now)
            if isAggregate { return }
            model.change(number, isAggregate: false) { $0.raise(to: other) }
        default:
            let reading = table.take(key, price, at: now)
            #expect(reading.isAggregate == isAggregate)
            let (isAdmitted, bucket) = model.change(number, isAggregate: isAggregate) {
                ($0.take(price, of: shape, at: now), $0)
            }
            #expect(reading.isAdmitted == isAdmitted)
            #expect(reading.bucket == bucket)
        }
    }

    @Test(arguments: 0..<12)
    func `every bucket is that of a dictionary that forgets nothing`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let keyCount = [3, 40, 300, 3000][seed % 4]
        let table = BucketTable(
            shape: Self.shape, keyCountMax: [1, 20, 600, 2000][seed % 4], seed: dice.next())
        var model = BucketTableModel(shape: Self.shape)
        var now: UInt64 = 1000
        // From all buckets being full soon to hardly any.
        let pace = Self.shape.span.whole / [2, 20, 200][seed % 3]
        for count in 0..<3000 {
            now += dice.below(pace)
            step(table, &model, dice.below(UInt64(keyCount)), at: now, &dice)
            if count % 500 == 499 { #expect(table.brokenInvariant() == nil) }
        }
        for number in model.numbers(notFullAt: now) {
            let reading = table.look(BucketTableModel.key(number), .zero, at: now)
            #expect(!reading.isAggregate)
            #expect(reading.bucket == model[number])
        }
    }

    @Test(arguments: 0..<6)
    func `keys that come and go crowd nobody out`(seed: Int) {
        // One shard and more keys than slots.
        var dice = Dice(seed: UInt64(seed))
        let table = BucketTable(shape: Self.shape, keyCountMax: 32, seed: dice.next())
        var model = BucketTableModel(shape: Self.shape)
        var now: UInt64 = 1000
        for count in 0..<4000 {
            // A rush, and a lull in which most become full.
            now += count % 1000 < 700 ? dice.below(20_000) : dice.below(500_000)
            step(table, &model, dice.below(2000), at: now, &dice)
            if count % 100 == 99 { #expect(table.brokenInvariant() == nil) }
        }
        #expect(table.aggregateUseCount > 0)
    }

    @Test func `a key that is all zeros is a key`() {
        let table = BucketTable(shape: Self.shape, keyCountMax: 10)
        let zero = BucketKey(low: 0, high: 0)
        let all = Self.shape.span
        #expect(table.take(zero, all, at: 5).isAdmitted)
        #expect(!table.take(zero, all, at: 5).isAdmitted)
        #expect(table.usedCount == 1)
        #expect(table.take(BucketKey(low: 0, high: 1), all, at: 5).isAdmitted)
    }

    @Test func `looking takes nothing and leaves no entry`() {
        let table = BucketTable(shape: Self.shape, keyCountMax: 10)
        let key = BucketKey(low: 1, high: 1)
        for _ in 0..<3 { #expect(table.look(key, Self.shape.span, at: 5).isAdmitted) }
        #expect(table.usedCount == 0)
        table.giveBack(key, Self.shape.span, at: 5)
        table.raise(key, to: .untouched, at: 5)
        #expect(table.usedCount == 0)
    }

    @Test func `a loop whose clock is behind gives nobody tokens`() {
        let shape = BucketShape(rate: Rate(count: 1000, period: 1_000_000), burst: 10)
        let table = BucketTable(shape: shape, keyCountMax: 10)
        let key = BucketKey(low: 1, high: 1)
        let price = shape.price(of: 1)
        var admitted = 0
        // One loop is 50 ms behind, which are 50 tokens.
        for _ in 0..<100 {
            if table.take(key, price, at: 1_000_000).isAdmitted { admitted += 1 }
            if table.take(key, price, at: 950_000).isAdmitted { admitted += 1 }
        }
        #expect(admitted == 10)
    }

    @Test func `what another store says makes a bucket emptier, never fuller`() {
        let table = BucketTable(shape: Self.shape, keyCountMax: 10)
        let key = BucketKey(low: 1, high: 1)
        let two = Self.shape.price(of: 2)
        #expect(table.take(key, two, at: 5).isAdmitted)
        table.raise(key, to: .untouched, at: 5)
        #expect(Self.shape.standing(of: table.look(key, two, at: 5).bucket, at: 5).remaining == 3)
        table.raise(key, to: Bucket(full: Self.shape.empty(at: 5)), at: 5)
        #expect(!table.take(key, two, at: 5).isAdmitted)
    }

    @Test func `loops that race for one key get its burst together`() async {
        let shape = BucketShape(rate: Rate(count: 1, period: 1_000_000), burst: 10_000)
        let table = BucketTable(shape: shape, keyCountMax: 1000)
        let price = shape.price(of: 1)
        let admitted = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var counts = [0, 0, 0]
                    for turn in 0..<18_000 {
                        let key = BucketKey(low: UInt64(turn % 3), high: 9)
                        if table.take(key, price, at: 77).isAdmitted { counts[turn % 3] += 1 }
                    }
                    return counts
                }
            }
            return await group.reduce(into: [0, 0, 0]) { sum, counts in
                for index in 0..<3 { sum[index] += counts[index] }
            }
        }
        #expect(admitted == [10_000, 10_000, 10_000])
    }
}

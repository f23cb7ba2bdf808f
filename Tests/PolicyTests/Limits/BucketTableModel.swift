import Dice
import Policy

/// A table as a dictionary, which forgets nothing.
///
/// Whether a newcomer found a place is the table's to say; that it was a newcomer is not.
struct BucketTableModel {
    let shape: BucketShape
    private var buckets: [UInt64: Bucket] = [:]
    private(set) var aggregate = Bucket.untouched

    init(shape: BucketShape) { self.shape = shape }

    static func key(_ number: UInt64) -> BucketKey {
        BucketKey(low: number & 7, high: number)
    }

    subscript(_ number: UInt64) -> Bucket { buckets[number] ?? .untouched }

    /// Whether the table may have no entry of a key.
    func mayBeGone(_ number: UInt64, at now: UInt64) -> Bool { self[number].isFull(at: now) }

    mutating func change<Result>(
        _ number: UInt64, isAggregate: Bool, _ body: (inout Bucket) -> Result
    ) -> Result {
        if isAggregate { return body(&aggregate) }
        return body(&buckets[number, default: .untouched])
    }

    func numbers(notFullAt now: UInt64) -> [UInt64] {
        buckets.filter { !$0.value.isFull(at: now) }.map(\.key)
    }
}

extension BucketTable {
    /// A table whose secret is the same in every run.
    convenience init(shape: BucketShape, keyCountMax: Int, seed: UInt64 = 1) {
        var dice = Dice(seed: seed)
        self.init(shape: shape, keyCountMax: keyCountMax, secret: (dice.next(), dice.next()))
    }
}

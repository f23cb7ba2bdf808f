import Synchronization

/// The buckets of a limit in this process, by key, shared by all loops.
///
/// Memory is settled when the table is made and never grows; slots that nobody used are not
/// resident. Keys are spread over shards, each behind a lock that is held for a hundred
/// instructions, so that loops seldom meet at one.
///
/// Only buckets that are full give way to newcomers: nobody gets a spent bucket refilled by
/// crowding it out. Who finds no place takes from the table's *aggregate*, one bucket of the same
/// shape for all of them. They share a rate then, which is less than each would have, and never
/// more.
///
/// - Invariant: what is taken of a key since its bucket was full is never forgotten before it is
///   full again.
package final class BucketTable: Sendable {
    private static let shardCountMax = 64
    /// Keys that make another shard worth its lock; their numbers also even out over shards.
    private static let shardKeyCount = 256
    /// The least slots of a shard.
    private static let homeCountMin = 64

    package let shape: BucketShape
    /// Shards in use, a power of two, less one.
    private let shardMask: UInt64
    /// The guards of all shards; those beyond the mask are of one slot and never used.
    private let shards: InlineArray<64, Mutex<BucketShard>>
    private let aggregate: Mutex<Aggregate>
    private let secret: (UInt64, UInt64)

    /// - Parameters:
    ///   - shape: Of all buckets.
    ///   - keyCountMax: Keys that practically all find a place, if none is full: 1 to 16 777 216.
    ///     They take 64 bytes each at most.
    ///   - secret: Bits of this process that nobody else knows.
    package init(shape: BucketShape, keyCountMax: Int, secret: (UInt64, UInt64)) {
        precondition(keyCountMax > 0 && keyCountMax <= 1 << 24, "a table has 1 to 2^24 keys")
        var shardCount = 1
        while shardCount < Self.shardCountMax, keyCountMax >= shardCount * 2 * Self.shardKeyCount {
            shardCount *= 2
        }
        let keyCount = (keyCountMax + shardCount - 1) / shardCount
        let homeCount = max(Self.homeCountMin, keyCount * 2)
        self.shape = shape
        self.secret = secret
        shardMask = UInt64(shardCount - 1)
        shards = InlineArray { index in
            Mutex(BucketShard(homeCount: index < shardCount ? homeCount : 1))
        }
        aggregate = Mutex(Aggregate())
    }

    /// Takes from a key's bucket, if the price is there.
    ///
    /// - Parameters:
    ///   - price: By the table's ``shape``.
    ///   - now: Microseconds of the monotonic clock, below 2⁵³. Loops need not agree: the latest
    ///     that any of them said holds.
    package func take(_ key: BucketKey, _ price: BucketTime, at now: UInt64) -> BucketReading {
        let place = key.place(by: secret)
        let reading = shards[shard(of: place)].withLock { shard in
            shard.take(key, at: place, price, of: shape, now: now)
        }
        return reading ?? takeFromAggregate(price, at: now)
    }

    @inline(never)
    private func takeFromAggregate(_ price: BucketTime, at now: UInt64) -> BucketReading {
        aggregate.withLock { aggregate in
            let now = aggregate.advance(to: now)
            let isAdmitted = aggregate.bucket.take(price, of: shape, at: now)
            aggregate.useCount &+= 1
            return BucketReading(
                isAdmitted: isAdmitted, bucket: aggregate.bucket, isAggregate: true)
        }
    }

    /// Tells whether a price is there, and takes nothing.
    package func look(_ key: BucketKey, _ price: BucketTime, at now: UInt64) -> BucketReading {
        let place = key.place(by: secret)
        let reading = shards[shard(of: place)].withLock { shard in
            shard.look(key, at: place, price, of: shape, now: now)
        }
        if let reading { return reading }
        return aggregate.withLock { aggregate in
            let now = aggregate.advance(to: now)
            let wait = shape.wait(for: price, of: aggregate.bucket, at: now)
            return BucketReading(
                isAdmitted: wait == 0, bucket: aggregate.bucket, isAggregate: true)
        }
    }

    /// Undoes a ``take(_:_:at:)``.
    ///
    /// The bucket of a key that is gone is full already; what the aggregate gave stays given.
    package func giveBack(_ key: BucketKey, _ price: BucketTime, at now: UInt64) {
        let place = key.place(by: secret)
        shards[shard(of: place)].withLock { shard in
            shard.giveBack(key, at: place, price, of: shape, now: now)
        }
    }

    /// Takes as much of the price as is there.
    package func charge(_ key: BucketKey, _ price: BucketTime, at now: UInt64) {
        let place = key.place(by: secret)
        let isCharged = shards[shard(of: place)].withLock { shard in
            shard.charge(key, at: place, price, of: shape, now: now)
        }
        if isCharged { return }
        aggregate.withLock { aggregate in
            let now = aggregate.advance(to: now)
            aggregate.bucket.charge(price, of: shape, at: now)
        }
    }

    /// Has a key's bucket be full no earlier than another: it may become emptier, never fuller.
    ///
    /// A key that finds no place is left out.
    ///
    /// - Parameter bucket: Of the table's ``shape`` and clock, as
    ///   ``BucketShape/bucket(fullAt:by:at:)`` makes it.
    package func raise(_ key: BucketKey, to bucket: Bucket, at now: UInt64) {
        let place = key.place(by: secret)
        shards[shard(of: place)].withLock { shard in
            shard.raise(key, at: place, to: bucket, now: now)
        }
    }

    /// How often newcomers found no place and took from the aggregate.
    package var aggregateUseCount: UInt64 { aggregate.withLock { $0.useCount } }

    /// Slots that hold a bucket, those among them that have become full since.
    package var usedCount: Int {
        (0...Int(shardMask)).reduce(0) { $0 + shards[$1].withLock { $0.usedCount } }
    }

    /// Slots that there are.
    var slotCount: Int {
        (0...Int(shardMask)).reduce(0) { $0 + shards[$1].withLock { $0.slotCount } }
    }

    /// Slots that a search for a key that is not there looks at in the mean: for tests.
    var missWayMean: Double {
        let total = (0...Int(shardMask)).reduce(0) {
            $0 + shards[$1].withLock { $0.missWayTotal }
        }
        return Double(total) / Double(slotCount)
    }

    /// Bits of the place that its home in the shard hardly depends on, which the high ones decide.
    @inline(__always) private func shard(of place: UInt64) -> Int {
        Int(truncatingIfNeeded: place & shardMask)
    }

    /// What is wrong with the table, if anything: for tests.
    func brokenInvariant() -> String? {
        for index in 0...Int(shardMask) {
            let problem = shards[index].withLock { shard in
                shard.brokenInvariant(by: secret) { self.shard(of: $0) == index }
            }
            if let problem { return "shard \(index), \(problem)" }
        }
        return nil
    }
}

/// What became of a take, and the bucket behind it.
package struct BucketReading: Sendable, Equatable {
    /// Whether the price is there, and is taken if it was to be.
    package let isAdmitted: Bool
    /// Afterwards.
    package let bucket: Bucket
    /// Whether it is the bucket of all who found no place.
    package let isAggregate: Bool

    package init(isAdmitted: Bool, bucket: Bucket, isAggregate: Bool) {
        self.isAdmitted = isAdmitted
        self.bucket = bucket
        self.isAggregate = isAggregate
    }
}

/// The one bucket of those without a place.
private struct Aggregate {
    var bucket = Bucket.untouched
    var useCount: UInt64 = 0
    var latest: UInt64 = 0

    mutating func advance(to now: UInt64) -> UInt64 {
        latest = max(latest, now)
        return latest
    }
}

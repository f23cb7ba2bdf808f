import Bytes

/// A part of a ``BucketTable``: buckets by open addressing, found by linear probing from the slot
/// that a key's place names, its home.
///
/// - Invariant: a key stands within ``window`` slots from its home, once; no slot between the two
///   was never used. So a never-used slot ends every search, and so does the window.
///
/// A bucket that is full says nothing more than no bucket, so that its entry is free to be taken
/// over. That alone would let searches for newcomers grow: in a table whose clients come once all
/// slots are used soon, and each search would run through a window of the dead. Therefore a search
/// that did not find its key takes over the first such entry on its way and takes out a second one,
/// closing the gap with entries from behind that belong nearer to their home. With a way of more
/// than one dead entry the table gets emptier by each newcomer, so that ways stay short.
struct BucketShard: ~Copyable {
    /// Slots that a key may stand in, from its home on.
    static let window = 32

    private var slots: ZeroedSlots<BucketEntry>
    /// Slots that are a home: those behind them are the windows of the last.
    private let homeCount: UInt64
    /// The latest instant that anybody said.
    ///
    /// Each loop reads the clock for itself, once a turn. A bucket that is seen by one that is
    /// behind would be cut to what can be at its instant, and so be given tokens.
    private var latest: UInt64 = 0
    /// Slots that are no longer never-used.
    private(set) var usedCount = 0
    var slotCount: Int { slots.count }

    init(homeCount: Int) {
        self.homeCount = UInt64(homeCount)
        slots = ZeroedSlots(count: homeCount + Self.window - 1)
    }

    /// Takes from the key's bucket, a full one if there is none.
    ///
    /// - Returns: `nil` if the key has none and there is no place for one.
    @inline(__always)
    mutating func take(
        _ key: BucketKey, at place: UInt64, _ price: BucketTime, of shape: borrowing BucketShape,
        now: UInt64
    ) -> BucketReading? {
        let now = advance(to: now)
        let home = home(of: place)
        var index = find(key, home)
        if index < 0 {
            index = settle(key, home, at: now)
            if index < 0 { return nil }
        }
        var bucket = slots[index].bucket
        let isAdmitted = bucket.take(price, of: shape, at: now)
        slots[index].bucket = bucket
        return BucketReading(isAdmitted: isAdmitted, bucket: bucket, isAggregate: false)
    }

    /// What a ``take(_:at:_:of:now:)`` would say, without taking.
    func look(
        _ key: BucketKey, at place: UInt64, _ price: BucketTime, of shape: BucketShape, now: UInt64
    ) -> BucketReading? {
        let now = max(now, latest)
        let home = home(of: place)
        let index = find(key, home)
        if index < 0, !hasPlace(home, at: now) { return nil }
        let bucket = index < 0 ? Bucket.untouched : slots[index].bucket
        return BucketReading(
            isAdmitted: shape.wait(for: price, of: bucket, at: now) == 0, bucket: bucket,
            isAggregate: false)
    }

    /// Gives back to the key's bucket, if it has one.
    mutating func giveBack(
        _ key: BucketKey, at place: UInt64, _ price: BucketTime, of shape: BucketShape, now: UInt64
    ) {
        let now = advance(to: now)
        let index = find(key, home(of: place))
        guard index >= 0 else { return }
        slots[index].bucket.giveBack(price, of: shape, at: now)
    }

    /// Charges the key's bucket, a full one if there is none.
    ///
    /// - Returns: `false` if the key has none and there is no place for one.
    mutating func charge(
        _ key: BucketKey, at place: UInt64, _ price: BucketTime, of shape: BucketShape, now: UInt64
    ) -> Bool {
        let now = advance(to: now)
        let home = home(of: place)
        var index = find(key, home)
        if index < 0 { index = settle(key, home, at: now) }
        guard index >= 0 else { return false }
        slots[index].bucket.charge(price, of: shape, at: now)
        return true
    }

    /// Empties the key's bucket to what another one says, if that is emptier.
    mutating func raise(_ key: BucketKey, at place: UInt64, to bucket: Bucket, now: UInt64) {
        let now = advance(to: now)
        let home = home(of: place)
        var index = find(key, home)
        if index < 0 {
            // A full one is the same as none.
            if bucket.isFull(at: now) { return }
            index = settle(key, home, at: now)
        }
        guard index >= 0 else { return }
        slots[index].bucket.raise(to: bucket)
    }

    @inline(__always) private mutating func advance(to now: UInt64) -> UInt64 {
        if now > latest { latest = now }
        return latest
    }

    @inline(__always) private func home(of place: UInt64) -> Int {
        Int(truncatingIfNeeded: place.multipliedFullWidth(by: homeCount).high)
    }

    /// The slot where a key stands, or -1.
    @inline(__always) private func find(_ key: BucketKey, _ home: Int) -> Int {
        var index = home
        let end = home &+ Self.window
        while index < end {
            let entry = slots[index]
            if entry.key == key, entry.isUsed { return index }
            if !entry.isUsed { return -1 }
            index &+= 1
        }
        return -1
    }

    /// Whether a key that stands nowhere could be placed.
    private func hasPlace(_ home: Int, at now: UInt64) -> Bool {
        (home..<home &+ Self.window).contains { index in
            !slots[index].isUsed || slots[index].bucket.isFull(at: now)
        }
    }

    /// Places a key that stands nowhere, with a full bucket.
    ///
    /// - Returns: Its slot, or -1 if all of its window are taken by buckets that are not full.
    @inline(never)
    private mutating func settle(_ key: BucketKey, _ home: Int, at now: UInt64) -> Int {
        var place = -1
        var dead = -1
        var index = home
        while index < home &+ Self.window {
            let entry = slots[index]
            if !entry.isUsed {
                if place < 0 {
                    place = index
                    usedCount &+= 1
                }
                break
            }
            if entry.bucket.isFull(at: now) {
                if place >= 0 {
                    dead = index
                    break
                }
                place = index
            }
            index &+= 1
        }
        guard place >= 0 else { return -1 }
        // The distance is below the window.
        slots[place] = BucketEntry(
            key: key, distance: UInt32(truncatingIfNeeded: place &- home), bucket: .untouched)
        // What moves stands behind the dead one, which is behind the place.
        if dead >= 0 { remove(dead) }
        return place
    }

    /// Makes a used slot a never-used one, keeping the invariant: entries behind it that may stand
    /// there move up, each leaving the gap where it stood.
    ///
    /// None further behind than a window has its home at or before the gap.
    private mutating func remove(_ index: Int) {
        var gap = index
        var next = index &+ 1
        while next < slots.count, next &- gap < Self.window {
            let entry = slots[next]
            guard entry.isUsed else { break }
            if let moved = entry.nearer(by: next &- gap) {
                slots[gap] = moved
                gap = next
            }
            next &+= 1
        }
        slots[gap] = .neverUsed
        usedCount &-= 1
    }
}

/// A key and its bucket; all zeros if the slot was never used.
///
/// - Size: 32 bytes, two to a line of the cache.
private struct BucketEntry: BitwiseCopyable {
    let key: BucketKey
    private var whole: UInt64
    private var part: UInt32
    /// Slots from the key's home on, plus one; 0 in a slot that was never used.
    private var mark: UInt32

    static let neverUsed = BucketEntry(
        key: BucketKey(low: 0, high: 0), mark: 0, bucket: .untouched)

    init(key: BucketKey, distance: UInt32, bucket: Bucket) {
        self.init(key: key, mark: distance &+ 1, bucket: bucket)
    }

    private init(key: BucketKey, mark: UInt32, bucket: Bucket) {
        self.key = key
        self.mark = mark
        whole = bucket.full.whole
        part = bucket.full.part
    }

    @inline(__always) var isUsed: Bool { mark != 0 }
    @inline(__always) var distance: Int { Int(mark) &- 1 }

    @inline(__always) var bucket: Bucket {
        get { Bucket(full: BucketTime(whole: whole, part: part)) }
        set {
            whole = newValue.full.whole
            part = newValue.full.part
        }
    }

    /// The entry so many slots nearer to its home, unless that is before it.
    func nearer(by step: Int) -> BucketEntry? {
        guard distance >= step else { return nil }
        return BucketEntry(key: key, mark: mark &- UInt32(step), bucket: bucket)
    }
}

extension BucketShard {
    /// Slots that searches for keys that are not there look at, one from each home: for tests.
    var missWayTotal: Int {
        (0..<Int(homeCount)).reduce(0) { total, home in
            let window = home..<home + Self.window
            return total + (window.first { !slots[$0].isUsed }.map { $0 - home + 1 } ?? Self.window)
        }
    }

    /// What is wrong with the shard, if anything: for tests.
    func brokenInvariant(by secret: (UInt64, UInt64), places: (UInt64) -> Bool) -> String? {
        var count = 0
        for index in 0..<slots.count where slots[index].isUsed {
            count += 1
            let entry = slots[index]
            let place = entry.key.place(by: secret)
            let home = home(of: place)
            if !places(place) { return "slot \(index): a key of another shard" }
            if index - home != entry.distance { return "slot \(index): not \(entry.distance) off" }
            if entry.distance >= Self.window { return "slot \(index): beyond its window" }
            if !(home..<index).allSatisfy({ slots[$0].isUsed }) {
                return "slot \(index): not to be found from slot \(home)"
            }
            if find(entry.key, home) != index { return "slot \(index): a key that stands twice" }
        }
        return count == usedCount ? nil : "\(count) slots used, not \(usedCount)"
    }
}

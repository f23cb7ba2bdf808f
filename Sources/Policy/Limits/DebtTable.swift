package import Bytes
package import Crypto

/// What a loop let pass by itself while the store was away, and is to be charged there.
package struct Debt: Sendable, Equatable {
    /// The limit's index in its snapshot.
    package let limit: Int
    /// Of the bucket here that let it pass.
    package let key: BucketKey
    /// Tokens.
    package let cost: UInt64

    package init(limit: Int, key: BucketKey, cost: UInt64) {
        self.limit = limit
        self.key = key
        self.cost = cost
    }
}

/// Debts by limit and text, one for each, so that an outage costs memory by its clients and not by
/// its requests, and no more than was settled at start.
///
/// The text is that part of the store's key in which keys of one limit differ: those of two limits
/// may have it in common.
///
/// Debts stand densely, in the order in which they came but for those taken out; an index of twice
/// as many places finds them by the tag of their text.
///
/// - Invariant: each of the first ``count`` debts is in the index once, no other is, and no place
///   between it and its home is free.
/// - Size: 208 bytes a debt and 8 to 16 of the index, resident only when used.
package struct DebtTable: ~Copyable {
    /// Longer keys are not written down.
    package static var textBytesMax: Int { 160 }

    private var debts: ZeroedSlots<DebtEntry>
    /// Indices of debts, plus one; 0 for a free place.
    private var index: ZeroedSlots<UInt32>
    /// Places of the index, a power of two, less one.
    private let mask: Int
    private let capacity: Int
    private let key: SipHash.Key
    /// Debts that are written down.
    package private(set) var count = 0
    /// Debts that were not, for want of room.
    package private(set) var droppedCount: UInt64 = 0

    /// - Parameters:
    ///   - capacity: 1 to 2²⁰ debts.
    ///   - key: Secret bits of this process.
    package init(capacity: Int, key: SipHash.Key) {
        precondition(capacity > 0 && capacity <= 1 << 20, "a table has 1 to 2^20 debts")
        self.capacity = capacity
        self.key = key
        debts = ZeroedSlots(count: capacity)
        var places = 2
        while places < capacity * 2 { places *= 2 }
        index = ZeroedSlots(count: places)
        mask = places - 1
    }

    /// Adds to a key's debt.
    ///
    /// - Parameters:
    ///   - text: 1 to ``textBytesMax`` bytes.
    ///   - burst: What the debt never exceeds: more is in no bucket to be taken.
    /// - Returns: `false` if it is not written down, for want of room.
    package mutating func add(
        _ debt: Debt, text: borrowing Span<UInt8>, burst: UInt64
    ) -> Bool {
        guard text.count > 0, text.count <= Self.textBytesMax else { return drop() }
        let tag = SipHash.tag(of: text, by: key)
        var place = home(of: tag)
        while index[place] != 0 {
            let at = Int(index[place]) &- 1
            if debts[at].isOf(tag, debt.limit) {
                debts[at].add(debt.cost, upTo: burst)
                return true
            }
            place = (place &+ 1) & mask
        }
        guard count < capacity else { return drop() }
        debts[count] = DebtEntry(tag: tag, debt, text: text)
        debts[count].add(debt.cost, upTo: burst)
        count &+= 1
        index[place] = UInt32(truncatingIfNeeded: count)
        return true
    }

    /// Takes out the debt that was written down last.
    ///
    /// One that could not be charged is added again.
    ///
    /// - Parameter text: Gets the debt's text appended.
    package mutating func takeNext(_ text: inout Buffer) -> Debt? {
        guard count > 0 else { return nil }
        let last = debts[count &- 1]
        remove(at: count &- 1, home(of: last.tag))
        count &-= 1
        last.write(to: &text)
        return Debt(limit: Int(last.limit), key: last.key, cost: last.cost)
    }

    /// Indices of the limits of all debts; allocates.
    package var limits: Set<Int> { Set((0..<count).map { Int(debts[$0].limit) }) }

    /// Forgets all debts.
    package mutating func removeAll() {
        while count > 0 {
            remove(at: count &- 1, home(of: debts[count &- 1].tag))
            count &-= 1
        }
    }

    private mutating func drop() -> Bool {
        droppedCount &+= 1
        return false
    }

    @inline(__always) private func home(of tag: SipHash.Tag) -> Int {
        Int(truncatingIfNeeded: tag.low) & mask
    }

    /// Frees the place of a debt, and closes the gap with those behind that may stand there.
    private mutating func remove(at debt: Int, _ home: Int) {
        var gap = home
        while Int(index[gap]) != debt &+ 1 { gap = (gap &+ 1) & mask }
        var next = (gap &+ 1) & mask
        while index[next] != 0 {
            let entryHome = self.home(of: debts[Int(index[next]) &- 1].tag)
            // It may if its home does not lie behind the gap, seen from where it stands.
            if (next &- entryHome) & mask >= (next &- gap) & mask {
                index[gap] = index[next]
                gap = next
            }
            next = (next &+ 1) & mask
        }
        index[gap] = 0
    }
}

/// A debt and its key's text.
///
/// Not private: a module that owns the table ends it, and asks for this type's description then.
struct DebtEntry: BitwiseCopyable {
    private let tagLow: UInt64
    private let tagHigh: UInt64
    private(set) var cost: UInt64 = 0
    let limit: UInt32
    let key: BucketKey
    private let byteCount: UInt32
    private var words = InlineArray<20, UInt64>(repeating: 0)

    init(tag: SipHash.Tag, _ debt: Debt, text: borrowing Span<UInt8>) {
        tagLow = tag.low
        tagHigh = tag.high
        limit = UInt32(truncatingIfNeeded: debt.limit)
        key = debt.key
        byteCount = UInt32(truncatingIfNeeded: text.count)
        for index in 0..<(text.count &+ 7) / 8 { words[index] = text.word(at: index &* 8) }
    }

    var tag: SipHash.Tag { SipHash.Tag(low: tagLow, high: tagHigh) }

    func isOf(_ tag: SipHash.Tag, _ limit: Int) -> Bool {
        tagLow == tag.low && tagHigh == tag.high
            && self.limit == UInt32(truncatingIfNeeded: limit)
    }

    mutating func add(_ cost: UInt64, upTo burst: UInt64) {
        let (sum, overflows) = self.cost.addingReportingOverflow(cost)
        self.cost = overflows ? burst : min(sum, burst)
    }

    func write(to text: inout Buffer) {
        var place = 0
        let end = Int(byteCount)
        while place < end {
            text.append(words[place / 8], bytes: min(8, end &- place))
            place &+= 8
        }
    }
}

extension DebtTable {
    /// What is wrong with the table, if anything: for tests.
    func brokenInvariant() -> String? {
        var seen = Set<UInt32>()
        for place in 0...mask where index[place] != 0 {
            guard Int(index[place]) <= count else { return "place \(place): no debt" }
            guard seen.insert(index[place]).inserted else { return "place \(place): twice" }
            var home = home(of: debts[Int(index[place]) - 1].tag)
            while home != place {
                if index[home] == 0 { return "place \(place): not to be found" }
                home = (home + 1) & mask
            }
        }
        return seen.count == count ? nil : "\(seen.count) in the index of \(count)"
    }
}

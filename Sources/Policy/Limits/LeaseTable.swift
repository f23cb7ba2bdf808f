import Bytes

/// What is left of tokens fetched at once.
package struct LeaseStanding: Sendable, Equatable {
    /// In the lease.
    package let left: UInt64
    /// In the store's bucket, when the lease was fetched.
    package let elsewhere: UInt64

    package init(left: UInt64, elsewhere: UInt64) {
        self.left = left
        self.elsewhere = elsewhere
    }
}

/// Tokens that a loop fetched from the store ahead of the requests that take them, by limit and
/// key.
///
/// The tokens are gone from the store's bucket, so that losing an entry loses tokens and lets
/// nobody pass: a table of fixed size may forget whom it likes. What is not used in its time is
/// gone too.
///
/// While a fetch is under way its entry is not forgotten. One loop thus holds one lease a key at
/// most, and what many gateways hold together is bounded by their loops.
///
/// - Invariant: a limit and key have one entry at most, in the four slots of their set.
/// - Size: 48 bytes an entry, resident only when used.
package struct LeaseTable: ~Copyable {
    private static var ways: Int { 4 }

    private var entries: ZeroedSlots<LeaseEntry>
    private let setCount: UInt64
    private let secret: (UInt64, UInt64)

    /// - Parameters:
    ///   - entryCount: 4 to 2²⁰, rounded down to a multiple of four.
    ///   - secret: Bits of this process that nobody else knows.
    package init(entryCount: Int, secret: (UInt64, UInt64)) {
        precondition(entryCount >= Self.ways && entryCount <= 1 << 20, "4 to 2^20 leases")
        setCount = UInt64(entryCount / Self.ways)
        entries = ZeroedSlots(count: entryCount / Self.ways * Self.ways)
        self.secret = secret
    }

    /// Takes tokens of a lease.
    ///
    /// - Parameters:
    ///   - limit: The limit's index in its snapshot.
    ///   - cost: 1 to the limit's burst.
    ///   - now: Microseconds of the monotonic clock.
    /// - Returns: What is left afterwards; `nil`, and nothing is taken, if no lease holds as many.
    package mutating func take(
        _ key: BucketKey, limit: Int, cost: UInt64, at now: UInt64
    ) -> LeaseStanding? {
        let index = find(key, limit)
        guard index >= 0 else { return nil }
        let entry = entries[index]
        guard now < entry.end, UInt64(entry.tokens) >= cost else { return nil }
        let left = entry.tokens &- UInt32(truncatingIfNeeded: cost)
        entries[index].tokens = left
        return LeaseStanding(left: UInt64(left), elsewhere: UInt64(entry.elsewhere))
    }

    /// Gives back what a ``take(_:limit:cost:at:)`` took, if the lease is still there.
    package mutating func giveBack(_ key: BucketKey, limit: Int, cost: UInt64) {
        let index = find(key, limit)
        guard index >= 0 else { return }
        entries[index].tokens = UInt32(clamping: UInt64(entries[index].tokens) &+ cost)
    }

    /// Keeps what was fetched; what the key had before is lost.
    ///
    /// - Parameters:
    ///   - tokens: Up to 10⁹, less what the request behind the fetch took.
    ///   - elsewhere: Left in the store, up to 10⁹.
    ///   - end: When unused tokens are void, in microseconds of the monotonic clock.
    package mutating func store(
        _ key: BucketKey, limit: Int, tokens: UInt64, elsewhere: UInt64, until end: UInt64,
        at now: UInt64
    ) {
        guard let index = settle(key, limit, at: now) else { return }
        entries[index].tokens = UInt32(clamping: tokens)
        entries[index].elsewhere = UInt32(clamping: elsewhere)
        entries[index].end = end
    }

    /// Marks that a lease of a key is being fetched.
    ///
    /// - Parameter deadline: When the mark is void, should nobody end it.
    /// - Returns: `false` if one is already, or if the marks of others leave no place: then the
    ///   request asks for its own tokens alone.
    package mutating func beginFetch(
        _ key: BucketKey, limit: Int, at now: UInt64, until deadline: UInt64
    ) -> Bool {
        guard let index = settle(key, limit, at: now) else { return false }
        guard entries[index].fetchEnd <= now else { return false }
        entries[index].fetchEnd = deadline
        return true
    }

    /// Marks that a fetch ended, however it did.
    package mutating func endFetch(_ key: BucketKey, limit: Int) {
        let index = find(key, limit)
        if index >= 0 { entries[index].fetchEnd = 0 }
    }

    /// Forgets all leases, as when limits got other numbers.
    package mutating func removeAll() {
        for index in 0..<entries.count where entries[index].isUsed { entries[index] = .unused }
    }

    @inline(__always) private func firstIndex(_ key: BucketKey, _ limit: Int) -> Int {
        // The limit's number moves to where the product spreads it over all bits.
        let place = BucketKey(low: key.low, high: key.high &+ UInt64(limit) &<< 32)
            .place(by: secret)
        return Int(truncatingIfNeeded: place.multipliedFullWidth(by: setCount).high) &* Self.ways
    }

    @inline(__always) private func find(_ key: BucketKey, _ limit: Int) -> Int {
        let first = firstIndex(key, limit)
        for index in first..<first &+ Self.ways where entries[index].isOf(key, limit) {
            return index
        }
        return -1
    }

    /// The entry of a key, made if there is none, in the place of the one that is worth least.
    private mutating func settle(_ key: BucketKey, _ limit: Int, at now: UInt64) -> Int? {
        let index = find(key, limit)
        if index >= 0 { return index }
        let first = firstIndex(key, limit)
        var place: Int?
        var leastWorth = UInt64.max
        for index in first..<first &+ Self.ways where entries[index].fetchEnd <= now {
            let worth = entries[index].worth(at: now)
            if worth < leastWorth || place == nil {
                place = index
                leastWorth = worth
            }
        }
        if let place { entries[place] = LeaseEntry(key, limit) }
        return place
    }
}

/// A lease; all zeros if the slot was never used.
///
/// Not private: a module that owns the table ends it, and asks for this type's description then.
struct LeaseEntry: BitwiseCopyable {
    private let key: BucketKey
    /// When unused tokens are void.
    var end: UInt64 = 0
    /// Until when a fetch is under way.
    var fetchEnd: UInt64 = 0
    var tokens: UInt32 = 0
    var elsewhere: UInt32 = 0
    /// The limit's index, plus one; 0 in a slot that was never used.
    private let mark: UInt32

    static let unused = LeaseEntry(BucketKey(low: 0, high: 0), -1)

    init(_ key: BucketKey, _ limit: Int) {
        self.key = key
        mark = UInt32(truncatingIfNeeded: limit &+ 1)
    }

    @inline(__always) var isUsed: Bool { mark != 0 }

    @inline(__always) func isOf(_ key: BucketKey, _ limit: Int) -> Bool {
        self.key == key && mark == UInt32(truncatingIfNeeded: limit &+ 1)
    }

    /// How long its tokens may still be used; nothing without tokens.
    func worth(at now: UInt64) -> UInt64 { tokens > 0 && end > now ? end &- now : 0 }
}

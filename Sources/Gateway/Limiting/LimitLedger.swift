import Bytes
import Policy
import Telemetry

/// What one limit made of one request.
struct LimitEntry {
    enum Ruling: UInt8 {
        case pending
        case admitted
        /// As `admitted`, but whether it keeps what it took, its answer's status says.
        case reserved
        /// Out of tokens that were fetched before.
        case leased
        case refused
        case shadowRefused
        /// There was enough, but another limit refused the request, so that nothing was taken.
        case spared
        /// There is no store to ask, and the limit lets requests pass then.
        case waved
    }

    /// Index into the plan's limits.
    let limit: UInt16
    /// Index into the route's limits of the stage.
    let use: UInt8
    var ruling = Ruling.pending
    var store = LimitStore.local
    /// Whether a lease is being fetched on its behalf.
    var isFetching = false
    /// Until there is one more token, in seconds, rounded up.
    var seconds: UInt32 = 0
    /// Until there is what the request asks for, likewise.
    var retryAfter: UInt32 = 0
    /// What the request takes.
    let cost: UInt64
    /// Whole tokens left.
    var remaining: UInt64 = 0
    let key: BucketKey
    /// The Redis key, in the ledger's texts; empty without a store.
    var text = ByteRange.empty

    init(_ limit: RouteLimit, use: Int, key: BucketKey) {
        self.limit = UInt16(truncatingIfNeeded: limit.limit)
        self.use = UInt8(truncatingIfNeeded: use)
        self.key = key
        cost = limit.cost
    }

    private init() {
        limit = 0
        use = 0
        cost = 0
        key = BucketKey(low: 0, high: 0)
    }

    /// Fills a place.
    static let unused = LimitEntry()

    var isPending: Bool { if case .pending = ruling { true } else { false } }
    var isRefused: Bool { if case .refused = ruling { true } else { false } }
    var isReserved: Bool { if case .reserved = ruling { true } else { false } }
    var isAdmitted: Bool { if case .admitted = ruling { true } else { false } }

    /// Whether a bucket is the poorer for it.
    var hasTaken: Bool {
        switch ruling {
        case .admitted, .reserved, .leased: true
        case .pending, .refused, .shadowRefused, .spared, .waved: false
        }
    }

    /// Whether there is a standing to tell of.
    var isDecided: Bool {
        switch ruling {
        case .admitted, .reserved, .leased, .refused: true
        case .pending, .shadowRefused, .spared, .waved: false
        }
    }
}

/// What the limits of a route made of one request, but for its entries.
private struct LedgerHead {
    var count = 0
    /// Where the entries of the stage begin that is being decided.
    var stageStart = 0
    /// Whether what an entry took depends on the answer's status.
    var hasReserved = false
    /// Slot of what the store calls its entries; `.max` without.
    var texts = UInt32.max
    /// The next free ledger.
    var next = UInt32.max
}

/// What the store calls the entries of a ledger, one behind the other.
struct LedgerTexts: ~Copyable {
    var buffer: Buffer
}

/// What limits made of the requests of a loop: a ledger each, whose entries stand in the order in
/// which they were looked at.
///
/// All entries stand in one array, as to read one out of an array within another element would copy
/// that element whole. It grows to the most requests at a time, and is kept.
struct LedgerShelf: ~Copyable {
    /// A route has no more limits.
    static let entriesMax = 8

    private var entries: [LimitEntry] = []
    private var heads: [LedgerHead] = []
    private var texts: Slab<LedgerTexts>
    private var firstFree = UInt32.max
    private(set) var openCount = 0

    /// - Parameter capacity: Requests at a time.
    init(capacity: Int) { texts = Slab(capacity: capacity) }

    /// Begins a ledger.
    mutating func open() -> UInt32 {
        openCount &+= 1
        let number = firstFree
        guard number != .max else {
            heads.append(LedgerHead())
            entries += repeatElement(.unused, count: Self.entriesMax)
            return UInt32(heads.count - 1)
        }
        firstFree = heads[Int(number)].next
        heads[Int(number)] = LedgerHead()
        return number
    }

    mutating func close(_ number: UInt32, to pool: inout BufferPool) {
        openCount &-= 1
        let slot = heads[Int(number)].texts
        if slot != .max {
            pool.give(texts[slot].buffer.take())
            _ = texts.remove(slot)
        }
        heads[Int(number)].next = firstFree
        firstFree = number
    }

    /// Entries of all stages.
    func entries(of number: UInt32) -> Range<Int> { 0..<heads[Int(number)].count }

    /// Entries of the stage that is being decided.
    func stage(of number: UInt32) -> Range<Int> {
        heads[Int(number)].stageStart..<heads[Int(number)].count
    }

    /// Begins a stage: what follows is decided together.
    mutating func beginStage(of number: UInt32) {
        heads[Int(number)].stageStart = heads[Int(number)].count
    }

    mutating func append(_ limit: RouteLimit, _ use: Int, _ key: BucketKey, to number: UInt32) {
        let count = heads[Int(number)].count
        precondition(count < Self.entriesMax, "a route has at most eight limits")
        self[number, count] = LimitEntry(limit, use: use, key: key)
        heads[Int(number)].count = count &+ 1
    }

    /// Writes down what the store calls the last entry.
    mutating func append(
        key text: borrowing Buffer, to number: UInt32, from pool: inout BufferPool
    ) {
        if heads[Int(number)].texts == .max {
            guard let index = texts.insert(LedgerTexts(buffer: pool.take(.small))) else {
                preconditionFailure("a connection has at most one ledger")
            }
            heads[Int(number)].texts = index.slot
        }
        let slot = heads[Int(number)].texts
        let start = texts[slot].buffer.count
        texts[slot].buffer.append(text)
        self[number, heads[Int(number)].count &- 1].text = ByteRange(
            start, texts[slot].buffer.count)
    }

    /// Copies what the store calls an entry into an empty buffer.
    func copyKey(of number: UInt32, _ index: Int, into key: inout Buffer) {
        let range = self[number, index].text
        texts[heads[Int(number)].texts].buffer.withReadable { (bytes: borrowing Span<UInt8>) in
            key.append(bytes, range)
        }
    }

    subscript(number: UInt32, index: Int) -> LimitEntry {
        @inline(__always) _read { yield entries[Int(number) &* Self.entriesMax &+ index] }
        @inline(__always) _modify { yield &entries[Int(number) &* Self.entriesMax &+ index] }
    }

    /// Whether what an entry took depends on the answer's status.
    func hasReserved(_ number: UInt32) -> Bool { heads[Int(number)].hasReserved }

    /// The answer's status has spoken for all that were reserved.
    mutating func endReserving(_ number: UInt32) { heads[Int(number)].hasReserved = false }

    /// A bit for each entry of the stage that nobody has decided.
    func pendingEntries(of number: UInt32) -> UInt8 {
        var bits: UInt8 = 0
        for index in stage(of: number) where self[number, index].isPending { bits |= 1 << index }
        return bits
    }

    /// Whether one of the stage's limits refuses the request.
    func isStageRefused(_ number: UInt32) -> Bool {
        for index in stage(of: number) where self[number, index].isRefused { return true }
        return false
    }

    /// The entry took what its request asks for.
    ///
    /// - Parameter isReserved: Whether the answer's status decides if it stays taken.
    @inline(__always) mutating func admit(
        _ number: UInt32, _ index: Int, by store: LimitStore, isReserved: Bool
    ) {
        self[number, index].store = store
        self[number, index].ruling = isReserved ? .reserved : .admitted
        if isReserved { heads[Int(number)].hasReserved = true }
    }
}

extension LimitEntry {
    mutating func note(_ standing: BucketStanding) {
        remaining = standing.remaining
        seconds = standing.secondsToNext
    }

    /// Its request did not need what it took.
    mutating func giveBack(burst: UInt64) {
        remaining = min(remaining &+ cost, burst)
        // Of a full bucket there is nothing to wait for.
        if remaining == burst { seconds = 0 }
    }

    /// - Parameter wait: Microseconds until there is enough.
    mutating func refuse(by store: LimitStore, wait: UInt64, isShadow: Bool) {
        self.store = store
        ruling = isShadow ? .shadowRefused : .refused
        retryAfter = UInt32(clamping: max(1, (wait &+ 999_999) / 1_000_000))
    }

    /// - Parameters:
    ///   - remaining: In the lease and in the store's bucket together.
    ///   - seconds: Until there is one more, at most: nobody is asked.
    mutating func lease(remaining: UInt64, seconds: UInt32) {
        ruling = .leased
        store = .redis
        self.remaining = remaining
        self.seconds = seconds
    }

    /// - Returns: Whether there was a fetch.
    mutating func endFetch() -> Bool {
        defer { isFetching = false }
        return isFetching
    }
}

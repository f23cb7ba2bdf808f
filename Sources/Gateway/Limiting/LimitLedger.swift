import Bytes
import Policy
import Telemetry

/// What one limit made of one request.
struct LimitEntry {
    /// Index into the plan's limits.
    var limit: UInt16
    /// Index into the route's limits of the stage.
    var use: UInt8
    /// What the request takes.
    var cost: UInt64
    var key = BucketKey(low: 0, high: 0)
    /// The Redis key, in the ledger's texts; empty while nobody needs it.
    var text = ByteRange.empty
    var ruling = Ruling.pending
    var store = LimitStore.local
    /// Whole tokens left.
    var remaining: UInt64 = 0
    /// Until there is one more, rounded up.
    var seconds: UInt32 = 0
    /// Until there is what the request asks for, rounded up.
    var retryAfter: UInt32 = 0

    enum Ruling: UInt8 {
        case pending
        case admitted
        /// As `admitted`, but whether it keeps what it took, its answer's status says.
        case reserved
        /// Taken out of tokens that were fetched before.
        case leased
        case refused
        case shadowRefused
        /// There is no store to ask, and the limit lets requests pass then.
        case waved

        var isPending: Bool { if case .pending = self { true } else { false } }

        /// Whether a bucket is the poorer for it.
        var hasTaken: Bool {
            switch self {
            case .admitted, .reserved, .leased: true
            case .pending, .refused, .shadowRefused, .waved: false
            }
        }
    }

    init(_ limit: RouteLimit, use: Int) {
        self.limit = UInt16(truncatingIfNeeded: limit.limit)
        self.use = UInt8(truncatingIfNeeded: use)
        cost = limit.cost
    }

    private init() {
        limit = 0
        use = 0
        cost = 0
    }

    /// Fills a place.
    static let unused = LimitEntry()
}

/// What the limits of a route made of one request, in the order in which they were looked at.
struct LimitLedger: ~Copyable {
    /// A route has no more limits.
    static let entriesMax = 8

    private(set) var count = 0
    private var entries = InlineArray<8, LimitEntry>(repeating: .unused)
    /// Where the entries of the stage begin that is being decided.
    private(set) var stageStart = 0
    /// Redis keys of entries that will be settled there.
    var texts = Buffer()
    /// Whether what an entry took depends on the answer's status.
    private(set) var hasReserved = false

    /// Begins a request.
    mutating func reset() {
        count = 0
        stageStart = 0
        hasReserved = false
    }

    /// Begins a stage: what follows is decided together.
    mutating func beginStage() { stageStart = count }

    mutating func append(_ entry: LimitEntry) {
        precondition(count < Self.entriesMax, "a route has at most eight limits")
        entries[count] = entry
        count += 1
    }

    subscript(index: Int) -> LimitEntry {
        get { entries[index] }
        set { entries[index] = newValue }
    }

    /// The entries of the stage that is being decided.
    var stage: Range<Int> { stageStart..<count }

    mutating func note(_ index: Int, _ standing: BucketStanding) {
        entries[index].remaining = standing.remaining
        entries[index].seconds = standing.secondsToNext
    }

    /// - Parameter isReserved: Whether the answer's status decides if it stays taken.
    mutating func admit(_ index: Int, isReserved: Bool) {
        entries[index].ruling = isReserved ? .reserved : .admitted
        if isReserved { hasReserved = true }
    }

    /// - Parameter wait: Microseconds until there is enough.
    mutating func refuse(_ index: Int, wait: UInt64, isShadow: Bool) {
        entries[index].ruling = isShadow ? .shadowRefused : .refused
        entries[index].retryAfter = UInt32(clamping: max(1, (wait &+ 999_999) / 1_000_000))
    }

    /// What an entry took has been given back; nothing is told of it.
    mutating func forget(_ index: Int) { entries[index].ruling = .pending }

    /// The answer's status has spoken.
    mutating func settle(_ index: Int) { entries[index].ruling = .admitted }
}

/// The ledgers of a loop, kept for requests to come once they were made.
struct LedgerShelf: ~Copyable {
    private var ledgers: Slab<LimitLedger>
    private var free: [UInt32] = []

    /// - Parameter capacity: Requests at a time.
    init(capacity: Int) { ledgers = Slab(capacity: capacity) }

    /// An empty ledger.
    ///
    /// - Returns: Its number; every request of a connection has one at most, so there is one left.
    mutating func open() -> UInt32 {
        if let number = free.popLast() {
            ledgers[number].reset()
            return number
        }
        guard let index = ledgers.insert(LimitLedger()) else {
            preconditionFailure("a connection has at most one ledger")
        }
        return index.slot
    }

    mutating func close(_ number: UInt32, to pool: inout BufferPool) {
        pool.give(ledgers[number].texts.take())
        free.append(number)
    }

    subscript(number: UInt32) -> LimitLedger {
        _read { yield ledgers[number] }
        _modify { yield &ledgers[number] }
    }
}

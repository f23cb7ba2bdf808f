/// Where each number stands among a loop's cells: routes first, then upstreams, listeners and the
/// rest.
///
/// - Invariant: every index that is given is below `cellCount`, as long as routes are below
///   `routeCount` and what is added stays below the cells of its kind.
struct Shape: Sendable {
    /// The one for requests without a route, which is the first, included.
    let routeCount: Int
    private let upstreams: Rows
    private let listeners: Rows
    let outcomesStart: Int
    private let corsPolicies: Rows
    private let limits: Rows
    private let webhooks: Rows
    /// Where the histogram of Redis begins; the results of its commands follow it.
    let storeStart: Int
    let cellCount: Int
    /// By seat: the routes' rows, 0 for one that is none.
    private let routeRows: [Int]
    private let upstreamSeats: [Int]

    init(_ names: MetricNames, _ seats: MetricSeats) {
        routeRows = seats.routes.map { $0 < names.routes.count ? $0 + 1 : 0 }
        upstreamSeats = seats.upstreams
        routeCount = names.routes.count + 1
        upstreams = Rows(
            from: routeCount * RouteCell.count, names.upstreams.count, of: UpstreamCell.count)
        listeners = Rows(from: upstreams.end, names.listeners.count, of: ListenerCell.count)
        outcomesStart = listeners.end
        corsPolicies = Rows(
            from: outcomesStart + Outcome.allCases.count, names.corsPolicies.count,
            of: CORSResult.allCases.count)
        limits = Rows(from: corsPolicies.end, names.limits.count, of: LimitCell.count)
        webhooks = Rows(from: limits.end, names.webhooks.count, of: WebhookResult.allCases.count)
        storeStart = webhooks.end
        cellCount = storeStart + StoreCell.count + 3
    }

    /// Where a route's cells begin: number 0 is no route, the others are one more than their index.
    @inline(__always)
    func route(_ index: Int) -> Int { index &* RouteCell.count }

    /// The number of a route by its seat.
    @inline(__always)
    func row(ofRoute seat: Int) -> Int { seat < routeRows.count ? routeRows[seat] : 0 }

    /// Where an upstream's cells begin, by its seat.
    func upstream(_ seat: Int) -> Int {
        upstreams.row(upstreamSeats.indices.contains(seat) ? upstreamSeats[seat] : 0)
    }

    /// The same by the index of its name.
    func upstreamRow(_ index: Int) -> Int { upstreams.row(index) }

    func listener(_ index: Int) -> Int { listeners.row(index) }

    @inline(__always)
    func outcome(_ outcome: Outcome) -> Int { outcomesStart &+ Int(outcome.rawValue) }

    func cors(_ policy: Int, _ result: CORSResult) -> Int {
        corsPolicies.row(policy) &+ Int(result.rawValue)
    }

    @inline(__always)
    func limit(_ limit: Int, _ decision: LimitDecision, _ store: LimitStore) -> Int {
        limits.row(limit)
            &+ Int(decision.rawValue) &* LimitStore.allCases.count &+ Int(store.rawValue)
    }

    func webhook(_ webhook: Int, _ result: WebhookResult) -> Int {
        webhooks.row(webhook) &+ Int(result.rawValue)
    }

    var sampledLines: Int { cellCount - 1 }
    var droppedLimitDebts: Int { cellCount - 2 }
    var droppedReplayNotes: Int { cellCount - 3 }
}

/// The cells of all things of one kind.
private struct Rows: Sendable {
    private let start: Int
    private let count: Int
    private let length: Int

    /// - Parameter count: Where there is none, one row is there for a stale index.
    init(from start: Int, _ count: Int, of length: Int) {
        self.start = start
        self.count = max(1, count)
        self.length = length
    }

    var end: Int { start + count * length }

    @inline(__always)
    func row(_ index: Int) -> Int {
        start &+ (index >= 0 && index < count ? index : 0) &* length
    }
}

/// A route's cells: the histogram's buckets, then these.
enum RouteCell {
    static let sum = DurationBuckets.count
    static let bytesIn = sum + 1
    static let bytesOut = sum + 2
    static let count = sum + 3
}

/// An upstream's cells: the histogram's buckets, then these.
enum UpstreamCell {
    static let sum = DurationBuckets.count
    static let retries = sum + 1
    /// One for each ``UpstreamConnectionState``.
    static let connections = sum + 2
    /// One for each ``UpstreamFailure``.
    static let errors = connections + UpstreamConnectionState.allCases.count
    static let count = errors + UpstreamFailure.allCases.count
}

/// A limit's cells: of each decision one for each store.
enum LimitCell {
    static let count = LimitDecision.allCases.count * LimitStore.allCases.count
}

/// The cells of Redis: the histogram's buckets, then these.
enum StoreCell {
    static let sum = DurationBuckets.count
    /// One for each ``StoreResult``.
    static let results = sum + 1
    static let count = results + StoreResult.allCases.count
}

/// A listener's cells: these, then those of its handshakes.
enum ListenerCell: Int, CaseIterable {
    case opened, closed, refused, acceptErrors, acceptPauses, proxyHeadersRefused

    /// One for each ``HandshakeResult``.
    static let handshakes = allCases.count
    /// The histogram of those that went well, then its sum.
    static let handshakeDuration = handshakes + HandshakeResult.allCases.count
    static let handshakeSum = handshakeDuration + DurationBuckets.count
    static let count = handshakeSum + 1
}

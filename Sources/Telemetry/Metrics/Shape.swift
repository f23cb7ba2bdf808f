/// Where each number stands among a loop's cells: routes first, then upstreams, listeners and the
/// rest.
///
/// - Invariant: every index that is given is below `cellCount`, as long as routes are below
///   `routeCount` and what is added stays below the cells of its kind.
struct Shape: Sendable, Equatable {
    /// The one for requests without a route, which is the first, included.
    let routeCount: Int
    private let upstreamCount: Int
    private let listenerCount: Int
    private let upstreamsStart: Int
    private let listenersStart: Int
    private let outcomesStart: Int
    private let corsStart: Int
    private let corsCount: Int
    private let limitsStart: Int
    private let limitCount: Int
    /// Where the histogram of Redis begins; the results of its commands follow it.
    let storeStart: Int
    let cellCount: Int

    init(_ names: MetricNames) {
        routeCount = names.routes.count + 1
        upstreamCount = max(1, names.upstreams.count)
        listenerCount = max(1, names.listeners.count)
        upstreamsStart = routeCount * RouteCell.count
        listenersStart = upstreamsStart + upstreamCount * UpstreamCell.count
        outcomesStart = listenersStart + listenerCount * ListenerCell.count
        corsStart = outcomesStart + Outcome.allCases.count
        corsCount = max(1, names.corsPolicies.count)
        limitsStart = corsStart + corsCount * CORSResult.allCases.count
        limitCount = max(1, names.limits.count)
        storeStart = limitsStart + limitCount * LimitCell.count
        cellCount = storeStart + StoreCell.count + 1
    }

    /// Where a route's cells begin: number 0 is no route, the others are one more than their index.
    @inline(__always)
    func route(_ index: Int) -> Int { index &* RouteCell.count }

    func upstream(_ index: Int) -> Int {
        upstreamsStart &+ within(index, upstreamCount) &* UpstreamCell.count
    }

    func listener(_ index: Int) -> Int {
        listenersStart &+ within(index, listenerCount) &* ListenerCell.count
    }

    @inline(__always)
    func outcome(_ outcome: Outcome) -> Int { outcomesStart &+ Int(outcome.rawValue) }

    func cors(_ policy: Int, _ result: CORSResult) -> Int {
        corsStart &+ within(policy, corsCount) &* CORSResult.allCases.count
            &+ Int(result.rawValue)
    }

    @inline(__always)
    func limit(_ limit: Int, _ decision: LimitDecision, _ store: LimitStore) -> Int {
        limitsStart &+ within(limit, limitCount) &* LimitCell.count
            &+ Int(decision.rawValue) &* LimitStore.allCases.count &+ Int(store.rawValue)
    }

    var sampledLines: Int { cellCount - 1 }

    private func within(_ index: Int, _ count: Int) -> Int {
        index >= 0 && index < count ? index : 0
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

/// A listener's cells.
enum ListenerCell: Int, CaseIterable {
    case opened, closed, refused, acceptErrors, acceptPauses, proxyHeadersRefused

    static let count = allCases.count
}

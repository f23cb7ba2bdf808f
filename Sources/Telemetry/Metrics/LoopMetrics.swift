import Synchronization

/// One loop's numbers: written by that loop alone, read by whoever renders the page.
///
/// All memory is taken at the start. An index that the loop was not made for counts as the first of
/// its kind, so a stale index never traps and no total is wrong.
package final class LoopMetrics: Sendable {
    private let cells: CounterCells
    private let requests: RequestTable
    let shape: Shape

    /// - Parameter names: Only how many there are of each matters.
    package init(names: MetricNames) {
        shape = Shape(names)
        cells = CounterCells(count: shape.cellCount)
        requests = RequestTable(routeCount: names.routes.count + 1)
    }

    // MARK: Requests

    /// Counts a finished exchange, with the same numbers that its access line shows.
    ///
    /// `method` is an index into ``MetricNames/methods``.
    ///
    /// - Complexity: About 60 instructions.
    package func requestFinished(_ record: borrowing AccessRecord, method: UInt8) {
        var route = 0
        if let index = record.route, Int(index) < shape.routeCount &- 1 { route = Int(index) &+ 1 }
        let key = RequestTable.Key(route: route, method: method, status: record.status ?? 0)
        if !requests.countKnown(key) { countFirst(key) }
        let row = shape.route(route)
        let bucket = DurationBuckets.index(ofMicroseconds: record.durationMicroseconds)
        cells.add(1, atProven: row &+ bucket)
        cells.add(record.durationMicroseconds, atProven: row &+ RouteCell.sum)
        cells.add(record.bytesIn, atProven: row &+ RouteCell.bytesIn)
        cells.add(record.bytesOut, atProven: row &+ RouteCell.bytesOut)
        cells.add(1, atProven: shape.outcome(record.outcome))
    }

    /// Not inlined, and of this class, so that the usual way needs no copy of the table.
    @inline(never)
    private func countFirst(_ key: RequestTable.Key) { requests.countFirst(key) }

    /// Counts what a CORS policy made of a request that names an origin.
    package func corsJudged(_ policy: Int, _ result: CORSResult) {
        cells.add(1, at: shape.cors(policy, result))
    }

    /// Counts what a rate limit made of a request.
    package func limitDecided(_ limit: Int, _ decision: LimitDecision, by store: LimitStore) {
        cells.add(1, at: shape.limit(limit, decision, store))
    }

    /// Counts what verifying made of a delivery to a webhook.
    package func webhookJudged(_ webhook: Int, _ result: WebhookResult) {
        cells.add(1, at: shape.webhook(webhook, result))
    }

    /// Counts an access line that sampling leaves out.
    package func lineSampled() { cells.add(1, at: shape.sampledLines) }

    // MARK: Connections of clients

    /// Counts one that was accepted and is served.
    package func connectionOpened(listener: Int) { add(.opened, listener) }
    /// Counts the end of one that was opened, on this loop or on another.
    package func connectionClosed(listener: Int) { add(.closed, listener) }
    /// Counts one that was turned away because there are too many.
    package func connectionRefused(listener: Int) { add(.refused, listener) }
    /// Counts a failure of accept(2).
    package func acceptFailed(listener: Int) { add(.acceptErrors, listener) }
    /// Counts one that was closed for want of a PROXY header to be believed.
    package func proxyHeaderRefused(listener: Int) { add(.proxyHeadersRefused, listener) }
    /// Counts a pause of accepting because descriptors or memory ran out.
    package func acceptPaused(listener: Int) { add(.acceptPauses, listener) }

    // MARK: Upstreams

    /// Records a response, from the begin of the attempt to its last byte.
    package func upstreamFinished(_ upstream: Int, microseconds: UInt64) {
        let row = shape.upstream(upstream)
        cells.add(1, at: row &+ DurationBuckets.index(ofMicroseconds: microseconds))
        cells.add(microseconds, at: row &+ UpstreamCell.sum)
    }

    /// Counts a failure of one of the upstream's servers, whether or not another one helped out.
    package func upstreamFailed(_ upstream: Int, reason: UpstreamFailure) {
        cells.add(1, at: shape.upstream(upstream) &+ UpstreamCell.errors &+ Int(reason.rawValue))
    }

    /// Counts a request that is sent again, or to another server.
    package func upstreamRetried(_ upstream: Int) {
        cells.add(1, at: shape.upstream(upstream) &+ UpstreamCell.retries)
    }

    /// Follows a connection: from none to active when it is made, to idle and back, to none at its
    /// end.
    package func upstreamConnectionMoved(
        _ upstream: Int, from old: UpstreamConnectionState, to new: UpstreamConnectionState
    ) {
        let row = shape.upstream(upstream) &+ UpstreamCell.connections
        cells.add(.max, at: row &+ Int(old.rawValue))
        cells.add(1, at: row &+ Int(new.rawValue))
    }

    // MARK: Redis

    /// Counts a command that was sent, and how long it took until its asker was told.
    package func storeAnswered(_ result: StoreResult, microseconds: UInt64) {
        let row = shape.storeStart
        cells.add(1, at: row &+ DurationBuckets.index(ofMicroseconds: microseconds))
        cells.add(microseconds, at: row &+ StoreCell.sum)
        cells.add(1, at: row &+ StoreCell.results &+ Int(result.rawValue))
    }

    /// Counts a command that the breaker kept from being sent.
    package func storeRefused() {
        let results = shape.storeStart &+ StoreCell.results
        cells.add(1, at: results &+ Int(StoreResult.refusedByBreaker.rawValue))
    }

    private func add(_ cell: ListenerCell, _ listener: Int) {
        cells.add(1, at: shape.listener(listener) &+ cell.rawValue)
    }
}

/// What became of a command for Redis.
package enum StoreResult: UInt8, CaseIterable, Sendable {
    case ok, error, timeout, refusedByBreaker

    /// The `result` label.
    package var name: StaticString {
        switch self {
        case .ok: "ok"
        case .error: "error"
        case .timeout: "timeout"
        case .refusedByBreaker: "refused_by_breaker"
        }
    }
}

/// What a CORS policy made of a request.
package enum CORSResult: UInt8, CaseIterable, Sendable {
    /// A preflight was granted.
    case preflight
    case allowed
    /// A preflight, or the origin of a request, whether or not the request went on.
    case refused

    package var name: StaticString {
        switch self {
        case .preflight: "preflight"
        case .allowed: "allowed"
        case .refused: "refused"
        }
    }
}

/// What a rate limit made of a request.
package enum LimitDecision: UInt8, CaseIterable, Sendable {
    case admitted, refused
    /// The limit would have refused it if it did more than tell.
    case shadowRefused

    package var name: StaticString {
        switch self {
        case .admitted: "admitted"
        case .refused: "refused"
        case .shadowRefused: "shadow_refused"
        }
    }
}

/// What verifying made of a delivery to a webhook.
package enum WebhookResult: UInt8, CaseIterable, Sendable {
    case verified
    /// There is no signature, or not all that goes with one.
    case missing
    case malformed
    case badSignature
    /// Signed too long ago, or in the future.
    case stale
    /// The app has answered the same event 2xx before.
    case replayed
    case tooLarge
    /// Verified, and answered by the gateway.
    case handshake

    /// The `result` label.
    package var name: StaticString {
        switch self {
        case .verified: "verified"
        case .missing: "missing"
        case .malformed: "malformed"
        case .badSignature: "bad_signature"
        case .stale: "stale"
        case .replayed: "replayed"
        case .tooLarge: "too_large"
        case .handshake: "handshake"
        }
    }
}

/// Whose bucket a rate limit looked at.
package enum LimitStore: UInt8, CaseIterable, Sendable {
    case redis, local

    package var name: StaticString {
        switch self {
        case .redis: "redis"
        case .local: "local"
        }
    }
}

/// Where a connection to an upstream stands.
package enum UpstreamConnectionState: UInt8, CaseIterable, Sendable {
    /// Not there yet, or no more.
    case none
    case active, idle

    /// The `state` label; `none` is never printed.
    package var name: StaticString {
        switch self {
        case .none: "none"
        case .active: "active"
        case .idle: "idle"
        }
    }
}

// MARK: - Reading

extension LoopMetrics {
    /// The present values of all cells.
    func cellValues() -> [UInt64] { (0..<cells.count).map { cells[$0] } }

    /// The present value of one cell.
    func cellValue(_ index: Int) -> UInt64 { cells[index] }

    func mergeRequests(into totals: inout [RequestTable.Key: UInt64]) {
        requests.merge(into: &totals)
    }

    var requestOverflow: UInt64 { requests.overflow }
}

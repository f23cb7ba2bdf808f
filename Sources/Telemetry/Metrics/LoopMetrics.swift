import Synchronization

/// One loop's numbers: written by that loop alone, read by whoever renders the page.
///
/// All memory is taken at the start. An index that the loop was not made for counts as the first of
/// its kind, so a stale index never traps and no total is wrong.
package final class LoopMetrics: Sendable {
    private let cells: CounterCells
    private let requests: RequestTable
    private let exemplars: ExemplarCells
    let shape: Shape

    /// - Parameters:
    ///   - names: Only how many there are of each matters.
    ///   - seats: Where the loop's routes and upstreams are in them; `nil` for the same places.
    package init(names: MetricNames, seats: MetricSeats? = nil) {
        shape = Shape(names, seats ?? MetricSeats(names))
        cells = CounterCells(count: shape.cellCount)
        requests = RequestTable(routeCount: names.routes.count + 1)
        exemplars = ExemplarCells(routeCount: shape.routeCount)
    }

    // MARK: Requests

    /// Counts a finished exchange, with the same numbers that its access line shows.
    ///
    /// `method` is an index into ``MetricNames/methods``.
    ///
    /// - Complexity: About 60 instructions.
    /// - Returns: The bucket that its duration is counted in.
    @discardableResult
    package func requestFinished(
        _ record: borrowing AccessRecord, method: UInt8
    ) -> DurationPlace {
        var route = 0
        if let seat = record.route { route = shape.row(ofRoute: Int(seat)) }
        let key = RequestTable.Key(route: route, method: method, status: record.status ?? 0)
        if !requests.countKnown(key) { countFirst(key) }
        let row = shape.route(route)
        let bucket = DurationBuckets.index(ofMicroseconds: record.durationMicroseconds)
        cells.add(1, atProven: row &+ bucket)
        cells.add(record.durationMicroseconds, atProven: row &+ RouteCell.sum)
        cells.add(record.bytesIn, atProven: row &+ RouteCell.bytesIn)
        cells.add(record.bytesOut, atProven: row &+ RouteCell.bytesOut)
        cells.add(1, atProven: shape.outcome(record.outcome))
        return DurationPlace(route: route, bucket: bucket)
    }

    /// Whether the bucket's exemplar has been there for a second, or none has.
    ///
    /// `now` is in nanoseconds since the epoch.
    package func isExemplarDue(_ place: DurationPlace, at now: UInt64) -> Bool {
        exemplars.isDue(place, at: now)
    }

    /// Keeps a trace as the bucket's exemplar; one that is no 32 hexadecimal digits is none.
    ///
    /// `now` is in nanoseconds since the epoch.
    package func noteExemplar(
        _ place: DurationPlace, trace: borrowing Span<UInt8>, microseconds: UInt64, at now: UInt64
    ) {
        exemplars.note(place, trace: trace, microseconds: microseconds, at: now)
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

    /// Counts a handshake that ended well.
    package func handshakeDone(
        listener: Int, _ result: HandshakeResult, microseconds: UInt64
    ) {
        handshakeFailed(listener: listener, result)
        let row = shape.listener(listener)
        let bucket = DurationBuckets.index(ofMicroseconds: microseconds)
        cells.add(1, at: row &+ ListenerCell.handshakeDuration &+ bucket)
        cells.add(microseconds, at: row &+ ListenerCell.handshakeSum)
    }

    /// Counts one that came to nothing.
    package func handshakeFailed(listener: Int, _ result: HandshakeResult) {
        cells.add(
            1, at: shape.listener(listener) &+ ListenerCell.handshakes &+ Int(result.rawValue))
    }

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

    // MARK: What is forgotten

    /// Tells how many debts of rate limits this loop has dropped since its start.
    package func limitDebtsDropped(_ count: UInt64) {
        cells.publish(count, at: shape.droppedLimitDebts)
    }

    /// Tells how many ends of deliveries this loop has dropped since its start.
    package func replayNotesDropped(_ count: UInt64) {
        cells.publish(count, at: shape.droppedReplayNotes)
    }

    func take(_ count: Int, _ former: LoopMetrics, at old: Int, to new: Int) {
        for offset in 0..<count { cells.add(former.cells[old + offset], at: new + offset) }
    }

    /// - Parameter routes: New indices by old ones.
    func takeRequests(from former: LoopMetrics, _ routes: [Int: Int]) {
        var totals: [RequestTable.Key: UInt64] = [:]
        former.requests.merge(into: &totals)
        for (key, count) in totals {
            var moved = key
            if key.route > 0 {
                guard let route = routes[key.route - 1] else { continue }
                moved.route = route + 1
            }
            requests.count(moved, count)
        }
        requests.countOverflow(former.requests.overflow)
    }

    private func add(_ cell: ListenerCell, _ listener: Int) {
        cells.add(1, at: shape.listener(listener) &+ cell.rawValue)
    }
}

// MARK: - Reading

extension LoopMetrics {
    /// Adds the present values of all cells to `totals`, which has as many; wrapping, as gauges
    /// that loops share may be below zero in one of them.
    func addCells(to totals: inout [UInt64]) {
        for index in 0..<cells.count { totals[index] &+= cells[index] }
    }

    /// The present value of one cell.
    func cellValue(_ index: Int) -> UInt64 { cells[index] }

    func mergeRequests(into totals: inout [RequestTable.Key: UInt64]) {
        requests.merge(into: &totals)
    }

    var requestOverflow: UInt64 { requests.overflow }

    /// `nil` where none is kept, or one is being written now.
    func exemplar(_ place: DurationPlace) -> Exemplar? { exemplars.value(place) }
}

import Bytes
import Config
import HTTP
import Linux
import Policy
import Telemetry

/// What one loop tells the outside: counts, access lines and events.
struct Sight: ~Copyable {
    private(set) var metrics: LoopMetrics
    /// The value of `Date`, kept ready for the present second.
    private(set) var date = Buffer(capacity: 64)
    let labels: AccessLabels
    let queue: LogQueue
    private var choice: LineChoice
    private var clock = LogClock(nowMillisecondsSinceEpoch: 0)
    /// Nanoseconds since 1970 at which the present second began.
    private var secondBegan: UInt64 = 0
    /// Nanoseconds since 1970, as of this turn.
    private(set) var now: UInt64 = 0
    private var line = Buffer(capacity: AccessLine.bytesMax)
    /// The event line that is being written.
    var event: LineBuilder
    var failures: FailureLines
    private var spans: SpanDesk

    /// - Parameter spans: Takes those of recorded requests; `nil` if nobody does.
    init(
        _ snapshot: Snapshot, metrics: LoopMetrics, queue: LogQueue,
        errors: RecentErrors = RecentErrors(), spans: LogQueue? = nil
    ) {
        self.metrics = metrics
        self.queue = queue
        choice = LineChoice(snapshot.log)
        failures = FailureLines(
            snapshot.upstreams, routes: snapshot.routes.map(\.name), errors: errors)
        labels = AccessLabels(
            routes: snapshot.routes.map(\.name),
            upstreams: snapshot.upstreams.map { upstream in
                UpstreamLabel(name: upstream.name, addresses: upstream.servers.map(\.text))
            },
            redactedQueryKeys: snapshot.log.redaction.queryKeys,
            redactedHeaders: snapshot.log.redaction.headers)
        event = LineBuilder(level: .info, event: .startup, message: "", time: clock)
        self.spans = SpanDesk(snapshot, ring: spans, hiding: labels)
    }

    /// Tells of another configuration from here on, and counts in other cells.
    mutating func adopt(_ snapshot: Snapshot, metrics: LoopMetrics, wallTime: UInt64) {
        self = Sight(
            snapshot, metrics: metrics, queue: queue, errors: failures.errors, spans: spans.ring)
        beginTurn(wallTime: wallTime)
    }

    /// Takes the time of a turn.
    ///
    /// - Parameter wallTime: Nanoseconds since 1970.
    mutating func beginTurn(wallTime: UInt64) {
        now = wallTime
        // The quotient is wanted once a second: a comparison spares the division.
        guard wallTime &- secondBegan >= 1_000_000_000 else { return }
        let second = wallTime / 1_000_000_000
        secondBegan = second * 1_000_000_000
        date.removeAll()
        HTTPDate.append(secondsSinceEpoch: Int64(second), to: &date)
    }

    /// Counts and logs one finished request.
    mutating func finish(
        _ record: AccessRecord, _ journal: borrowing Journal, method: Method
    ) {
        let place = metrics.requestFinished(record, method: method.rawValue)
        if metrics.isExemplarDue(place, at: now) { noteExemplar(place, record, journal) }
        if let status = record.status, status >= 500 {
            noteError(record, status, journal, method: method)
        }
        if journal.trace.contains(.isRecorded) {
            spans.note(record, journal, method: method, at: now)
        }
        guard choice.hasAccessLines else { return }
        if choice.leavesOut(record) { return metrics.lineSampled() }
        clock.update(nowMillisecondsSinceEpoch: Int64(now / 1_000_000))
        line.removeAll()
        journal.text.withReadable { (source: borrowing Span<UInt8>) in
            AccessLine.append(
                to: &line, record: record, request: journal.request, source: source, labels: labels,
                time: clock)
        }
        if line.hasOverflowed { queue.countDrop() } else { queue.append(line) }
    }

    /// Not inlined: once a second for a bucket that is counted in.
    @inline(never)
    private func noteExemplar(
        _ place: DurationPlace, _ record: AccessRecord, _ journal: borrowing Journal
    ) {
        journal.text.withReadable { (source: borrowing Span<UInt8>) in
            metrics.noteExemplar(
                place, trace: source.extracting(journal.request.traceID.indices),
                microseconds: record.durationMicroseconds, at: now)
        }
    }

    // MARK: Events

    /// Begins an event line, unless the level is below what is logged.
    mutating func begin(
        _ level: LogLevel, _ name: EventName, _ message: StaticString
    ) -> Bool {
        guard level >= choice.threshold else { return false }
        clock.update(nowMillisecondsSinceEpoch: Int64(now / 1_000_000))
        event.begin(level: level, event: name, message: message, time: clock)
        return true
    }

    mutating func noteServerFailed(
        _ upstream: Int, _ server: Int, _ failure: UpstreamFailure, setAsideMilliseconds: UInt64
    ) {
        let hasBegun = beginFailure(
            .failure(failure), of: server, in: upstream, "server could not be connected to")
        guard hasBegun else { return }
        event.add("set_aside_ms", Int(setAsideMilliseconds))
        queue.append(&event)
    }

    mutating func noteServerBack(_ upstream: Int, _ server: Int) {
        guard begin(.info, .upstream, "server can be connected to again") else { return }
        addServer(upstream, server)
        queue.append(&event)
    }

    /// - Parameter server: Index into the upstream's servers; `nil` if none was asked.
    mutating func noteUpstreamFailure(_ upstream: Int, _ server: Int?, _ failure: UpstreamFailure) {
        let hasBegun = beginFailure(
            .failure(failure), of: server, in: upstream, "upstream failed an exchange")
        if hasBegun { queue.append(&event) }
    }

    /// - Parameter server: Index into the upstream's servers.
    mutating func noteMalformedResponse(_ upstream: Int, _ server: Int?, _ error: WireError) {
        let hasBegun = beginFailure(
            .malformed(error), of: server, in: upstream, "response is malformed")
        if hasBegun { queue.append(&event) }
    }

    /// Begins the line of a failure, unless one like it was written within the last second.
    private mutating func beginFailure(
        _ reason: FailureLines.Reason, of server: Int?, in upstream: Int, _ message: StaticString
    ) -> Bool {
        guard
            let suppressed = failures.note(reason, of: server, in: upstream, at: now),
            begin(.warn, .upstream, message)
        else { return false }
        addServer(upstream, server)
        switch reason {
        case .failure(let failure): event.add("reason", failure.name)
        case .malformed(let error): event.add("reason", error.token)
        }
        if suppressed > 0 { event.add("suppressed", suppressed) }
        return true
    }

    /// - Parameter reason: Why a connection is closed that should begin with a PROXY header.
    mutating func noteProxyRefused(_ listener: Int, _ peer: Peer, _ reason: StaticString) {
        metrics.proxyHeaderRefused(listener: listener)
        guard let suppressed = failures.proxyHeaders.note(at: now),
            begin(.warn, .listener, "connection has no PROXY header to be believed")
        else { return }
        event.add("reason", reason)
        switch peer {
        case .ip(let address, _): event.add("client_ip", address.description)
        case .unix: event.add("client_ip", "unix")
        }
        if suppressed > 0 { event.add("suppressed", suppressed) }
        queue.append(&event)
    }

    mutating func noteStoreTrouble(_ trouble: StoreTrouble) {
        guard let suppressed = failures.note(trouble, at: now),
            begin(.warn, .redis, "redis failed this loop")
        else { return }
        event.add("reason", trouble.name)
        if suppressed > 0 { event.add("suppressed", suppressed) }
        queue.append(&event)
    }

    /// - Parameter trouble: The one that made it change; `nil` if none did.
    mutating func noteBreaker(_ change: BreakerChange, _ trouble: StoreTrouble?) {
        guard begin(.warn, .breaker, "breaker before redis changed") else { return }
        event.add("from", change.from.name)
        event.add("to", change.to.name)
        if let trouble { event.add("reason", trouble.name) }
        queue.append(&event)
    }

    mutating func noteAcceptingPaused(_ listener: Int, _ error: Errno) {
        metrics.acceptPaused(listener: listener)
        guard begin(.error, .listener, "accepting pauses") else { return }
        event.add("reason", error.text)
        queue.append(&event)
    }

    private mutating func addServer(_ upstream: Int, _ server: Int?) {
        let upstream = failures.upstreams[upstream]
        event.add("upstream", upstream.name)
        if let server { event.add("upstream_address", upstream.servers[server].text) }
    }
}

extension LogLevel {
    init(_ threshold: LogThreshold) {
        switch threshold {
        case .debug: self = .debug
        case .info: self = .info
        case .warn: self = .warn
        case .error: self = .error
        case .fatal: self = .fatal
        }
    }
}

import Bytes
import Config
import HTTP
import Linux
import Policy
import Telemetry

/// What one loop tells the outside: counts, access lines and events.
struct Sight: ~Copyable {
    let metrics: LoopMetrics
    /// The value of `Date`, kept ready for the present second.
    private(set) var date = Buffer(capacity: 64)
    private let labels: AccessLabels
    private let queue: LogQueue
    private let choice: LineChoice
    private var clock = LogClock(nowMillisecondsSinceEpoch: 0)
    private var second: UInt64 = 0
    /// Nanoseconds since 1970 at which ``second`` began.
    private var secondBegan: UInt64 = 0
    /// Nanoseconds since 1970, as of this turn.
    private var now: UInt64 = 0
    private var line = Buffer(capacity: AccessLine.bytesMax)
    private var event: LineBuilder
    private var failures: FailureLines

    init(_ snapshot: Snapshot, metrics: LoopMetrics, queue: LogQueue) {
        self.metrics = metrics
        self.queue = queue
        choice = LineChoice(snapshot.log)
        failures = FailureLines(snapshot.upstreams)
        labels = AccessLabels(
            routes: snapshot.routes.map(\.name),
            upstreams: snapshot.upstreams.map { upstream in
                UpstreamLabel(name: upstream.name, addresses: upstream.servers.map(\.text))
            },
            redactedQueryKeys: [])
        event = LineBuilder(level: .info, event: .startup, message: "", time: clock)
    }

    /// Takes the time of a turn.
    ///
    /// - Parameter wallTime: Nanoseconds since 1970.
    mutating func beginTurn(wallTime: UInt64) {
        now = wallTime
        // The quotient is wanted once a second: a comparison spares the division.
        guard wallTime &- secondBegan >= 1_000_000_000 else { return }
        second = wallTime / 1_000_000_000
        secondBegan = second * 1_000_000_000
        date.removeAll()
        HTTPDate.append(secondsSinceEpoch: Int64(second), to: &date)
    }

    /// Counts and logs one finished request.
    mutating func finish(
        _ record: AccessRecord, _ journal: borrowing Journal, method: Method
    ) {
        metrics.requestFinished(record, method: method.rawValue)
        guard choice.hasAccessLines else { return }
        clock.update(nowMillisecondsSinceEpoch: Int64(now / 1_000_000))
        line.removeAll()
        journal.text.withReadable { (source: borrowing Span<UInt8>) in
            AccessLine.append(
                to: &line, record: record, request: journal.request, source: source, labels: labels,
                time: clock)
        }
        if line.hasOverflowed { queue.countDrop() } else { queue.append(line) }
    }

    // MARK: Events

    /// Begins an event line, unless the level is below what is logged.
    private mutating func begin(
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

    /// - Parameter journal: Of the request that was refused.
    mutating func noteSmuggling(_ error: WireError, _ journal: borrowing Journal) {
        guard begin(.warn, .security, "request can be read in two ways") else { return }
        event.add("kind", "request_smuggling")
        addAsker(journal)
        event.add("reason", error.token)
        queue.append(&event)
    }

    /// Counts what a CORS policy made of a request, and tells of it if that was a refusal.
    ///
    /// - Parameter origin: Where the request's first `Origin` stands.
    mutating func note(
        _ verdict: Verdict, of policy: CORSPolicy, _ journal: borrowing Journal, origin: ByteRange?
    ) {
        let standing = verdict.cors.standing
        metrics.corsJudged(
            policy.index,
            standing.isRefused ? .refused : standing.isPreflight ? .preflight : .allowed)
        var reason = RefusalReason.foreignOrigin
        if case .refuse(let refusal) = verdict.action {
            switch refusal.reason {
            // Whoever may not ask at all is refused before the policy's place in the order.
            case .accessDenied: return
            case .preflightOrigin, .preflightMethod, .preflightHeaders: reason = refusal.reason
            // Of a later stage: a request that goes on is only told nothing.
            default: break
            }
        }
        guard standing.isRefused,
            begin(.warn, .security, "origin is not allowed what it asks for")
        else { return }
        event.add("kind", "cors_refused")
        addAsker(journal)
        if let origin {
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                event.add("origin", bytes.extracting(origin.indices))
            }
        }
        event.add("policy", policy.rules.name)
        event.add("reason", reason.token)
        queue.append(&event)
    }

    /// - Parameters:
    ///   - journal: Of a request that another site's page had a browser send.
    ///   - isRefused: Whether its route refused it, and does not only report.
    mutating func noteCrossSite(_ journal: borrowing Journal, isRefused: Bool) {
        guard begin(.warn, .security, "request comes from another site") else { return }
        event.add("kind", "fetch_metadata")
        addAsker(journal)
        if isRefused { event.add("mode", "enforce") } else { event.add("mode", "report") }
        queue.append(&event)
    }

    /// - Parameters:
    ///   - limit: The name of one that refuses a request.
    ///   - suppressed: Such refusals that went untold since the last line.
    mutating func noteRateLimited(
        _ limit: String, _ journal: borrowing Journal, suppressed: Int
    ) {
        guard begin(.warn, .security, "request exceeds a rate limit") else { return }
        event.add("kind", "rate_limited")
        addAsker(journal)
        event.add("limit", limit)
        if suppressed > 0 { event.add("suppressed", suppressed) }
        queue.append(&event)
    }

    /// Counts and tells of a delivery that is not what the webhook wants.
    ///
    /// - Parameters:
    ///   - name: Of the webhook, as `webhook` is its index.
    ///   - isLetPass: Whether it went to the app nevertheless.
    mutating func noteWebhookRejected(
        _ webhook: Int, _ name: String, _ result: WebhookResult, _ reason: StaticString,
        _ journal: borrowing Journal, isLetPass: Bool
    ) {
        metrics.webhookJudged(webhook, result)
        guard begin(.warn, .security, "webhook is not what it should be") else { return }
        event.add("kind", "webhook_rejected")
        addAsker(journal)
        event.add("webhook", name)
        event.add("reason", reason)
        if isLetPass { event.add("mode", "shadow") }
        queue.append(&event)
    }

    /// Counts and tells of an event that the app has answered before.
    ///
    /// - Parameter id: As the provider calls it.
    mutating func noteWebhookReplayed(
        _ webhook: Int, _ name: String, _ id: borrowing Span<UInt8>, _ journal: borrowing Journal,
        isLetPass: Bool
    ) {
        metrics.webhookJudged(webhook, .replayed)
        guard begin(.info, .security, "webhook was delivered before") else { return }
        event.add("kind", "webhook_replayed")
        addAsker(journal)
        event.add("webhook", name)
        event.add("id", id)
        if isLetPass { event.add("mode", "shadow") }
        queue.append(&event)
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

    /// Adds whose request a security event is about.
    private mutating func addAsker(_ journal: borrowing Journal) {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            event.add("request_id", bytes.extracting(journal.request.requestID.indices))
            event.add("client_ip", bytes.extracting(journal.request.clientIP.indices))
        }
    }

    private mutating func addServer(_ upstream: Int, _ server: Int?) {
        let upstream = failures.upstreams[upstream]
        event.add("upstream", upstream.name)
        if let server { event.add("upstream_address", upstream.servers[server].text) }
    }
}

/// Which lines are written.
private struct LineChoice {
    let threshold: LogLevel
    /// Whether each request gets a line.
    let hasAccessLines: Bool

    init(_ settings: LogSettings) {
        threshold = LogLevel(settings.level)
        hasAccessLines = settings.isAccessLogged && threshold <= .info
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

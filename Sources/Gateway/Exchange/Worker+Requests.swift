import Bytes
import Config
import HTTP
import Linux
import Policy
import Telemetry

/// From a client's bytes to a decision.
extension Worker where Kernel: ~Copyable {
    /// Goes on with a client connection: something was reported, or it had more to do.
    mutating func wakeDownstream(_ d: UInt32) {
        switch downstreams[d].machine.phase {
        case .idle, .readingHead: readRequests(d)
        case .exchanging: advance(downstreams[d].exchange)
        case .finishing: finish(d)
        case .lingering: drop(d)
        }
    }

    /// Reads and begins requests until one waits for its app, or the client has sent no more.
    mutating func readRequests(_ d: UInt32) {
        var requestsLeft = Self.requestsPerTurn
        while true {
            if downstreams[d].opening != .none {
                switch goOnOpening(d) {
                case .complete: continue
                case .needsMore: break
                case .parked, .over: return
                }
            } else if !downstreams[d].wire.input.isEmpty {
                guard requestsLeft > 0 else { return goOnLater(d) }
                requestsLeft -= 1
                switch readHead(d) {
                case .complete:
                    begin(d)
                    guard isWaitingForRequest(d) else { return }
                    continue
                case .needsMore: break
                case .refused: return
                }
            }
            switch downstreams[d].wire.receive(by: &transport, from: &pool) {
            case .bytes:
                downstreams[d].marks.remove(.idling)
                continue
            case .wouldBlock: return awaitRequest(d)
            case .ended: return perform(downstreams[d].machine.on(.peerEnded), on: d)
            case .failed: return perform(downstreams[d].machine.on(.broken), on: d)
            // Limits on heads are below a buffer's size, so a full buffer has been refused.
            case nil: return perform(downstreams[d].machine.on(.broken), on: d)
            }
        }
    }

    /// A client that pipelines answers of our own makes others wait at most so many of them.
    private static var requestsPerTurn: Int { 32 }

    private func isWaitingForRequest(_ d: UInt32) -> Bool {
        guard downstreams.isOccupied(d) else { return false }
        return downstreams[d].machine.phase == .idle
    }

    mutating func goOnLater(_ d: UInt32) {
        turn.runnable.append(downstreams.index(of: d))
    }

    /// Nothing more to read: waits for a next request, or for the rest of a head.
    mutating func awaitRequest(_ d: UInt32) {
        guard downstreams[d].wire.input.isEmpty else {
            downstreams[d].wire.park(to: &pool)
            // Its deadline counts from the connect.
            guard downstreams[d].opening == .none else { return }
            // The deadline counts from the first byte; more bytes do not move it.
            guard downstreams[d].machine.phase == .idle else { return }
            downstreams[d].began = transport.now
            _ = downstreams[d].machine.on(.headBegan)
            return arm(d, after: plan.timeouts.header)
        }
        downstreams[d].wire.park(to: &pool)
        if turn.drain != nil {
            return perform(downstreams[d].machine.on(.drainBegan), on: d)
        }
        // Messages of TLS without a byte of a request do not count.
        guard downstreams[d].opening == .none, !downstreams[d].marks.contains(.idling) else {
            return
        }
        downstreams[d].marks.insert(.idling)
        arm(d, after: plan.timeouts.idle)
    }

    private enum HeadReading { case complete, needsMore, refused }

    private mutating func readHead(_ d: UInt32) -> HeadReading {
        desk.headOwner = nil
        do throws(WireError) {
            let progress = try downstreams[d].readHead(plan.headLimits, into: &desk.requestHead)
            return progress.isComplete ? .complete : .needsMore
        } catch {
            refuse(d, error)
            return .refused
        }
    }

    /// Decides on the head in `desk.requestHead` and acts on it.
    private mutating func begin(_ d: UInt32) {
        _ = downstreams[d].machine.on(.headCompleted)
        var journal = Journal(text: takeHead(d))
        journal.note(desk.requestHead)
        let verdict = decide(on: journal, d)
        complete(&journal, verdict)
        var limits = LimitTrace.none
        if verdict.awaits != nil {
            guard let passed = passPlain(verdict) else { return passByLedger(d, verdict, journal) }
            limits = passed
        }
        act(on: verdict, d, journal, limits)
    }

    /// Goes on where a verdict awaits more than one plain limit, or that refuses.
    @inline(never) private mutating func passByLedger(
        _ d: UInt32, _ verdict: Verdict, _ journal: consuming Journal
    ) {
        let ledger = desk.limits.ledgers.open()
        let limits = LimitTrace(ledger: ledger)
        if desk.limits.store.isUsed { return passLimits(open(d, verdict, journal, limits)) }
        var verdict = verdict
        passLocally(&verdict, journal, ledger, d)
        if verdict.principal.isNamed { journal.note(verdict.principal, desk.scratch) }
        if verdict.awaits != nil { return passLimits(open(d, verdict, journal, limits)) }
        actLater(on: verdict, d, journal, limits)
    }

    /// As ``act(on:_:_:_:)``, apart for the ways that are not the usual one.
    @inline(never) private mutating func actLater(
        on verdict: Verdict, _ d: UInt32, _ journal: consuming Journal, _ limits: LimitTrace
    ) {
        act(on: verdict, d, journal, limits)
    }

    /// Does what a verdict says that awaits nothing any more.
    @inline(__always) private mutating func act(
        on verdict: Verdict, _ d: UInt32, _ journal: consuming Journal, _ limits: LimitTrace
    ) {
        announce(verdict, journal)
        guard case .forward = verdict.action else {
            return end(d, answer(d, verdict, journal, limits))
        }
        guard plan.route(verdict.route).admits(desk.requestHead.framing) else {
            return end(d, answer(d, .bodyTooLarge, verdict, journal, limits))
        }
        launch(open(d, verdict, journal, limits))
    }

    /// Counts and tells what a request's policies found worth a word, once they have all spoken.
    @inline(__always) mutating func announce(_ verdict: Verdict, _ journal: borrowing Journal) {
        if verdict.cors.standing.isCounted { note(verdict, journal) }
        if verdict.reported != nil { sight.noteCrossSite(journal, isRefused: false) }
    }

    /// Moves the head that was read out of the client's input, for a journal: from here on this is
    /// what the head's ranges refer to.
    @inline(__always) private mutating func takeHead(_ d: UInt32) -> Buffer {
        let byteCount = desk.requestHead.byteCount
        let isSmall = byteCount + Journal.addedBytesMax <= BufferPool.smallBytes
        var text = pool.take(isSmall ? .small : .large)
        text.append(downstreams[d].wire.input, count: byteCount)
        downstreams[d].wire.input.consume(byteCount)
        return text
    }

    @inline(__always) private mutating func decide(
        on journal: borrowing Journal, _ d: UInt32
    ) -> Verdict {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            plan.pipeline.decide(
                desk.requestHead, in: bytes, from: arrival(d), over: downstreams[d].handshake,
                at: transport.wallTime, scratch: &desk.scratch)
        }
    }

    /// Notes what was settled with the head: see ``Journal``.
    @inline(__always) private mutating func complete(_ journal: inout Journal, _ verdict: Verdict) {
        journal.note(client: verdict.identity.client)
        if verdict.identity.requestID.isEmpty {
            journal.note(requestID: newRequestID())
        } else {
            journal.note(requestIDAt: verdict.identity.requestID)
        }
        let trace = journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            TraceParent(
                desk.requestHead, bytes, isTrusted: verdict.identity.isTrustedPeer,
                isSecure: verdict.identity.isSecure, plan.hops.trace, random: &desk.random)
        }
        journal.note(trace)
        if verdict.principal.isNamed { journal.note(verdict.principal, desk.scratch) }
    }

    /// Counts what a route's CORS policy made of a request, and tells of refusals.
    @inline(never) private mutating func note(_ verdict: Verdict, _ journal: borrowing Journal) {
        guard let route = verdict.route, let policy = plan.routes[route].stamp.cors else { return }
        let isRefused = verdict.cors.standing.isRefused
        sight.note(
            verdict, of: policy, journal,
            origin: isRefused ? desk.requestHead.first(.origin)?.value : nil)
    }

    mutating func newRequestID() -> RequestID {
        RequestID(milliseconds: transport.wallTime / 1_000_000, random: &desk.random)
    }

    /// Makes the exchange of a request that goes upstream, or waits before it is decided upon.
    ///
    /// - Parameter limits: What those of its route made of it so far.
    /// - Returns: Its slot.
    @inline(__always) mutating func open(
        _ d: UInt32, _ verdict: Verdict, _ journal: consuming Journal, _ limits: LimitTrace
    ) -> UInt32 {
        // Without more to read the buffer serves others while this request waits for its answer.
        downstreams[d].wire.park(to: &pool)
        var traits: ExchangeTraits = []
        if desk.requestHead.keepsAlive { traits.insert(.keepsAlive) }
        if desk.requestHead.version.isModern { traits.insert(.isModern) }
        if desk.requestHead.method.isHead { traits.insert(.isHead) }
        if desk.requestHead.options.contains(.upgrade) { traits.insert(.wantsUpgrade) }
        let framing = desk.requestHead.framing
        let exchange = Exchange(
            ExchangePlan(
                verdict: verdict, method: desk.requestHead.method, framing: framing,
                traits: traits),
            downstream: d, journal: journal,
            requestBody: BodyRelay(
                framing, leaves: framing.isChunked ? .chunked : .plain, isFinal: false,
                bytesMax: plan.route(verdict.route).bodyBytesMax),
            now: transport.now)
        // As many exchanges as connections fit, and each connection has one at a time.
        guard let index = exchanges.insert(exchange) else {
            preconditionFailure("a connection has at most one exchange")
        }
        exchanges[index.slot].admission.limits = limits
        downstreams[d].exchange = index.slot
        if case .unread = verdict.body {
            // As nearly all bodies.
        } else {
            inspect(index.slot, verdict)
        }
        desk.headOwner = index
        return index.slot
    }

    /// Has the body of an exchange looked through by the rules of its route.
    mutating func inspect(_ x: UInt32, _ verdict: Verdict) {
        let rules = plan.pipeline.bodyRules(of: verdict.route)
        let inspector = exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            desk.inspectors.begin(verdict.body, of: bytes, by: rules)
        }
        exchanges[x].requestBody.inspector = inspector
    }
}

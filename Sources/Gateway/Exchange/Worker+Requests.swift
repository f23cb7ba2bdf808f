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
            if downstreams[d].awaitsProxyHeader, !downstreams[d].wire.input.isEmpty {
                switch readProxyHeader(d) {
                case .complete: continue
                case .needsMore: break
                case .refused: return
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
            case .bytes: continue
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
            guard !downstreams[d].awaitsProxyHeader else { return }
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
        guard !downstreams[d].awaitsProxyHeader else { return }
        arm(d, after: plan.timeouts.idle)
    }

    private enum HeadReading { case complete, needsMore, refused }

    private mutating func readHead(_ d: UInt32) -> HeadReading {
        let input = downstreams[d].wire.input.take()
        do throws(WireError) {
            let progress = try input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
                try downstreams[d].reader.read(
                    bytes, limits: plan.headLimits, into: &desk.requestHead)
            }
            desk.headOwner = nil
            downstreams[d].wire.input = input
            guard progress.isComplete else { return .needsMore }
            downstreams[d].reader = RequestReader()
            return .complete
        } catch {
            downstreams[d].wire.input = input
            refuse(d, error)
            return .refused
        }
    }

    /// Decides on the head in `desk.requestHead` and acts on it.
    private mutating func begin(_ d: UInt32) {
        _ = downstreams[d].machine.on(.headCompleted)
        let input = downstreams[d].wire.input.take()
        let headBytes = desk.requestHead.byteCount
        let arrival = arrival(d)
        var opened: UInt32 = .max
        var persistence = DownstreamMachine.Persistence.kept
        input.withReadable { (bytes: borrowing Span<UInt8>) in
            let verdict = plan.pipeline.decide(
                desk.requestHead, in: bytes, from: arrival, at: transport.wallTime,
                scratch: &desk.scratch)
            let journal = writeJournal(verdict, bytes)
            if verdict.cors.standing.isCounted { note(verdict, journal) }
            if verdict.reported != nil { sight.noteCrossSite(journal, isRefused: false) }
            if case .forward(let upstream) = verdict.action {
                if plan.route(verdict.route).admits(desk.requestHead.framing) {
                    opened = open(d, to: upstream, verdict, bytes, journal)
                } else {
                    persistence = answer(d, .bodyTooLarge, verdict, journal)
                }
            } else {
                persistence = answer(d, verdict, journal)
            }
        }
        downstreams[d].wire.input = input
        downstreams[d].wire.input.consume(headBytes)
        guard opened != .max else { return end(d, persistence) }
        // Without more to read the buffer serves others while this request waits for its answer.
        downstreams[d].wire.park(to: &pool)
        reach(opened)
    }

    /// Keeps what outlives the head: see ``Journal``.
    private mutating func writeJournal(
        _ verdict: Verdict, _ bytes: borrowing Span<UInt8>
    ) -> Journal {
        let isSmall = desk.requestHead.byteCount + Journal.addedBytesMax <= BufferPool.smallBytes
        var journal = Journal(
            desk.requestHead, in: bytes, text: pool.take(isSmall ? .small : .large))
        journal.note(client: verdict.identity.client)
        if verdict.identity.requestID.isEmpty {
            journal.note(requestID: newRequestID())
        } else {
            journal.note(requestIDAt: verdict.identity.requestID)
        }
        journal.note(
            TraceParent(
                desk.requestHead, bytes, isTrusted: verdict.identity.isTrustedPeer,
                plan.hops.trace, random: &desk.random))
        if verdict.principal.isNamed { journal.note(verdict.principal, desk.scratch) }
        return journal
    }

    /// Counts what a route's CORS policy made of a request, and tells of refusals.
    private mutating func note(_ verdict: Verdict, _ journal: borrowing Journal) {
        guard let route = verdict.route, let policy = plan.routes[route].stamp.cors else { return }
        sight.note(verdict, of: policy, journal, origin: desk.requestHead.first(.origin)?.value)
    }

    mutating func newRequestID() -> RequestID {
        RequestID(
            milliseconds: transport.wallTime / 1_000_000, desk.random.next(), desk.random.next())
    }

    /// Makes the exchange of a request that goes upstream.
    ///
    /// - Returns: Its slot.
    private mutating func open(
        _ d: UInt32, to upstream: Int, _ verdict: Verdict, _ bytes: borrowing Span<UInt8>,
        _ journal: consuming Journal
    ) -> UInt32 {
        var traits: ExchangeTraits = []
        if desk.requestHead.keepsAlive { traits.insert(.keepsAlive) }
        if desk.requestHead.version.isModern { traits.insert(.isModern) }
        if desk.requestHead.method.isHead { traits.insert(.isHead) }
        if desk.requestHead.options.contains(.upgrade) { traits.insert(.wantsUpgrade) }
        let framing = desk.requestHead.framing
        let exchange = Exchange(
            ExchangePlan(
                verdict: verdict, upstream: upstream, method: desk.requestHead.method,
                framing: framing, traits: traits),
            downstream: d, journal: journal,
            requestBody: BodyRelay(
                framing, leaves: framing.isChunked ? .chunked : .plain, isFinal: false,
                bytesMax: plan.route(verdict.route).bodyBytesMax),
            now: transport.now)
        // As many exchanges as connections fit, and each connection has one at a time.
        guard let index = exchanges.insert(exchange) else {
            preconditionFailure("a connection has at most one exchange")
        }
        downstreams[d].exchange = index.slot
        if case .unread = verdict.body {
            // As nearly all bodies.
        } else {
            exchanges[index.slot].requestBody.inspector = desk.inspectors.begin(
                verdict.body, of: bytes, by: plan.pipeline.bodyRules(of: verdict.route))
        }
        desk.headOwner = index
        return index.slot
    }
}

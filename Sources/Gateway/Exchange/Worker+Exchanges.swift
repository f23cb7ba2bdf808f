import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// The middle of an exchange: moves what can be moved, and performs what its machine decides.
extension Worker where Kernel: ~Copyable {
    /// Whether an exchange is still there after a step.
    enum Step { case goesOn, ended }

    /// Goes on with an exchange until both its sockets would block.
    ///
    /// Safe to call at any time.
    mutating func advance(_ x: UInt32) {
        guard exchanges[x].upstream != .max, exchanges[x].machine.link != .connecting else {
            return isHolding(x) ? goOnHolding(x) : watchClient(x)
        }
        if exchanges[x].machine.response == .tunnelled { return advanceTunnel(x) }
        let (d, u) = (exchanges[x].downstream, exchanges[x].upstream)
        // Of a request without a body nothing is left once its head is out.
        if exchanges[x].machine.request == .arriving || !upstreams[u].wire.output.isEmpty {
            guard relayRequest(x) == .goesOn else { return }
        }
        if exchanges[x].machine.response == .awaited {
            if !downstreams[d].wire.output.isEmpty {
                guard flushInterim(x) == .goesOn else { return }
            }
            // Nothing to read, as always when a request has just been sent.
            guard upstreams[u].wire.state.contains(.readable) || !upstreams[u].wire.input.isEmpty
            else { return watchClient(x) }
            guard readResponse(x) == .goesOn else { return }
        }
        if exchanges[x].machine.response == .arriving {
            guard relayResponse(x) == .goesOn else { return }
        }
        watchClient(x)
    }

    /// Sends what the client has not yet taken of interim responses: it may be waiting for a 100.
    private mutating func flushInterim(_ x: UInt32) -> Step {
        switch downstreams[exchanges[x].downstream].wire.flush(by: &transport, to: &pool) {
        case nil, .wouldBlock, .bytes: return .goesOn
        case .failed, .ended: return perform(exchanges[x].machine.on(.downstreamLost), on: x)
        }
    }

    /// Moves the request on.
    private mutating func relayRequest(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        guard exchanges[x].machine.request == .arriving else {
            switch upstreams[u].wire.flush(by: &transport, to: &pool) {
            case nil:
                noteRequestSent(x)
                return .goesOn
            case .failed(let error): return upstreamLost(x, UpstreamFailure(losing: error))
            case .wouldBlock, .bytes, .ended:
                armRequest(x, .sinkFull)
                return .goesOn
            }
        }
        let d = exchanges[x].downstream
        let before = exchanges[x].requestBody.byteCount
        let stop = exchanges[x].requestBody.advance(
            from: &downstreams[d].wire, to: &upstreams[u].wire, by: &transport, &pool,
            &desk.trailers, &desk.inspectors)
        if exchanges[x].requestBody.byteCount != before {
            exchanges[x].timing.lastRead = transport.now
        }
        switch stop {
        case .finished:
            _ = exchanges[x].machine.on(.requestDelivered)
            noteRequestSent(x)
        case .hasMore: goOnLater(d)
        case .sourceDry, .sinkFull:
            downstreams[d].wire.park(to: &pool)
            armRequest(x, stop)
        case .sourceEnded, .sourceBroken:
            return perform(exchanges[x].machine.on(.downstreamLost), on: x)
        case .sinkBroken(let error): return upstreamRefusesBody(x, error)
        case .malformed(let error):
            exchanges[x].record.reason = error.token
            if error.isSmuggling { sight.noteSmuggling(error, exchanges[x].journal) }
            return perform(exchanges[x].machine.on(.requestMalformed), on: x)
        case .tooLarge: return perform(exchanges[x].machine.on(.requestTooLarge), on: x)
        case .refused(let reason):
            exchanges[x].record.reason = reason.token
            return perform(exchanges[x].machine.on(.requestRefused(reason.code)), on: x)
        }
        return .goesOn
    }

    /// The app stopped reading.
    ///
    /// It may have answered first, saying why: that answer is worth more
    /// than the error of our write.
    private mutating func upstreamRefusesBody(_ x: UInt32, _ error: Errno) -> Step {
        if exchanges[x].machine.response == .awaited {
            guard readResponse(x) == .goesOn else { return .ended }
            if exchanges[x].machine.response == .awaited {
                return upstreamLost(x, UpstreamFailure(losing: error))
            }
        }
        return .goesOn
    }

    @inline(__always) private mutating func noteRequestSent(_ x: UInt32) {
        armUpstream(
            exchanges[x].upstream,
            after: plan.route(exchanges[x].plan.verdict.route).timeouts.response)
        let d = exchanges[x].downstream
        // Until it is watched, its timer says when to begin.
        if downstreams[d].isWatched { disarm(d) }
    }

    /// Moves the body of the response on.
    @inline(__always) private mutating func relayResponse(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        let d = exchanges[x].downstream
        let before = exchanges[x].responseBody.byteCount
        let stop = exchanges[x].responseBody.advance(
            from: &upstreams[u].wire, to: &downstreams[d].wire, by: &transport, &pool,
            &desk.trailers, &desk.inspectors)
        if exchanges[x].responseBody.byteCount != before {
            exchanges[x].timing.lastRead = transport.now
        }
        switch stop {
        case .finished: return perform(exchanges[x].machine.on(.responseDelivered), on: x)
        case .hasMore: goOnLater(d)
        case .sourceDry, .sinkFull:
            upstreams[u].wire.park(to: &pool)
            armResponse(x, stop)
        case .sourceEnded: return upstreamLost(x, .closedEarly)
        case .sourceBroken(let error): return upstreamLost(x, UpstreamFailure(losing: error))
        case .sinkBroken: return perform(exchanges[x].machine.on(.downstreamLost), on: x)
        case .malformed, .tooLarge, .refused: return upstreamLost(x, .invalid)
        }
        return .goesOn
    }

    mutating func upstreamLost(_ x: UInt32, _ failure: UpstreamFailure) -> Step {
        let hadSpoken = !upstreams[exchanges[x].upstream].wire.input.isEmpty
        let event = ExchangeMachine.Event.upstreamLost(failure, hadSpoken: hadSpoken)
        return perform(exchanges[x].machine.on(event), on: x)
    }

    /// Notices a client that has gone while its answer is awaited.
    ///
    /// A client that ends its side with its request waits for the answer (a half-close). One that
    /// ends it later has given up, as closing looks the same on the wire.
    private mutating func watchClient(_ x: UInt32) {
        let d = exchanges[x].downstream
        let state = downstreams[d].wire.state
        if state.contains(.broken) {
            _ = perform(exchanges[x].machine.on(.downstreamLost), on: x)
        } else if state.contains(.ended), exchanges[x].machine.response != .tunnelled,
            // In a queue nothing of a body is read, and its client leaves behind it.
            exchanges[x].machine.request == .delivered || exchanges[x].admission.place.isAwaited
                || isAwaitingOther(x) || isAwaitingCertificate(x)
        {
            let timing = exchanges[x].timing
            // A long upload ends later than it began; what comes of a response says nothing.
            let isAwaited = exchanges[x].machine.response == .awaited
            let age = transport.now.nanoseconds(
                since: isAwaited ? timing.lastRead : timing.began)
            guard !exchanges[x].plan.traits.contains(.isHalfClosed) else { return }
            if age > Self.halfCloseGrace {
                _ = perform(exchanges[x].machine.on(.downstreamLost), on: x)
            } else {
                exchanges[x].plan.traits.insert(.isHalfClosed)
            }
        }
    }

    /// 100 ms: an end that comes with a request arrives in the same moment.
    private static var halfCloseGrace: UInt64 { 100_000_000 }

    // MARK: Performing

    /// Performs what the machine decided.
    @discardableResult
    mutating func perform(_ action: ExchangeMachine.Action, on x: UInt32) -> Step {
        switch action {
        case .proceed, .relayHead, .tunnel:
            return .goesOn
        case .connectNext:
            reach(x)
            return .ended
        case .retry:
            retry(x)
            return .ended
        case .answer(let code, let outcome, let failure):
            answerInstead(x, code, outcome, failure)
            return .ended
        case .abort(let outcome, let failure):
            abort(x, outcome, failure)
            return .ended
        case .finish:
            finishExchange(x)
            return .ended
        }
    }

    private mutating func retry(_ x: UInt32) {
        sight.metrics.upstreamRetried(exchanges[x].plan.upstream)
        closeUpstream(exchanges[x].upstream, .orderly)
        exchanges[x].upstream = .max
        reach(x)
    }

    /// Answers for an app that did not.
    private mutating func answerInstead(
        _ x: UInt32, _ code: ProblemCode, _ outcome: Outcome, _ failure: UpstreamFailure?
    ) {
        dropUpstream(of: x, noting: failure)
        exchanges[x].record.outcome = outcome
        settle(x, with: .problem(code, problemFormat(of: x)))
    }

    /// Ends an exchange, which has no upstream any more, with an answer of the gateway.
    mutating func settle(_ x: UInt32, with content: OwnAnswer.Content) {
        let d = exchanges[x].downstream
        let isUnread = !exchanges[x].requestBody.isSourceDone && !dropHeld(x)
        let keeps = exchanges[x].plan.traits.contains(.keepsAlive) && turn.drain == nil
        let persistence: DownstreamMachine.Persistence =
            isUnread ? .endsUnread : keeps ? .kept : .ends
        let answer = OwnAnswer(
            content: content, isHead: exchanges[x].plan.traits.contains(.isHead),
            subject: StampSubject(exchanges[x].plan.verdict, exchanges[x].journal),
            connection: persistence.field(
                isModern: exchanges[x].plan.traits.contains(.isModern)))
        var record = exchanges[x].record
        let route = exchanges[x].plan.verdict.route
        let journal = exchanges[x].journal.take()
        compose(
            answer, d, route: route, journal, exchanges[x].admission.limits, &record)
        // Behind interim responses that the client has not taken there may be too little room.
        let isWhole = !downstreams[d].wire.output.hasOverflowed
        if !isWhole { record.noteUnsent() }
        exchanges[x].journal = journal
        exchanges[x].record = record
        conclude(x)
        end(d, isWhole ? persistence : .cut)
    }

    mutating func problemFormat(of x: UInt32) -> ProblemFormat {
        if desk.headOwner != exchanges.index(of: x) { rereadHead(of: x) }
        return exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            ProblemFormat.preferred(by: desk.requestHead, in: bytes)
        }
    }

    /// Ends an exchange that cannot be completed.
    private mutating func abort(_ x: UInt32, _ outcome: Outcome, _ failure: UpstreamFailure?) {
        let d = exchanges[x].downstream
        dropUpstream(of: x, noting: failure)
        exchanges[x].record.outcome = outcome
        conclude(x)
        end(d, .cut)
    }

    private mutating func dropUpstream(of x: UInt32, noting failure: UpstreamFailure?) {
        if let failure {
            exchanges[x].record.reason = failure.name
            sight.metrics.upstreamFailed(exchanges[x].plan.upstream, reason: failure)
            sight.noteUpstreamFailure(
                exchanges[x].plan.upstream, exchanges[x].record.upstreamAddress.map(Int.init),
                failure)
        }
        let u = exchanges[x].upstream
        guard u != .max else { return }
        exchanges[x].upstream = .max
        closeUpstream(u, .orderly)
    }

    /// Ends an exchange whose response is with the client.
    @inline(__always) private mutating func finishExchange(_ x: UInt32) {
        let d = exchanges[x].downstream
        let u = exchanges[x].upstream
        let isDelivered = exchanges[x].machine.request == .delivered
        release(u, isClean: isDelivered && exchanges[x].plan.traits.contains(.upstreamIsKept))
        let isKept = isDelivered && exchanges[x].plan.traits.contains(.clientIsKept)
        conclude(x)
        end(d, isKept ? .kept : isDelivered ? .ends : .endsUnread)
    }

    /// Writes the one record of an exchange, which ends here.
    mutating func conclude(_ x: UInt32) {
        exchanges[x].conclude(at: transport.now, telling: &sight)
        pool.give(exchanges[x].journal.takeText())
        if exchanges[x].requestBody.isInspected {
            desk.inspectors.end(exchanges[x].requestBody.inspector)
        }
        leaveLimits(x)
        exchanges.discard(x)
    }
}

import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// Takes requests through the limits of their routes, one stage after the other.
extension Worker where Kernel: ~Copyable {
    /// What a stage of limits made of a request.
    enum StageRuling {
        case admitted
        case refused(RefusalReason)
        /// Somebody else was asked; the exchange goes on with the answer.
        case awaited
    }

    /// Has a request pass by the one limit of its route, where that is one by address that this
    /// process decides: nearly all requests with limits end their way through them here.
    ///
    /// - Returns: What to tell of it; `nil` if this is not so, or the limit refuses: nothing was
    ///   taken then.
    @inline(__always) mutating func passPlain(_ verdict: Verdict) -> LimitTrace? {
        guard verdict.endsBehindLimits, let client = verdict.identity.client,
            let route = verdict.route, let limit = plan.plainLimits[route]
        else { return nil }
        let now = transport.now.nanoseconds / 1000
        let reading = limit.table.take(BucketKey(client), limit.price, at: now)
        guard reading.isAdmitted else { return nil }
        sight.metrics.limitDecided(Int(limit.limit), .admitted, by: .local)
        guard limit.tellsClients else { return LimitTrace.none }
        return LimitTrace(
            limit.limit, limit.table.shape.standing(of: reading.bucket, at: now))
    }

    /// Takes the request in `desk.requestHead` through all limits that this process decides by
    /// itself.
    ///
    /// - Parameters:
    ///   - verdict: Awaits limits; nothing, or what needs the body, if they let the request pass.
    ///   - journal: Of that request.
    ///   - ledger: Gets an entry for each limit.
    ///   - d: Whose request it is.
    @inline(__always) mutating func passLocally(
        _ verdict: inout Verdict, _ journal: borrowing Journal, _ ledger: UInt32, _ d: UInt32
    ) {
        let route = plan.route(verdict.route)
        while let stage = verdict.awaits {
            if stage >= .webhook { return }
            let limits = route.limits[stage]
            desk.limits.ledgers.beginStage(of: ledger)
            if let reason = enter(
                limits, ledger, verdict, journal, of: downstreams[d].handshake)
            {
                return verdict.refuse(reason)
            }
            if case .refused(let reason) = decideLocally(limits, ledger) {
                return verdict.refuse(reason)
            }
            goOn(with: &verdict, journal)
        }
    }

    /// Has the policies go on behind the limits that a verdict awaits, which let the request pass.
    @inline(__always) private mutating func goOn(
        with verdict: inout Verdict, _ journal: borrowing Journal
    ) {
        guard !verdict.endsBehindLimits else {
            verdict.awaits = nil
            return
        }
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            plan.pipeline.goOn(
                with: &verdict, desk.requestHead, in: bytes, at: transport.wallTime,
                scratch: &desk.scratch)
        }
    }

    // MARK: Exchanges that wait

    /// Goes on from the stage of limits that an exchange's verdict awaits.
    mutating func passLimits(_ x: UInt32) {
        while let stage = exchanges[x].plan.verdict.awaits {
            switch pass(stage, x) {
            case .admitted: leave(x)
            case .refused(let reason): exchanges[x].plan.verdict.refuse(reason)
            case .awaited: return
            }
        }
        act(x)
    }

    /// Has the policies go on behind a stage of limits that let the request pass.
    mutating func leave(_ x: UInt32) {
        useHead(of: x)
        let journal = exchanges[x].journal.take()
        var verdict = exchanges[x].plan.verdict
        goOn(with: &verdict, journal)
        exchanges[x].plan.verdict = verdict
        exchanges[x].journal = journal
        if verdict.principal.isNamed, exchanges[x].journal.principal.isEmpty {
            exchanges[x].journal.note(verdict.principal, desk.scratch)
        }
    }

    /// Has `desk.requestHead` be that of an exchange.
    mutating func useHead(of x: UInt32) {
        if desk.headOwner != exchanges.index(of: x) { rereadHead(of: x) }
    }

    /// The limits of an exchange's route at a stage.
    @inline(__always) func limits(of stage: PolicyStage, _ x: UInt32) -> [RouteLimit] {
        plan.route(exchanges[x].plan.verdict.route).limits[stage]
    }

    private mutating func pass(_ stage: PolicyStage, _ x: UInt32) -> StageRuling {
        useHead(of: x)
        if stage >= .webhook {
            if case .webhook = stage, answerChallenge(x) { return .awaited }
            if let gate = gateAhead(of: x) {
                enter(gate, x)
                return .awaited
            }
            guard exchanges[x].admission.held != .max else {
                hold(x)
                return .awaited
            }
            readHeld(x)
            if case .webhook = stage { return verifyWebhook(x) }
        }
        let ledger = exchanges[x].admission.ledger
        desk.limits.ledgers.beginStage(of: ledger)
        let limits = limits(of: stage, x)
        let journal = exchanges[x].journal.take()
        let reason = enter(
            limits, ledger, exchanges[x].plan.verdict, journal,
            of: downstreams[exchanges[x].downstream].handshake)
        exchanges[x].journal = journal
        desk.limits.body.removeAll()
        if let reason { return .refused(reason) }
        guard !desk.limits.ledgers.stage(of: ledger).isEmpty else { return .admitted }
        return desk.limits.store.isUsed
            ? decideByStore(limits, ledger, x) : decideLocally(limits, ledger)
    }

    /// Does what the verdict of an exchange says, which awaits nothing any more.
    private mutating func act(_ x: UInt32) {
        useHead(of: x)
        let verdict = exchanges[x].plan.verdict
        let journal = exchanges[x].journal.take()
        announce(verdict, journal)
        exchanges[x].journal = journal
        guard case .forward(let upstream) = verdict.action else { return settleVerdict(x) }
        guard plan.route(verdict.route).admits(exchanges[x].plan.framing) else {
            exchanges[x].record.outcome = .bodyTooLarge
            return settle(x, with: .problem(.bodyTooLarge, problemFormat(of: x)))
        }
        exchanges[x].aim(at: upstream)
        // Where only limits by the body were awaited it was known when the exchange was opened.
        if !verdict.body.isUnread, !exchanges[x].requestBody.isInspected { inspect(x, verdict) }
        launch(x)
    }

    /// Ends an exchange whose verdict is an answer of the gateway.
    private mutating func settleVerdict(_ x: UInt32) {
        let verdict = exchanges[x].plan.verdict
        var record = exchanges[x].record
        let journal = exchanges[x].journal.take()
        let content = content(
            of: verdict, journal, ledger: exchanges[x].admission.ledger, &record)
        exchanges[x].journal = journal
        exchanges[x].record = record
        settle(x, with: content)
    }

    // MARK: Telling

    /// Seconds until all limits that refuse a request would let it pass; `nil` if none does.
    func retryAfter(_ ledger: UInt32) -> UInt32? {
        guard ledger != .max else { return nil }
        var longest: UInt32?
        for index in desk.limits.ledgers.entries(of: ledger)
        where desk.limits.ledgers[ledger, index].isRefused {
            longest = max(longest ?? 1, desk.limits.ledgers[ledger, index].retryAfter)
        }
        return longest
    }

    /// Writes a security event for a request that limits refuse: once a second for each limit.
    mutating func tellRefusal(_ ledger: UInt32, _ journal: borrowing Journal) {
        for index in desk.limits.ledgers.entries(of: ledger)
        where desk.limits.ledgers[ledger, index].isRefused {
            let limit = Int(desk.limits.ledgers[ledger, index].limit)
            guard let suppressed = desk.limits.paces[limit].note(at: transport.wallTime) else {
                continue
            }
            sight.noteRateLimited(
                plan.commons.limits[limit].settings.name, journal, suppressed: suppressed)
        }
    }

    /// Writes down what a response with this status tells of limits, and gives back what it says
    /// was not to be counted.
    @inline(__always) mutating func tellLimits(_ limits: LimitTrace, status: UInt16) {
        if desk.limits.notes.isWritten { desk.limits.notes.clear() }
        if limits.isNone { return }
        if limits.ledger != .max {
            settleLimits(limits.ledger, status: status)
            desk.limits.writeNotes(limits.ledger, by: plan.commons.limits)
        } else if limits.limit != .max {
            desk.limits.notes.write(limits, by: plan.commons.limits[Int(limits.limit)])
        }
    }

    /// Lets go of what an exchange holds of its route's limits; its last act.
    @inline(__always) mutating func leaveLimits(_ x: UInt32) {
        if !exchanges[x].admission.place.isNone { leavePlace(x) }
        if exchanges[x].admission.held != .max {
            if isAwaitingCertificate(x) { leaveCertificateWait(x) }
            endHolding(x)
        }
        if exchanges[x].admission.delivery != .max { endDelivery(x) }
        let ledger = exchanges[x].admission.ledger
        if ledger != .max {
            if desk.limits.ledgers.hasReserved(ledger) { oweReserved(ledger) }
            desk.limits.ledgers.close(ledger, to: &pool)
        }
    }
}

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

    /// Makes an exchange of the request in `desk.requestHead`, whose verdict awaits limits, and
    /// takes it as far as it goes.
    mutating func beginLimited(_ d: UInt32, _ verdict: Verdict, _ journal: consuming Journal) {
        let x = open(d, verdict, journal)
        exchanges[x].admission.ledger = desk.limits.ledgers.open()
        passLimits(x)
    }

    /// Goes on from the stage of limits that an exchange's verdict awaits.
    mutating func passLimits(_ x: UInt32) {
        while let stage = exchanges[x].plan.verdict.awaits {
            switch pass(stage, x) {
            case .admitted: leave(stage, x)
            case .refused(let reason): exchanges[x].plan.verdict.refuse(reason)
            case .awaited: return
            }
        }
        act(x)
    }

    /// Has the policies go on behind a stage of limits that let the request pass.
    mutating func leave(_ stage: LimitStage, _ x: UInt32) {
        useHead(of: x)
        var verdict = exchanges[x].plan.verdict
        exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            plan.pipeline.goOn(
                with: &verdict, desk.requestHead, in: bytes, at: transport.wallTime,
                scratch: &desk.scratch)
        }
        exchanges[x].plan.verdict = verdict
        if verdict.principal.isNamed, exchanges[x].journal.principal.isEmpty {
            exchanges[x].journal.note(verdict.principal, desk.scratch)
        }
    }

    /// Has `desk.requestHead` be that of an exchange.
    mutating func useHead(of x: UInt32) {
        if desk.headOwner != exchanges.index(of: x) { rereadHead(of: x) }
    }

    private mutating func pass(_ stage: LimitStage, _ x: UInt32) -> StageRuling {
        useHead(of: x)
        if case .body = stage {
            if let gate = gateAhead(of: x) {
                enter(gate, x)
                return .awaited
            }
            guard exchanges[x].admission.held != nil else {
                hold(x)
                return .awaited
            }
            readHeld(x)
        }
        let ledger = exchanges[x].admission.ledger
        desk.limits.ledgers[ledger].beginStage()
        if let reason = enterLimits(of: stage, x) { return .refused(reason) }
        return decideLocally(of: stage, x)
    }

    /// Does what the verdict of an exchange says, which awaits nothing any more.
    private mutating func act(_ x: UInt32) {
        useHead(of: x)
        let verdict = exchanges[x].plan.verdict
        announce(verdict, x)
        guard case .forward(let upstream) = verdict.action else { return settle(x) }
        guard plan.route(verdict.route).admits(exchanges[x].plan.framing) else {
            exchanges[x].record.outcome = .bodyTooLarge
            return settle(x, with: .problem(.bodyTooLarge, problemFormat(of: x)))
        }
        exchanges[x].aim(at: upstream)
        if case .unread = verdict.body {
            // As nearly all bodies.
        } else {
            inspect(x, verdict)
        }
        launch(x)
    }

    private mutating func announce(_ verdict: Verdict, _ x: UInt32) {
        guard verdict.cors.standing.isCounted || verdict.reported != nil else { return }
        let journal = exchanges[x].journal.take()
        announce(verdict, journal)
        exchanges[x].journal = journal
    }

    /// Ends an exchange whose verdict is an answer of the gateway.
    private mutating func settle(_ x: UInt32) {
        let verdict = exchanges[x].plan.verdict
        let format = problemFormat(of: x)
        var content = OwnAnswer.Content(verdict.action, format)
        exchanges[x].record.outcome = .answered
        switch verdict.action {
        case .refuse(let refusal):
            note(refusal.reason, x)
            if case .problem(var problem, let field) = content, let wait = retryAfter(of: x) {
                problem.retryAfter = wait
                content = .problem(problem, telling: field)
            }
        case .redirect:
            let fits = exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                plan.route(verdict.route).canRedirect(desk.requestHead, in: bytes)
            }
            guard !fits else { break }
            exchanges[x].record.outcome = .uriTooLong
            content = .problem(.uriTooLong, format)
        default: break
        }
        settle(x, with: content)
    }

    /// Notes why a request is refused, in its record and where it is worth an event.
    private mutating func note(_ reason: RefusalReason, _ x: UInt32) {
        exchanges[x].record.outcome = Outcome(reason.code)
        exchanges[x].record.reason = reason.token
        let ledger = exchanges[x].admission.ledger
        switch reason {
        case .crossSite:
            let journal = exchanges[x].journal.take()
            sight.noteCrossSite(journal, isRefused: true)
            exchanges[x].journal = journal
        case .limitReached: tellRefusal(ledger, x)
        default: break
        }
    }

    /// Seconds until all limits that refuse a request would let it pass; `nil` if none does.
    private func retryAfter(of x: UInt32) -> UInt32? {
        let ledger = exchanges[x].admission.ledger
        var longest: UInt32?
        for index in 0..<desk.limits.ledgers[ledger].count {
            let entry = desk.limits.ledgers[ledger][index]
            guard case .refused = entry.ruling else { continue }
            longest = max(longest ?? 1, entry.retryAfter)
        }
        return longest
    }

    /// Writes a security event for a request that limits refuse: once a second for each limit.
    private mutating func tellRefusal(_ ledger: UInt32, _ x: UInt32) {
        for index in 0..<desk.limits.ledgers[ledger].count {
            let entry = desk.limits.ledgers[ledger][index]
            guard case .refused = entry.ruling else { continue }
            let limit = Int(entry.limit)
            guard let suppressed = desk.limits.paces[limit].note(at: transport.wallTime) else {
                continue
            }
            let journal = exchanges[x].journal.take()
            sight.noteRateLimited(
                plan.commons.limits[limit].settings.name, journal, suppressed: suppressed)
            exchanges[x].journal = journal
        }
    }

    /// Writes down what a response with this status tells of limits, and gives back what it says
    /// was not to be counted.
    ///
    /// - Parameter ledger: `.max` for a request without limits.
    @inline(__always) mutating func tellLimits(_ ledger: UInt32, status: UInt16) {
        if ledger == .max {
            if !desk.limits.notes.isEmpty { desk.limits.notes.clear() }
        } else {
            settleLimits(ledger, status: status)
            writeNotes(ledger)
        }
    }

    private mutating func writeNotes(_ ledger: UInt32) {
        desk.limits.writeNotes(ledger, by: plan.commons.limits)
    }

    /// Lets go of what an exchange holds of its route's limits; its last act.
    mutating func leaveLimits(_ x: UInt32) {
        if !exchanges[x].admission.place.isNone { leavePlace(x) }
        if let held = exchanges[x].admission.held {
            plan.commons.heldBodies.give(held.reservedBytes)
        }
        let ledger = exchanges[x].admission.ledger
        guard ledger != .max else { return }
        desk.limits.ledgers.close(ledger, to: &pool)
    }
}

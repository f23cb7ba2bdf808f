import Bytes
import Linux
import Policy
import Redis
import Telemetry

/// What Redis knows of events, for all gateways together.
///
/// Whoever claims here has claimed in this process's table before, and tells that table what comes
/// of it, so that it is right should Redis go away at any moment.
extension Worker where Kernel: ~Copyable {
    /// Makes a claim of an event, which nobody knows of yet.
    ///
    /// - Parameters:
    ///   - text: What the event is known by.
    ///   - life: Nanoseconds after which it ends by itself; longer than the app may take.
    mutating func makeClaim(webhook: Int, of text: ReplayID, life: UInt64) -> ReplayClaim {
        let key = plan.commons.replays.key(
            of: text, webhook: webhook, material: &desk.replays.key)
        let end = transport.now.advanced(byNanoseconds: life).nanoseconds / 1000
        return ReplayClaim(
            webhook: webhook, text: text, key: key, ticket: ReplayTicket(desk.random.next()),
            end: end)
    }

    /// Claims an event in Redis; the exchange waits for ``deliveryAnswered(_:_:)``.
    ///
    /// - Returns: Whether it was asked; if not, the process decides for itself.
    mutating func claimInStore(_ x: UInt32, _ claim: ReplayClaim) -> Bool {
        let left = min(exchanges[x].admission.storeLeft, plan.storeTimeout)
        let now = transport.now.nanoseconds / 1000
        guard left > 0, claim.end > now, storeAdmits() else { return false }
        let isAsked = callReplays(
            for: .delivery(exchanges.index(of: x)), "claim", claim.text, claim.ticket,
            webhook: claim.webhook, microseconds: claim.end &- now,
            until: transport.now.advanced(byNanoseconds: left))
        guard isAsked else { return false }
        exchanges[x].admission.storeLeft = left
        exchanges[x].admission.storeAsked = transport.now
        exchanges[x].admission.callCount += 1
        return true
    }

    /// Tells Redis, now or when it is back, that the app has accepted an event.
    ///
    /// - Parameter seconds: For how long it is known, from now on.
    mutating func commitInStore(_ claim: ReplayClaim, seconds: Int64) {
        let life = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000)
        let (end, overflows) = (transport.now.nanoseconds / 1000)
            .addingReportingOverflow(life.partialValue)
        tellStore(
            ReplayNote(
                .commit, webhook: UInt16(truncatingIfNeeded: claim.webhook), text: claim.text,
                ticket: claim.ticket, until: overflows || life.overflow ? .max : end))
    }

    /// Tells Redis, now or when it is back, that a claim came to nothing.
    ///
    /// - Parameter x: The claim's exchange. If it waits for Redis still, the claim may be behind
    ///   this on another connection: its end is told once it must have been answered.
    mutating func releaseInStore(_ x: UInt32, _ claim: ReplayClaim) {
        var note = ReplayNote(
            .release, webhook: UInt16(truncatingIfNeeded: claim.webhook), text: claim.text,
            ticket: claim.ticket, until: claim.end)
        if exchanges[x].admission.callCount > 0 {
            let waited = exchanges[x].admission.storeAsked
            let answered = waited.advanced(byNanoseconds: exchanges[x].admission.storeLeft)
            note.start = answered.nanoseconds / 1000 &+ 1
        }
        tellStore(note)
    }

    // MARK: Answers

    /// Takes the answer to a claim.
    mutating func claimAnswered(_ index: SlabIndex, _ answer: StoreAnswer) {
        // The claim of one that has gone was released, or ends by itself.
        guard exchanges.contains(index), exchanges[index.slot].admission.callCount > 0 else {
            return
        }
        let x = index.slot
        exchanges[x].admission.callCount -= 1
        exchanges[x].admission.endWait(at: transport.now)
        guard case .integers = answer else { return deliveryAnswered(x, .nothing) }
        guard let said = ReplayAnswer(store.reply) else {
            noteStoreNonsense()
            return deliveryAnswered(x, .nothing)
        }
        deliveryAnswered(x, said)
    }

    /// Takes the answer to the note of a claim's end.
    mutating func replayNoteAnswered(_ index: UInt32, _ answer: StoreAnswer) {
        let wasOwed = desk.replays.telling == index
        if wasOwed { desk.replays.telling = .max }
        if case .integers = answer {
            if ReplayAnswer(store.reply) != nil {
                desk.replays.debts.end(index)
                if wasOwed { tellOwedReplays() }
                return
            }
            noteStoreNonsense()
        }
        postpone(index)
    }

    // MARK: Notes

    /// Tells Redis at once, if it can be asked, and else when it is back.
    private mutating func tellStore(_ note: ReplayNote) {
        guard store.isUsed else { return }
        let now = transport.now.nanoseconds / 1000
        guard note.start <= now, storeAdmits() else {
            desk.replays.debts.owe(note)
            sight.metrics.replayNotesDropped(desk.replays.debts.droppedCount)
            return store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
        }
        guard let index = desk.replays.debts.begin(note) else {
            return sight.metrics.replayNotesDropped(desk.replays.debts.droppedCount)
        }
        if !tell(index, at: now) { postpone(index) }
    }

    /// Redis is asked again: it learns, one after the other, how claims ended meanwhile.
    mutating func tellOwedReplays() {
        guard desk.replays.telling == .max, desk.replays.debts.owedCount > 0, storeAdmits() else {
            return
        }
        let now = transport.now.nanoseconds / 1000
        guard let index = desk.replays.debts.next(at: now) else { return }
        if tell(index, at: now) { desk.replays.telling = index } else { postpone(index) }
    }

    /// Tells what is owed, or looks again in a while.
    mutating func tendReplayDebts(_ plan: StorePlan) {
        guard desk.replays.debts.owedCount > 0 else { return }
        if case .admitting = plan.breaker.state, store.hasRoom { tellOwedReplays() }
        store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
    }

    /// Tells all that is owed, as far as it can be sent: the worker ends.
    mutating func tellLastReplays() {
        let now = transport.now.nanoseconds / 1000
        while desk.replays.debts.owedCount > 0, storeAdmits(),
            let index = desk.replays.debts.next(at: now)
        {
            guard tell(index, at: now) else { return }
        }
    }

    /// - Returns: Whether there will be an answer.
    private mutating func tell(_ index: UInt32, at now: UInt64) -> Bool {
        let note = desk.replays.debts.note(index)
        let operation: StaticString =
            switch note.operation {
            case .commit: "commit"
            case .release: "release"
            }
        return callReplays(
            for: .replayNote(index), operation, note.text, note.ticket,
            webhook: Int(note.webhook), microseconds: note.end &- min(now, note.end),
            until: transport.now.advanced(byNanoseconds: plan.storeTimeout))
    }

    /// Has a note wait that did not arrive.
    private mutating func postpone(_ index: UInt32) {
        desk.replays.debts.putBack(index)
        store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
    }

    mutating func callReplays(
        for asker: StoreAsker, _ operation: StaticString, _ text: ReplayID,
        _ ticket: ReplayTicket, webhook: Int, microseconds: UInt64,
        until deadline: MonotonicInstant
    ) -> Bool {
        let isMute = !plan.commons.replays.isNewsShared
        let slot = desk.replays.compose(
            operation, text, ticket,
            milliseconds: max(1, microseconds / 1000 &+ (microseconds % 1000 > 0 ? 1 : 0)),
            keyStart: plan.commons.replays.storeKeyStarts[webhook], isMute: isMute)
        let tail = desk.replays.tail.take()
        let isAsked = askStore(
            asker, tail: tail, argumentCount: 2 + ReplayScript.argumentCount + (isMute ? 1 : 0),
            slot: slot,
            deadline: deadline)
        desk.replays.tail = tail
        return isAsked
    }
}

import Bytes
import Linux
import Policy
import Reactor
import Telemetry

/// The store as the rest of the worker sees it.
///
/// A call is taken by ``askStore(_:tail:argumentCount:slot:deadline:)`` and leaves with all others
/// of its turn in one write to each connection. Its asker is told exactly once, by
/// ``storeAnswered(_:_:)`` and no later than its deadline, whatever becomes of the connection.
///
/// The first failure makes this loop decide for itself until a command of its own was answered in
/// time; enough failures of all loops make the breaker refuse for all.
extension Worker where Kernel: ~Copyable {
    /// Whether a call can be made now; if not, the caller decides for itself at once.
    func storeAdmits() -> Bool {
        guard let plan = store.plan else { return false }
        guard case .admitting = plan.breaker.state else {
            sight.metrics.storeRefused()
            return false
        }
        return store.hasRoom
    }

    /// Asks the asker's script.
    ///
    /// - Parameters:
    ///   - tail: "numkeys key… argument…" as bulk strings.
    ///   - argumentCount: How many these are.
    ///   - slot: That of all keys; 0 without a cluster.
    ///   - deadline: When the asker is told of a timeout.
    /// - Returns: Whether the asker will be told of an answer or a failure, in a later turn or at
    ///   the end of this one.
    mutating func askStore(
        _ asker: StoreAsker, tail: borrowing Buffer, argumentCount: Int, slot: UInt16,
        deadline: MonotonicInstant
    ) -> Bool {
        guard let plan = store.plan, case .admitting = plan.breaker.state else { return false }
        return store.ask(
            asker, tail: tail, argumentCount: argumentCount, slot: slot, now: transport.now,
            deadline: deadline)
    }

    /// Does what the turn has left for the store: what is due, then one write a connection.
    mutating func finishStoreTurn() {
        guard let plan = store.plan else { return }
        noteBreaker(plan)
        if store.due <= transport.now {
            expireStoreCalls()
            doStoreChores(plan)
        }
        if turn.isDone { tellLastReplays() }
        while !store.touched.isEmpty { flushTouchedLinks(plan) }
        if turn.isDone { closeStore() }
    }

    /// Looks whether the breaker has changed since the last turn, perhaps by another loop.
    private mutating func noteBreaker(_ plan: StorePlan) {
        let state = plan.breaker.state
        guard state.rawValue != store.breakerSeen.rawValue else { return }
        store.breakerSeen = state
        store.wake(at: transport.now)
        if case .admitting = state, store.isAskable { storeCameBack() }
    }

    private mutating func flushTouchedLinks(_ plan: StorePlan) {
        let touched = store.touched
        store.touched = []
        for link in touched where store.links.isOccupied(link) && store.links[link].isTouched {
            store.links[link].isTouched = false
            flushStoreLink(link, plan)
        }
        // The array's storage is used again, unless a link was touched meanwhile.
        guard store.touched.isEmpty else { return }
        store.touched = touched
        store.touched.removeAll(keepingCapacity: true)
    }

    /// Tells an asker, once.
    mutating func tellStoreAsker(_ call: StoreCall, _ answer: StoreAnswer) {
        let elapsed = transport.now.nanoseconds(since: call.asked)
        switch answer {
        case .integers: sight.metrics.storeAnswered(.ok, microseconds: elapsed / 1000)
        case .failed(.timeout): sight.metrics.storeAnswered(.timeout, microseconds: elapsed / 1000)
        case .failed: sight.metrics.storeAnswered(.error, microseconds: elapsed / 1000)
        }
        store.journal?.append(
            StoreNote(
                asker: call.asker, answer: answer, reply: store.reply, instant: transport.now))
        storeAnswered(call.asker, answer)
    }

    /// Tells whoever waits on it that a call came to nothing.
    mutating func failStoreCall(
        _ call: StoreCall, _ failure: StoreFailure, _ trouble: StoreTrouble
    ) {
        guard !call.marks.contains(.abandoned) else { return }
        if case .trial(let node) = call.asker {
            endStoreTrial(node, trouble)
        } else {
            tellStoreAsker(call, .failed(failure))
        }
    }

    /// Closes everything: the worker ends.
    private mutating func closeStore() {
        for link in store.links.slots where store.links.isOccupied(link) {
            dropStoreLink(link, .lost)
        }
    }
}

import Bytes
import Config
import Linux
import Policy
import Redis
import Telemetry

/// What is due: answers that never came, connections to be made, nodes to be tried again.
extension Worker where Kernel: ~Copyable {
    /// Tells those whose time is over that it is.
    mutating func expireStoreCalls() {
        let now = transport.now
        guard store.dues.calls <= now else { return }
        store.dues.calls = MonotonicInstant(nanoseconds: .max)
        for l in store.links.slots where store.links.isOccupied(l) {
            var slot = store.links[l].queue.head
            while slot != .max {
                // Telling may add calls at the end; it takes none away.
                expireStoreCall(slot, on: l, now)
                slot = store.calls[slot].next
            }
            store.links[l].dropUnsent(from: &store.calls)
        }
    }

    private mutating func expireStoreCall(_ slot: UInt32, on l: UInt32, _ now: MonotonicInstant) {
        let call = store.calls[slot]
        guard !call.marks.contains(.abandoned) else { return }
        guard call.deadline <= now else {
            store.dues.calls = min(store.dues.calls, call.deadline)
            return
        }
        store.calls[slot].marks.insert(.abandoned)
        // First the doubt: whoever is told now must not ask again.
        if case .calls(let node) = store.links[l].errand { doubtStoreNode(node, .timeout) }
        if call.marks.contains(.sent), store.links[l].overdueSince == nil {
            store.links[l].overdueSince = now
            store.wake(at: now.advanced(byNanoseconds: overduePatience))
        }
        failStoreCall(call, .timeout, .timeout)
    }

    /// How long a link may owe an overdue answer before it is closed, in nanoseconds.
    private var overduePatience: UInt64 { (store.plan?.timeout ?? 0) &* 10 }

    /// Does what is due beside that, and notes when there is more.
    mutating func doStoreChores(_ plan: StorePlan) {
        guard store.dues.chores <= transport.now else { return }
        store.dues.chores = MonotonicInstant(nanoseconds: .max)
        closeLateLinks()
        tendStoreTopology(plan)
        for node in store.nodes.indices { tendStoreNode(node, plan) }
        tendProbe(plan)
        tendDebts(plan)
        tendReplayDebts(plan)
        tendListening(plan)
    }

    private mutating func closeLateLinks() {
        guard let plan = store.plan else { return }
        let now = transport.now
        for l in store.links.slots where store.links.isOccupied(l) {
            let isScout = if case .scouting = store.links[l].errand { true } else { false }
            if store.links[l].machine.phase != .ready || isScout {
                guard store.links[l].deadline <= now else {
                    store.wake(at: store.links[l].deadline)
                    continue
                }
                let action = store.links[l].machine.on(.timedOut)
                perform(action == .wait ? .close(.timeout) : action, onStoreLink: l, plan)
            } else if let since = store.links[l].overdueSince {
                let end = since.advanced(byNanoseconds: overduePatience)
                guard end <= now else {
                    store.wake(at: end)
                    continue
                }
                perform(store.links[l].machine.on(.ended), onStoreLink: l, plan)
            }
        }
    }

    private mutating func tendStoreNode(_ node: Int, _ plan: StorePlan) {
        guard store.nodes[node].isCurrent else { return }
        guard case .admitting = plan.breaker.state else { return }
        switch store.nodes[node].standing.phase {
        case .trusted: fillStoreNode(node, plan)
        case .doubted(let until) where until <= transport.now:
            beginStoreTrial(node, isProbe: false, plan)
        case .doubted(let until): store.wake(at: until)
        case .tried: break
        }
    }

    /// Makes the connections that are missing.
    private mutating func fillStoreNode(_ node: Int, _ plan: StorePlan) {
        guard let address = store.nodes[node].address else { return }
        let wanted = min(plan.settings.connectionCount, StoreNode.linkCountMax)
        while store.nodes[node].linkCount < wanted {
            guard store.nodes[node].fillsAt <= transport.now else {
                return store.wake(at: store.nodes[node].fillsAt)
            }
            let made = connectStore(to: address, for: .calls(node: node), plan)
            guard case .failure(let trouble) = made else { continue }
            store.nodes[node].fillsAt = transport.now.advanced(byNanoseconds: 1_000_000_000)
            if store.readyLink(node) == nil {
                doubtStoreNode(node, trouble)
            } else {
                noteStoreTrouble(trouble)
            }
        }
    }

    // MARK: Failures

    /// Stops asking a node until it has answered a command of our own.
    mutating func doubtStoreNode(_ node: Int, _ trouble: StoreTrouble) {
        noteStoreTrouble(trouble)
        let wasTrusted = store.nodes[node].standing.doubt(
            at: transport.now, mustWrite: trouble.concernsWriting)
        guard wasTrusted, let plan = store.plan else { return }
        store.review()
        store.wake(at: transport.now)
        noteStoreFailure(trouble, plan)
    }

    /// Tells the breaker.
    mutating func noteStoreFailure(_ trouble: StoreTrouble, _ plan: StorePlan) {
        let change = plan.breaker.noteFailure(
            at: transport.now.nanoseconds, jitter: desk.random.next())
        if let change { note(change, trouble) }
    }

    /// Integers came that are not what the script answers.
    mutating func noteStoreNonsense() {
        guard let plan = store.plan else { return }
        noteStoreTrouble(.garbled)
        noteStoreFailure(.garbled, plan)
    }

    mutating func noteStoreTrouble(_ trouble: StoreTrouble) {
        sight.noteStoreTrouble(trouble)
    }

    /// Tells of a change of the breaker that this loop made.
    mutating func note(_ change: BreakerChange, _ trouble: StoreTrouble?) {
        sight.noteBreaker(change, trouble)
        store.wake(at: transport.now)
    }
}

import Bytes
import Config
import Linux
import Policy
import Redis
import Telemetry

/// Trying a node that failed, with a command of our own: never with a user's request.
///
/// While the breaker refuses, one loop of all has its leave to make the probe, and nothing else is
/// sent or connected.
extension Worker where Kernel: ~Copyable {
    /// How often a loop looks whether another one's probe has succeeded, in nanoseconds.
    private static var lookPause: UInt64 { 250_000_000 }

    /// Makes the probe, if it is time and no other loop does.
    mutating func tendProbe(_ plan: StorePlan) {
        let now = transport.now
        guard let due = plan.breaker.probeDue else { return }
        store.wake(at: now.advanced(byNanoseconds: Self.lookPause))
        guard due <= now.nanoseconds else {
            return store.wake(at: MonotonicInstant(nanoseconds: due))
        }
        guard let node = probedNode() else { return }
        guard let change = plan.breaker.beginProbe(at: now.nanoseconds) else { return }
        note(change, nil)
        beginStoreTrial(node, isProbe: true, plan)
    }

    /// The node to send the probe to: one that failed here, rather than any.
    func probedNode() -> Int? {
        var chosen: Int?
        for node in store.nodes.indices where store.nodes[node].isCurrent {
            switch store.nodes[node].standing.phase {
            case .tried: continue
            case .doubted: return node
            case .trusted: if chosen == nil { chosen = node }
            }
        }
        return chosen
    }

    /// Begins to try a node; where others know who the masters are, they are asked first.
    mutating func beginStoreTrial(_ node: Int, isProbe: Bool, _ plan: StorePlan) {
        store.nodes[node].standing.beginTrial(isProbe: isProbe)
        store.nodes[node].isAsked = false
        store.review()
        wantStoreTopology()
        tendStoreTopology(plan)
        if store.topology.scout == .max { continueStoreTrial(node, plan) }
    }

    /// Goes on with a trial as far as the node's connections allow.
    mutating func continueStoreTrial(_ node: Int, _ plan: StorePlan) {
        guard case .tried(let isProbe) = store.nodes[node].standing.phase,
            !store.nodes[node].isAsked
        else { return }
        if !isProbe, plan.breaker.state.rawValue != BreakerState.admitting.rawValue {
            // Others had it refuse meanwhile: the trial is left to the one that probes.
            _ = store.nodes[node].standing.endTrial(succeeded: false, at: transport.now)
            return
        }
        if let link = store.readyLink(node) { return askStoreTrial(node, on: link, plan) }
        // One that is being made tells when it is ready, or why it is not.
        if store.nodes[node].linkCount > 0 { return }
        guard let address = store.nodes[node].address else {
            return endStoreTrial(
                node, store.topology.needsScout ? .masterUnknown : .unresolved)
        }
        let made = connectStore(to: address, for: .calls(node: node), plan)
        if case .failure(let trouble) = made { endStoreTrial(node, trouble) }
    }

    private mutating func askStoreTrial(_ node: Int, on link: UInt32, _ plan: StorePlan) {
        let isWrite = store.nodes[node].standing.mustWrite
        var tail = pool.take(.small)
        if isWrite {
            tail.appendBulk(decimal: 1)
            tail.appendBulk(probeKey(of: node, plan))
        }
        let call = StoreCall(
            isWrite ? .proof : .ping, for: .trial(node: node), argumentCount: 2,
            byteCount: tail.count, asked: transport.now,
            deadline: transport.now.advanced(byNanoseconds: plan.timeout))
        let isTaken = store.enqueue(call, tail: tail, on: link)
        pool.give(tail)
        if isTaken {
            store.nodes[node].isAsked = true
        } else {
            endStoreTrial(node, .timeout)
        }
    }

    /// A key of ours in a slot of the node.
    private func probeKey(of node: Int, _ plan: StorePlan) -> String {
        let name = plan.settings.keyPrefix + "probe"
        guard store.topology.isCluster else { return name }
        for number in 0..<4096 {
            let key = "\(name):{\(number)}"
            let slot = HashSlot.slot(of: Array(key.utf8).span)
            if store.topology.node(of: slot) == node { return key }
        }
        // It owns nearly nothing: any key shows whether it answers.
        return name
    }

    /// Ends a trial, if one goes on.
    ///
    /// - Parameter trouble: Why it failed; `nil` if it did not.
    mutating func endStoreTrial(_ node: Int, _ trouble: StoreTrouble?) {
        let now = transport.now
        store.nodes[node].isAsked = false
        let isProbe = store.nodes[node].standing.endTrial(succeeded: trouble == nil, at: now)
        guard let isProbe, let plan = store.plan else { return }
        store.review()
        store.wake(at: now)
        if let trouble { noteStoreTrouble(trouble) }
        if isProbe {
            let change = plan.breaker.endProbe(
                succeeded: trouble == nil, at: now.nanoseconds, jitter: desk.random.next())
            if let change { note(change, trouble) }
        } else if let trouble {
            turnAddress(of: node)
            // While others are asked, the one that is away is not all of the store.
            if !store.isAskable { noteStoreFailure(trouble, plan) }
        }
        guard trouble == nil, case .admitting = plan.breaker.state else { return }
        store.breakerSeen = .admitting
        storeCameBack()
    }

    /// Goes on to the next address of a name.
    private mutating func turnAddress(of node: Int) {
        guard !store.topology.needsScout, store.nodes[node].linkCount == 0,
            !store.topology.seeds.isEmpty
        else { return }
        store.topology.seeds[0].turn &+= 1
        store.nodes[node].address = store.topology.seeds[0].address
    }
}

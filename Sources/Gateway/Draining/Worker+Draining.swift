import Bytes
import Config
import Linux
import Policy
import Telemetry

/// The end of a worker: nothing new comes in, what is in flight is finished.
extension Worker where Kernel: ~Copyable {
    mutating func receive(_ message: WorkerMessage) {
        switch message {
        case .drain(let deadline): drain(until: deadline)
        case .resolved(let server): resolve(server)
        case .granted(let grant): self.grant(grant.exchange, of: grant.gate)
        case .storeResolved(let server, let addresses): storeResolved(server, to: addresses)
        case .keysRead(let policies): desk.scratch.adopt(policies)
        case .forget(let order): forget(order)
        case .webhooksRead(let verifiers): adopt(verifiers)
        case .certificatesKnown(let news): adopt(news)
        case .certificateSettled(let url): certificateSettled(url)
        case .secured(let contexts): turn.secure.contexts = contexts
        case .survey(let survey): survey.note(usage)
        case .adopt(let adoption): adopt(adoption)
        }
    }

    /// Takes in what the kernel has accepted for us already, then closes the doors and all that is
    /// idle.
    private mutating func drain(until deadline: MonotonicInstant) {
        guard turn.drain == nil else { return }
        turn.drain = Drain(deadline: deadline)
        for listener in plan.snapshot.listeners.indices { accept(on: listener, atMost: .max) }
        transport.closeListeners()
        for slot in downstreams.slots where downstreams.isOccupied(slot) {
            guard downstreams[slot].machine.phase == .idle else { continue }
            // A request may have arrived this moment, its report behind ours: reading once more
            // tells.
            downstreams[slot].wire.note(.readable)
            readRequests(slot)
        }
        for upstream in pools.indices { closeIdle(upstream) }
        checkDrained()
    }

    /// Closes what waits for a next request to an upstream.
    mutating func closeIdle(_ upstream: Int) {
        for endpoint in pools[upstream].endpoints.indices { closeIdle(upstream, endpoint) }
    }

    mutating func closeIdle(_ upstream: Int, _ endpoint: Int) {
        while pools[upstream].endpoints[endpoint].newestIdle != .max {
            closeUpstream(pools[upstream].endpoints[endpoint].newestIdle, .orderly)
        }
    }

    /// Notices that the last connection has left.
    mutating func checkDrained() {
        if turn.drain != nil && downstreams.count == 0 { turn.isDone = true }
    }

    /// The time to finish is over: whatever is left ends now, each exchange with its record.
    mutating func cutOff() {
        for slot in downstreams.slots where downstreams.isOccupied(slot) {
            guard downstreams[slot].machine.phase == .exchanging else {
                closeDownstream(slot, .orderly)
                continue
            }
            let x = downstreams[slot].exchange
            if exchanges[x].machine.response == .tunnelled {
                endTunnel(x)
                if downstreams.isOccupied(slot) { closeDownstream(slot, .orderly) }
            } else {
                perform(.abort(.drainCut, nil), on: x)
            }
        }
        turn.isDone = true
    }
}

/// A drain that is under way.
struct Drain {
    let deadline: MonotonicInstant
}

import Bytes
import Linux
import Policy
import Reactor
import Telemetry

/// `concurrency`: requests wait for a place before they go upstream, and leave it at their end.
extension Worker where Kernel: ~Copyable {
    /// Sends a request on its way, once it has one of the places of its route.
    @inline(__always) mutating func launch(_ x: UInt32) {
        guard plan.hasGates, let gate = gateAhead(of: x) else { return reach(x) }
        enter(gate, x)
    }

    /// The gate that a request has to pass yet, if any.
    @inline(__always) func gateAhead(of x: UInt32) -> PlaceGate? {
        guard let route = exchanges[x].plan.verdict.route, exchanges[x].admission.place.isNone
        else { return nil }
        return plan.commons.gates[route]
    }

    /// Takes a place and goes on, or waits for one.
    mutating func enter(_ gate: PlaceGate, _ x: UInt32) {
        let waiter = PlaceGate.Waiter(mailbox: turn.mailbox, exchange: exchanges.index(of: x))
        switch gate.enter(waiter) {
        case .placed:
            exchanges[x].admission.place = .held
            goOnPlaced(x)
        case .waits(let seat):
            exchanges[x].admission.place = .awaited(seat: seat)
            let d = exchanges[x].downstream
            // A client that leaves gives its place in the queue to others.
            watchDownstream(d)
            arm(d, after: gate.timeout)
        case .full: refusePlace(x)
        }
    }

    /// A request that waited has got a place, unless it is gone by now.
    ///
    /// - Parameter gate: Whose place it is: the loop that gave it may serve by another
    ///   configuration.
    mutating func grant(_ index: SlabIndex, of gate: PlaceGate) {
        guard exchanges.contains(index),
            case .awaited = exchanges[index.slot].admission.place
        else { return passPlaceOn(of: gate) }
        exchanges[index.slot].admission.place = .held
        disarm(exchanges[index.slot].downstream)
        goOnPlaced(index.slot)
    }

    /// Those whose bodies are looked at first get a place before their bodies are held.
    private mutating func goOnPlaced(_ x: UInt32) {
        if let stage = exchanges[x].plan.verdict.awaits, stage >= .webhook {
            passLimits(x)
        } else {
            reach(x)
        }
    }

    /// Gives up what an exchange has of its route's places.
    mutating func leavePlace(_ x: UInt32) {
        guard let route = exchanges[x].plan.verdict.route, let gate = plan.commons.gates[route]
        else { return }
        switch exchanges[x].admission.place {
        case .none: break
        case .held: passPlaceOn(of: gate)
        // If it was just given a place, that comes as a message, which finds nobody.
        case .awaited(let seat):
            let waiter = PlaceGate.Waiter(mailbox: turn.mailbox, exchange: exchanges.index(of: x))
            _ = gate.withdraw(seat, of: waiter)
        }
        exchanges[x].admission.place = .none
    }

    private mutating func passPlaceOn(of gate: PlaceGate) {
        guard let next = gate.leave() else { return }
        if next.mailbox === turn.mailbox {
            // Not here and now: the caller stands in the middle of another exchange's end.
            turn.grants.append(Grant(exchange: next.exchange, gate: gate))
        } else {
            next.mailbox.post(.granted(Grant(exchange: next.exchange, gate: gate)))
        }
    }

    /// Answers a request for which no place came free in time, or for which there is no room to
    /// wait.
    mutating func refusePlace(_ x: UInt32) {
        exchanges[x].record.outcome = .overloaded
        exchanges[x].record.reason = RefusalReason.placesTaken.token
        settle(x, with: .problem(.overloaded, problemFormat(of: x)))
    }
}

/// A place that a request was given.
struct Grant: Sendable {
    let exchange: SlabIndex
    let gate: PlaceGate
}

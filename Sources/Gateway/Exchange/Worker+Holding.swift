import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// Bodies that are looked at whole before anything of them goes upstream.
extension Worker where Kernel: ~Copyable {
    /// Holds the body of the exchange whose head is in `desk.requestHead`; goes on with its limits
    /// once all of it has come.
    mutating func hold(_ x: UInt32) {
        let bytesMax = plan.route(exchanges[x].plan.verdict.route).heldBytesMax
        let held = desk.held.insert(HeldBody(exchanges[x].plan.framing, bytesMax: bytesMax))
        guard let held else { preconditionFailure("an exchange holds one body at most") }
        exchanges[x].admission.held = held.slot
        // Nobody is asked for what will be refused.
        if desk.requestHead.options.contains(.expectContinue), !desk.held[held.slot].isTooLarge {
            inviteBody(x)
        }
        goOnHolding(x)
    }

    /// Tells a client that waits for it to send its body.
    private mutating func inviteBody(_ x: UInt32) {
        let d = exchanges[x].downstream
        downstreams[d].wire.openOutput(32, from: &pool)
        downstreams[d].wire.output.append("HTTP/1.1 100 Continue\r\n\r\n")
        // What cannot go now goes with the answer.
        _ = downstreams[d].wire.flush(by: &transport, to: &pool)
    }

    /// Reads until the body is whole, or no more of it is there.
    mutating func goOnHolding(_ x: UInt32) {
        let d = exchanges[x].downstream
        var readsLeft = Self.heldReadsMax
        while true {
            switch lookAtHeld(x) {
            case .whole: return passLimits(x)
            case .tooLarge: return passOversized(x) ? () : refuseHeld(x, .requestTooLarge)
            case .malformed(let error):
                exchanges[x].record.reason = error.token
                return refuseHeld(x, .requestMalformed)
            case .needsMore:
                guard makeRoomForHeld(x) else { return refuseHeld(x, .requestRefused(.overloaded)) }
            }
            guard readsLeft > 0 else { return goOnLater(d) }
            readsLeft -= 1
            switch downstreams[d].wire.receive(by: &transport, from: &pool) {
            case .bytes: exchanges[x].timing.lastRead = transport.now
            case .wouldBlock: return armHeld(x)
            case .ended, .failed, nil: return refuseHeld(x, .downstreamLost)
            }
        }
    }

    private static var heldReadsMax: Int { 16 }

    private mutating func lookAtHeld(_ x: UInt32) -> HeldBody.Progress {
        desk.held[exchanges[x].admission.held].look(
            at: downstreams[exchanges[x].downstream].wire.input, trailers: &desk.trailers)
    }

    /// Sees to room in the client's input, where a buffer of the usual size is full.
    ///
    /// - Returns: Whether the budget of the process has as much left.
    private mutating func makeRoomForHeld(_ x: UInt32) -> Bool {
        let d = exchanges[x].downstream
        guard downstreams[d].wire.input.hasStorage, downstreams[d].wire.input.room == 0
        else { return true }
        let held = exchanges[x].admission.held
        let bytes = desk.held[held].room(above: downstreams[d].wire.input.capacity)
        guard reserve(bytes, held) else { return false }
        downstreams[d].wire.openInput(bytes, from: &pool)
        return true
    }

    /// Has the budget say what a body takes, be it more than before or less.
    mutating func reserve(_ bytes: Int, _ held: UInt32) -> Bool {
        let more = bytes - desk.held[held].reservedBytes
        guard plan.commons.heldBodies.take(more) else { return false }
        if more < 0 { plan.commons.heldBodies.give(-more) }
        desk.held[held].reservedBytes = bytes
        return true
    }

    /// Waits for more of a body: `stream` between two reads, and never slower than
    /// `body_min_rate`.
    ///
    /// What it holds meanwhile is no more than it needs, and counts: a thousand clients that send
    /// half a body each are a matter of the budget as well.
    private mutating func armHeld(_ x: UInt32) {
        let d = exchanges[x].downstream
        downstreams[d].wire.park(to: &pool)
        guard reserve(downstreams[d].wire.input.capacity, exchanges[x].admission.held) else {
            return refuseHeld(x, .requestRefused(.overloaded))
        }
        watchDownstream(d)
        guard downstreams.isOccupied(d) else { return }
        armArriving(x, byteCount: UInt64(desk.held[exchanges[x].admission.held].byteCount))
    }

    /// Takes the whole body of a request that is refused out of its client's input.
    ///
    /// - Returns: Whether what follows there is the next request.
    mutating func dropHeld(_ x: UInt32) -> Bool {
        let held = exchanges[x].admission.held
        guard held != .max, desk.held[held].isWhole else { return false }
        // Of one that was on its way to the app, some may be gone already.
        guard exchanges[x].timing.askedUpstream.nanoseconds == 0 else { return false }
        downstreams[exchanges[x].downstream].wire.input.consume(desk.held[held].rawByteCount)
        return true
    }

    private mutating func refuseHeld(_ x: UInt32, _ event: ExchangeMachine.Event) {
        perform(exchanges[x].machine.on(event), on: x)
    }

    /// Puts the body of an exchange, which is whole, into `desk.limits.body`.
    mutating func readHeld(_ x: UInt32) {
        let held = exchanges[x].admission.held
        desk.limits.openBody(byteCount: desk.held[held].byteCount)
        desk.held[held].append(
            from: downstreams[exchanges[x].downstream].wire.input, to: &desk.limits.body,
            trailers: &desk.trailers)
    }

    /// Whether the rest of an exchange's body is waited for before it goes on.
    func isHolding(_ x: UInt32) -> Bool {
        let held = exchanges[x].admission.held
        return held != .max && !desk.held[held].isWhole
    }

    /// Forgets how far the body of an exchange was looked at, which ends.
    mutating func endHolding(_ x: UInt32) {
        let held = desk.held.remove(exchanges[x].admission.held)
        plan.commons.heldBodies.give(held.reservedBytes)
    }
}

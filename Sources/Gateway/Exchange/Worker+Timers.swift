import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Telemetry

/// Deadlines: which one counts when, and what happens when it has come.
extension Worker where Kernel: ~Copyable {
    /// Arms a client connection's timer.
    ///
    /// - Parameter timeout: In nanoseconds; `nil` is no deadline.
    mutating func arm(_ d: UInt32, after timeout: UInt64?) {
        guard let timeout else { return disarm(d) }
        wheel.arm(2 * d, at: transport.now.advanced(byNanoseconds: timeout))
    }

    mutating func disarm(_ d: UInt32) { wheel.disarm(2 * d) }

    mutating func armUpstream(_ u: UInt32, after timeout: UInt64?) {
        guard let timeout else { return disarmUpstream(u) }
        wheel.arm(2 * u + 1, at: transport.now.advanced(byNanoseconds: timeout))
    }

    /// Arms a server connection's timer for a while after an instant.
    mutating func armUpstream(_ u: UInt32, at start: MonotonicInstant, plus timeout: UInt64?) {
        guard let timeout else { return disarmUpstream(u) }
        wheel.arm(2 * u + 1, at: start.advanced(byNanoseconds: timeout))
    }

    /// Gives a client time to take something; only if it took something since it was last given
    /// time.
    mutating func armSend(_ d: UInt32) {
        guard downstreams[d].writeCountArmed != downstreams[d].wire.writeCount else { return }
        downstreams[d].writeCountArmed = downstreams[d].wire.writeCount
        arm(d, after: plan.timeouts.send)
    }

    mutating func disarmUpstream(_ u: UInt32) { wheel.disarm(2 * u + 1) }

    /// A request's body waits: for the client, which may be too slow, or for the app, which may be.
    mutating func armRequest(_ x: UInt32, _ stop: RelayStop) {
        let d = exchanges[x].downstream
        watchDownstream(d)
        let stream = plan.route(exchanges[x].plan.verdict.route).timeouts.stream
        guard stop == .sourceDry else {
            disarm(d)
            return armUpstream(
                exchanges[x].upstream, at: exchanges[x].timing.lastRead, plus: stream)
        }
        disarmUpstream(exchanges[x].upstream)
        armArriving(x, byteCount: exchanges[x].requestBody.byteCount)
    }

    /// Gives a client time for the next part of a body of which `byteCount` bytes have come.
    mutating func armArriving(_ x: UInt32, byteCount: UInt64) {
        let d = exchanges[x].downstream
        let stream = plan.route(exchanges[x].plan.verdict.route).timeouts.stream
        let lastRead = exchanges[x].timing.lastRead
        let bySilence = stream.map { lastRead.advanced(byNanoseconds: $0) }
        guard let due = earliest(bySilence, rateDeadline(x, byteCount)) else { return disarm(d) }
        wheel.arm(2 * d, at: due)
    }

    /// When the client's average will have fallen below `body_min_rate` if nothing more comes.
    ///
    /// The
    /// rate is not asked for in the first 10 s.
    private func rateDeadline(_ x: UInt32, _ byteCount: UInt64) -> MonotonicInstant? {
        guard let rate = plan.snapshot.timeouts.bodyRateMin else { return nil }
        let paidFor = byteCount / max(rate, 1)
        let seconds = max(10, min(paidFor, 1 << 32))
        return exchanges[x].timing.began.advanced(by: .seconds(seconds))
    }

    private func earliest(
        _ one: MonotonicInstant?, _ other: MonotonicInstant?
    ) -> MonotonicInstant? {
        guard let one else { return other }
        guard let other else { return one }
        return min(one, other)
    }

    /// A response's body waits: for the app, or for the client to take what is there.
    mutating func armResponse(_ x: UInt32, _ stop: RelayStop) {
        let d = exchanges[x].downstream
        let u = exchanges[x].upstream
        watchDownstream(d)
        if stop == .sinkFull {
            disarmUpstream(u)
            armSend(d)
        } else {
            armUpstream(
                u, at: exchanges[x].timing.lastRead,
                plus: plan.route(exchanges[x].plan.verdict.route).timeouts.stream)
            if exchanges[x].machine.request == .delivered { disarm(d) }
        }
    }

    mutating func downstreamTimedOut(_ d: UInt32) {
        switch downstreams[d].opening {
        case .none: break
        case .proxyHeader: return refuseProxy(d, "proxy_header_late")
        case .hello, .handshake: return failOpening(d, .timeout)
        }
        guard downstreams[d].machine.phase == .exchanging else {
            return perform(downstreams[d].machine.on(.timedOut), on: d)
        }
        guard downstreams[d].isWatched else { return watchDownstream(d) }
        let x = downstreams[d].exchange
        if exchanges[x].admission.place.isAwaited { return refusePlace(x) }
        if isAwaitingOther(x) { return claimAgain(x) }
        if isAwaitingCertificate(x) { return certificateIsLate(x) }
        if exchanges[x].machine.response == .arriving {
            _ = perform(exchanges[x].machine.on(.downstreamStalled), on: x)
        } else if exchanges[x].machine.response != .awaited || isReadingBody(x) {
            _ = perform(exchanges[x].machine.on(.requestTooSlow), on: x)
        }
    }

    /// Whether an exchange waits for its client's body.
    ///
    /// While it waits for limits, a place or a connect, a deadline of the client's is one that was
    /// armed before it, such as that of an idle connection.
    private func isReadingBody(_ x: UInt32) -> Bool {
        if isHolding(x) { return true }
        return exchanges[x].machine.request == .arriving && exchanges[x].upstream != .max
            && exchanges[x].machine.link != .connecting
    }

    mutating func upstreamTimedOut(_ u: UInt32) {
        let x = upstreams[u].exchange
        switch upstreams[u].machine.phase {
        case .connecting: connectFailed(u, .timedOut)
        case .idle: closeUpstream(u, .orderly)
        case .leased:
            switch exchanges[x].machine.response {
            case .tunnelled: endTunnel(x)
            case .awaited: _ = perform(exchanges[x].machine.on(.responseTimedOut), on: x)
            case .arriving, .delivered:
                _ = perform(exchanges[x].machine.on(.streamTimedOut), on: x)
            }
        }
    }
}

import Bytes
import Config
import HTTP
import Linux
import Policy
import Telemetry

/// How client connections go on after an answer, and how they end.
extension Worker where Kernel: ~Copyable {
    /// Goes on after an exchange whose answer is with the kernel or in the output.
    mutating func end(_ d: UInt32, _ persistence: DownstreamMachine.Persistence) {
        downstreams[d].exchange = .max
        let action = downstreams[d].machine.on(.exchangeEnded(persistence))
        guard action == .proceed else { return perform(action, on: d) }
        downstreams[d].wire.isLast = persistence != .kept
        finish(d)
    }

    /// Sends what is left of an answer.
    mutating func finish(_ d: UInt32) {
        switch downstreams[d].wire.flush(by: &transport, to: &pool) {
        case nil: perform(downstreams[d].machine.on(.flushed), on: d)
        case .wouldBlock, .bytes:
            armSend(d)
            watchDownstream(d)
        case .failed, .ended: perform(downstreams[d].machine.on(.broken), on: d)
        }
    }

    mutating func perform(_ action: DownstreamMachine.Action, on d: UInt32) {
        switch action {
        case .proceed: break
        case .readNext: readNext(d)
        case .closeOrderly: closeDownstream(d, .orderly)
        case .closeByReset: closeDownstream(d, .reset)
        case .linger: linger(d)
        case .refuseLateHead:
            refuse(d, .requestTimeout, AccessRecord(outcome: .requestTimeout), suspicion: nil)
        }
    }

    /// Not here and now: the caller may stand in the middle of this connection's last request.
    private mutating func readNext(_ d: UInt32) {
        if downstreams[d].wire.input.isEmpty && !downstreams[d].wire.state.contains(.readable) {
            awaitRequest(d)
        } else {
            goOnLater(d)
        }
    }

    /// Ends our side, then waits for the client to end its own: a reset sent for bytes that nobody
    /// read would take the answer away from it (RFC 9112 §9.6).
    private mutating func linger(_ d: UInt32) {
        transport.shutdownWrites(of: downstreams[d].wire.stream)
        downstreams[d].began = transport.now
        arm(d, after: Self.lingerMax)
        drop(d)
    }

    /// A client that sends on for longer than this after its answer is cut off.
    private static var lingerMax: UInt64 { 30_000_000_000 }
    private static var dropReadsMax: Int { 16 }

    /// Reads and forgets what a refused client still sends.
    mutating func drop(_ d: UInt32) {
        for _ in 0..<Self.dropReadsMax {
            downstreams[d].wire.input.removeAll()
            switch downstreams[d].wire.receive(by: &transport, from: &pool) {
            case .bytes: continue
            case .wouldBlock:
                downstreams[d].wire.input.removeAll()
                return downstreams[d].wire.park(to: &pool)
            case .ended, .failed, nil: return closeDownstream(d, .orderly)
            }
        }
        goOnLater(d)
    }

    /// Closes a client's connection; no exchange runs on it any more.
    mutating func closeDownstream(_ d: UInt32, _ manner: Closing) {
        if downstreams[d].opening.isTLS { endOpening(d, .lost) }
        disarm(d)
        downstreams[d].wire.dropBuffers(to: &pool)
        let listener = Int(downstreams[d].listener)
        let connection = downstreams.remove(d)
        // A close by itself drops what was held back for the end if the client sent more than was
        // read.
        if manner == .orderly && connection.wire.isLast {
            transport.shutdownWrites(of: connection.wire.stream)
        }
        transport.close(connection.wire.stream, manner)
        sight.metrics.connectionClosed(listener: listener)
        plan.commons.connections.leave()
        checkDrained()
    }
}

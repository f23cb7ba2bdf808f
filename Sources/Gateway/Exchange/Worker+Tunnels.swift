import Bytes
import Linux
import Policy
import Telemetry

/// After a switch of protocols: bytes pass both ways until both sides have ended.
extension Worker where Kernel: ~Copyable {
    mutating func advanceTunnel(_ x: UInt32) {
        let d = exchanges[x].downstream
        let u = exchanges[x].upstream
        let inward = exchanges[x].tunnel.inward.advance(
            from: &downstreams[d].wire, to: &upstreams[u].wire, by: &transport, &pool)
        let outward = exchanges[x].tunnel.outward.advance(
            from: &upstreams[u].wire, to: &downstreams[d].wire, by: &transport, &pool)
        if inward.hasMoved || outward.hasMoved { exchanges[x].timing.lastRead = transport.now }
        if inward.stop == .broken || outward.stop == .broken
            || (inward.stop == .ended && outward.stop == .ended)
        {
            return endTunnel(x)
        }
        if inward.stop == .hasMore || outward.stop == .hasMore { goOnLater(d) }
        armUpstream(
            u, at: exchanges[x].timing.lastRead,
            plus: plan.route(exchanges[x].plan.verdict.route).timeouts.tunnelIdle)
    }

    /// Ends both sides of a tunnel.
    mutating func endTunnel(_ x: UInt32) {
        let d = exchanges[x].downstream
        let u = exchanges[x].upstream
        exchanges[x].upstream = .max
        closeUpstream(u, .orderly)
        conclude(x)
        end(d, .ends)
    }
}

/// Both directions of a tunnel.
struct Tunnel {
    var inward = TunnelRelay()
    var outward = TunnelRelay()
}

/// One direction of a tunnel.
struct TunnelRelay {
    enum Stop { case blocked, hasMore, ended, broken }

    private(set) var byteCount: UInt64 = 0
    private var hasEnded = false

    private static let readsMax = 16

    /// Moves what can be moved; an end on one side becomes an end on the other (a half-close).
    mutating func advance(
        from source: inout Wire, to sink: inout Wire,
        by transport: inout some Transport & ~Copyable,
        _ pool: inout BufferPool
    ) -> (stop: Stop, hasMoved: Bool) {
        let before = byteCount
        for _ in 0..<Self.readsMax {
            // The head that opened the tunnel may still be in the output.
            switch sink.flush(by: &transport, to: &pool) {
            case nil: break
            case .wouldBlock: return (.blocked, byteCount != before)
            case .failed, .ended, .bytes: return (.broken, true)
            }
            if hasEnded { return (.ended, byteCount != before) }
            if !source.input.isEmpty {
                switch sink.relay(source.input.count, of: source.input, by: &transport, to: &pool) {
                case .bytes(let count):
                    source.input.consume(count)
                    byteCount &+= UInt64(count)
                    continue
                case .wouldBlock: return (.blocked, byteCount != before)
                case .failed, .ended: return (.broken, true)
                }
            }
            switch source.receive(by: &transport, from: &pool) {
            case .bytes: continue
            case .wouldBlock:
                source.park(to: &pool)
                return (.blocked, byteCount != before)
            case .ended:
                hasEnded = true
                transport.shutdownWrites(of: sink.stream)
            case .failed, nil: return (.broken, true)
            }
        }
        return (.hasMore, byteCount != before)
    }
}

import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// Connections that begin with a PROXY header: who sends it, and what it changes.
extension Worker where Kernel: ~Copyable {
    /// Whether a newcomer may speak at all: on a listener that expects a header, trusted proxies
    /// may; anybody else would name the address it is taken for.
    func isExpected(_ peer: Peer, on listener: Int) -> Bool {
        !plan.hops.expectsProxyHeader(on: listener) || plan.pipeline.trusts(peer)
    }

    /// Reads the header, once it is whole.
    ///
    /// - Returns: Whether the connection goes on with what comes after it.
    mutating func readProxyHeader(_ d: UInt32) -> ProxyReading {
        let input = downstreams[d].wire.input.take()
        do throws(ProxyHeaderError) {
            let header = try input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? in
                try ProxyHeader.read(bytes)
            }
            downstreams[d].wire.input = input
            guard let header else { return .needsMore }
            downstreams[d].wire.input.consume(header.byteCount)
            if let source = header.source { downstreams[d].peer = source }
            downstreams[d].opening = .none
            // What comes now has deadlines of its own.
            disarm(d)
            return .complete
        } catch {
            downstreams[d].wire.input = input
            refuseProxy(d, error.token)
            return .refused
        }
    }

    enum ProxyReading { case complete, needsMore, refused }

    /// Closes a connection that does not begin as it must; nobody there speaks HTTP with us yet.
    mutating func refuseProxy(_ d: UInt32, _ reason: StaticString) {
        sight.noteProxyRefused(Int(downstreams[d].listener), downstreams[d].peer, reason)
        closeDownstream(d, .orderly)
    }
}

import Bytes
import Linux
import Reactor
import Synchronization
import TLS

/// The bytes of a connection of the gateway's own, encrypted or not.
///
/// Whoever connected closes it, once.
final class OutboundWire: Sendable {
    private let socket: Socket
    /// `nil` without TLS.
    ///
    /// Guard: the mutex; used on the control loop alone.
    private let session = Mutex<Session?>(nil)
    private let loop: ControlLoop
    private let deadline: MonotonicInstant

    /// Connects to the first of some addresses that takes it.
    ///
    /// - Parameter deadline: Of the connection's whole life.
    init(
        to addresses: [SocketAddress], on loop: ControlLoop, by deadline: MonotonicInstant
    ) async throws(OutboundError) {
        self.loop = loop
        self.deadline = deadline
        var failure = OutboundError.unresolved
        for (index, address) in addresses.prefix(Self.addressesMax).enumerated() {
            let isLast = index + 1 == min(addresses.count, Self.addressesMax)
            let soon = Clock.monotonic().advanced(by: Self.patience)
            do throws(OutboundError) {
                socket = try await Self.connect(
                    to: address, on: loop, by: isLast ? deadline : min(deadline, soon))
                return
            } catch {
                failure = error
            }
            if Clock.monotonic() >= deadline { break }
        }
        throw failure
    }

    private static let addressesMax = 4
    /// For an address that is not the last one.
    private static let patience = Duration.seconds(2)

    private static func connect(
        to address: SocketAddress, on loop: ControlLoop, by deadline: MonotonicInstant
    ) async throws(OutboundError) -> Socket {
        let socket: Socket
        do throws(Errno) {
            let (connecting, isConnected) = try Socket.connect(to: address)
            if isConnected { return connecting }
            socket = connecting
        } catch {
            throw .notConnected(error)
        }
        guard await loop.writable(socket.number, until: deadline) else {
            socket.close()
            throw .timedOut
        }
        if let error = socket.connectError() {
            socket.close()
            throw .notConnected(error)
        }
        return socket
    }

    func close() {
        session.withLock { session in
            if session != nil { session?.endWrites() }
            session = nil
        }
        socket.close()
    }

    /// Begins TLS.
    func secure(
        by context: ClientTLS, to name: ClientTLS.ServerName
    ) async throws(OutboundError) {
        session.withLock { $0 = context.makeSession(on: socket, to: name, peer: 1) }
        while true {
            switch session.withLock({ $0?.shake() ?? .failed(.exhausted) }) {
            case .done: return
            case .failed(let failure): throw .notSecure(failure)
            case .waits:
                guard await loop.readable(socket.number, until: deadline) else {
                    throw .timedOut
                }
            }
        }
    }

    private func sendOnce(_ output: borrowing Buffer) -> IOResult {
        session.withLock { session in
            session?.send(output.count, of: output, isLast: false)
                ?? socket.send(output.count, of: output)
        }
    }

    private func receiveOnce(into input: inout Buffer) -> IOResult {
        session.withLock { session in
            session?.receive(into: &input) ?? socket.receive(into: &input)
        }
    }

    /// Sends all that waits.
    func send(_ output: inout Buffer) async throws(OutboundError) {
        while !output.isEmpty {
            switch sendOnce(output) {
            case .bytes(let count): output.consume(count)
            case .wouldBlock:
                guard await loop.writable(socket.number, until: deadline) else {
                    throw .timedOut
                }
            case .ended: throw .closedEarly
            case .failed(let error): throw .lost(error)
            }
        }
    }

    /// Reads what has come, or waits for it.
    ///
    /// - Returns: Whether there may be more; `false` at the end.
    func receive(into input: inout Buffer) async throws(OutboundError) -> Bool {
        while true {
            // What comes byte by byte is read until then, and no longer.
            guard Clock.monotonic() < deadline else { throw .timedOut }
            switch receiveOnce(into: &input) {
            case .bytes: return true
            case .wouldBlock:
                guard await loop.readable(socket.number, until: deadline) else {
                    throw .timedOut
                }
            case .ended: return false
            case .failed(let error): throw .lost(error)
            }
        }
    }
}

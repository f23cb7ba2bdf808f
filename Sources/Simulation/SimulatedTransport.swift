package import Bytes
package import Gateway
package import Linux
package import Reactor
package import TLS

/// The gateway's door to a ``SimulatedKernel``, which the test keeps in its hand as well.
package struct SimulatedTransport: Transport {
    private let kernel: SimulatedKernel

    package init(_ kernel: SimulatedKernel) { self.kernel = kernel }

    package var now: MonotonicInstant { kernel.now }
    /// The simulation began on 2026-01-01.
    package var wallTime: UInt64 { 1_767_225_600_000_000_000 &+ kernel.now.nanoseconds }
    package var reportCount: Int { kernel.reports.count }
    package func report(_ index: Int) -> Report { kernel.reports[index] }

    package mutating func turn(until deadline: MonotonicInstant?) { kernel.turn(until: deadline) }

    package mutating func accept(
        on listener: Int
    ) throws(Errno) -> (socket: Socket, peer: SocketAddress)? {
        try kernel.accept(on: listener)
    }

    package mutating func shed(on listener: Int) { kernel.shed(on: listener) }

    package mutating func setAccepting(_ accepting: Accepting) {
        kernel.setAccepting(accepting == .resumed)
    }

    package mutating func closeListeners() { kernel.closeListeners() }

    /// Connects as the address's reception says.
    package mutating func connect(
        to address: SocketAddress
    ) throws(Errno) -> (socket: Socket, isConnected: Bool) {
        try kernel.connect(to: address)
    }

    /// Tells how a connect that was under way ended.
    package mutating func connectError(of socket: Socket) -> Errno? {
        kernel.connectError(of: socket)
    }

    package mutating func watch(_ socket: Socket, as token: Token) throws(Errno) {
        try kernel.watch(socket, as: token)
    }

    /// Reads what the peer has sent, or as much of it as the faults leave.
    package mutating func receive(on stream: Stream, into buffer: inout Buffer) -> IOResult {
        guard let stream = kernel.stream(stream.socket, "recv") else { return .ended }
        if let error = kernel.faults.fail(.receive) {
            stream.noteCallFailed()
            return .failed(error)
        }
        let ready = min(buffer.room, stream.inbound.count)
        guard ready > 0 else { return stream.readNothing() }
        let share = kernel.faults.share(of: ready)
        guard share > 0 else {
            stream.isPending = true
            return .wouldBlock
        }
        buffer.append(stream.read(share))
        return .bytes(share)
    }

    package mutating func send(
        on stream: Stream, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        send(Array(buffer.copy().prefix(count)), on: stream.socket, isLast)
    }

    package mutating func send(
        on stream: Stream, _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool
    ) -> IOResult {
        send(head.copy() + tail.copy().prefix(tailCount), on: stream.socket, isLast)
    }

    /// Ends the gateway's side, for the peer to see.
    package mutating func shutdownWrites(of stream: Stream) {
        kernel.stream(stream.socket, "shutdown")?.shutdownWrites()
    }

    /// Closes; a misuse if it was closed before.
    package mutating func close(_ stream: Stream, _ manner: Closing) {
        kernel.close(stream.socket, isReset: manner == .reset)
    }

    // MARK: TLS, which tests of the simulation do without

    package func endWaits(on stream: Stream) -> Bool { false }

    package mutating func secure(
        _ socket: Socket, by context: ServerTLS, having bytes: consuming Buffer
    ) -> Stream? { nil }

    package mutating func secure(
        _ socket: Socket, by context: ClientTLS, to peer: SecurePeer
    ) -> Stream? { nil }

    package mutating func shake(_ stream: Stream) -> Session.Handshake { .failed(.lost) }

    package func agreement(on stream: Stream) -> SecureAgreement? { nil }

    private func send(_ bytes: [UInt8], on socket: Socket, _ isLast: Bool) -> IOResult {
        guard let stream = kernel.stream(socket, "send") else { return .failed(.brokenPipe) }
        if let error = kernel.faults.fail(.send) {
            stream.noteCallFailed()
            return .failed(error)
        }
        if let problem = stream.writeProblem() { return problem }
        let share = kernel.faults.share(of: min(bytes.count, stream.room))
        guard share > 0 else {
            stream.isPending = true
            return .wouldBlock
        }
        stream.write(Array(bytes.prefix(share)), isShort: share < bytes.count, isLast: isLast)
        return .bytes(share)
    }
}

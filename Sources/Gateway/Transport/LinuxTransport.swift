package import Bytes
package import Linux
package import Reactor
package import TLS

/// The kernel itself.
package struct LinuxTransport: Transport, ~Copyable {
    private var loop: Loop
    private var listeners: [ListeningSocket]
    /// Given up for a moment when descriptors run out, so that a connection can be accepted and
    /// refused.
    private var reserve: Reserve
    /// Wall clock less monotonic clock, so that a turn reads only one of them.
    private var wallOffset: UInt64
    /// When the offset was last taken.
    private var wallReadAt: MonotonicInstant
    private var secured: SecureStreams

    /// - Parameters:
    ///   - listeners: This loop's own listening sockets, in the order of the configuration's
    ///     listeners.
    ///   - sessionsMax: How many connections can have TLS, of both sides together.
    ///   - mailbox: Readable when a message waits; reported under a wakeup token.
    /// - Throws: If descriptors or the kernel's memory run out; the listeners stay the caller's.
    package init(
        listeners: [ListeningSocket], sessionsMax: Int, mailbox: borrowing Wakeup
    ) throws(Errno) {
        let loop = try Loop(reportsMax: 256)
        let reserve = try Reserve()
        let wakeup = Token(.wakeup, SlabIndex(slot: 0, generation: 0))
        try loop.watch(mailbox.number, for: .source, as: wakeup)
        for index in listeners.indices { try Self.watch(listeners, index, in: loop) }
        wallReadAt = loop.now
        wallOffset = Clock.wall() &- loop.now.nanoseconds
        secured = SecureStreams(capacity: sessionsMax)
        self.listeners = listeners
        self.reserve = reserve
        self.loop = loop
    }

    package var now: MonotonicInstant { loop.now }
    package var wallTime: UInt64 { loop.now.nanoseconds &+ wallOffset }
    package var reportCount: Int { loop.reports.count }
    package func report(_ index: Int) -> Report { loop.reports[index] }

    package mutating func turn(until deadline: MonotonicInstant?) {
        loop.turn(until: deadline)
        // The two clocks drift apart only when somebody sets one: a look a second is enough.
        if loop.now.nanoseconds(since: wallReadAt) > 1_000_000_000 {
            wallReadAt = loop.now
            wallOffset = Clock.wall() &- loop.now.nanoseconds
        }
    }

    package mutating func accept(
        on listener: Int
    ) throws(Errno) -> (socket: Socket, peer: SocketAddress)? {
        guard listener < listeners.count else { return nil }
        return try listeners[listener].accept()
    }

    package mutating func shed(on listener: Int) {
        reserve.release()
        // Another thread may have taken the descriptor: then this connection waits for its turn.
        if let (socket, _) = try? accept(on: listener) { socket.close() }
        reserve.retake()
    }

    package mutating func setAccepting(_ accepting: Accepting) {
        for index in listeners.indices {
            switch accepting {
            case .paused: loop.forget(listeners[index].number)
            case .resumed: try? Self.watch(listeners, index, in: loop)
            }
        }
    }

    package mutating func closeListeners() {
        for listener in listeners { listener.close() }
        listeners = []
    }

    package mutating func connect(
        to address: SocketAddress
    ) throws(Errno) -> (socket: Socket, isConnected: Bool) {
        try Socket.connect(to: address)
    }

    package mutating func connectError(of socket: Socket) -> Errno? { socket.connectError() }

    package mutating func watch(_ socket: Socket, as token: Token) throws(Errno) {
        try loop.watch(socket.number, for: .stream, as: token)
    }

    package mutating func receive(on stream: Stream, into buffer: inout Buffer) -> IOResult {
        guard stream.isSecure else { return stream.socket.receive(into: &buffer) }
        return secured.receive(on: stream, into: &buffer)
    }

    @inline(__always) package func endWaits(on stream: Stream) -> Bool {
        secured.endWaits(on: stream)
    }

    package mutating func send(
        on stream: Stream, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        guard stream.isSecure else {
            return stream.socket.send(count, of: buffer, isLast: isLast)
        }
        return secured.send(on: stream, count, of: buffer, isLast: isLast)
    }

    package mutating func send(
        on stream: Stream, _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool
    ) -> IOResult {
        guard stream.isSecure else {
            return stream.socket.send(head, then: tailCount, of: tail, isLast: isLast)
        }
        return secured.send(on: stream, head, then: tailCount, of: tail, isLast: isLast)
    }

    package mutating func shutdownWrites(of stream: Stream) {
        if stream.isSecure { secured.endWrites(of: stream) }
        stream.socket.shutdownWrites()
    }

    package mutating func close(_ stream: Stream, _ manner: Closing) {
        if stream.isSecure {
            if manner == .orderly { secured.endWrites(of: stream) }
            secured.remove(stream)
        }
        // No call to stop watching: epoll forgets a socket with its last descriptor (epoll(7)).
        if manner == .reset { stream.socket.setResetOnClose() }
        stream.socket.close()
    }

    package mutating func secure(
        _ socket: Socket, by context: ServerTLS, having bytes: consuming Buffer
    ) -> Stream? {
        secured.add(context.makeSession(on: socket, having: bytes), on: socket)
    }

    package mutating func secure(
        _ socket: Socket, by context: ClientTLS, to peer: SecurePeer
    ) -> Stream? {
        let session = context.makeSession(on: socket, to: peer.name, peer: peer.number)
        return secured.add(session, on: socket)
    }

    package mutating func shake(_ stream: Stream) -> Session.Handshake { secured.shake(stream) }

    @inline(__always) package func agreement(on stream: Stream) -> SecureAgreement? {
        secured.agreement(on: stream)
    }

    private static func watch(
        _ listeners: [ListeningSocket], _ index: Int, in loop: borrowing Loop
    ) throws(Errno) {
        // Listeners are never replaced: their place is name enough, without a generation.
        let token = Token(.listener, SlabIndex(slot: UInt32(index), generation: 0))
        try loop.watch(listeners[index].number, for: .sharedListener, as: token)
    }
}

package import Bytes
package import Linux
package import Reactor

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

    /// - Parameters:
    ///   - listeners: This loop's own listening sockets, in the order of the configuration's
    ///     listeners.
    ///   - mailbox: Readable when a message waits; reported under a wakeup token.
    /// - Throws: If descriptors or the kernel's memory run out; the listeners stay the caller's.
    package init(listeners: [ListeningSocket], mailbox: borrowing Wakeup) throws(Errno) {
        let loop = try Loop(reportsMax: 256)
        let reserve = try Reserve()
        let wakeup = Token(.wakeup, SlabIndex(slot: 0, generation: 0))
        try loop.watch(mailbox.number, for: .source, as: wakeup)
        for index in listeners.indices { try Self.watch(listeners, index, in: loop) }
        wallReadAt = loop.now
        wallOffset = Clock.wall() &- loop.now.nanoseconds
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

    package mutating func receive(on socket: Socket, into buffer: inout Buffer) -> IOResult {
        socket.receive(into: &buffer)
    }

    package mutating func send(
        on socket: Socket, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        socket.send(count, of: buffer, isLast: isLast)
    }

    package mutating func send(
        on socket: Socket, _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool
    ) -> IOResult {
        socket.send(head, then: tailCount, of: tail, isLast: isLast)
    }

    package mutating func shutdownWrites(of socket: Socket) { socket.shutdownWrites() }

    package mutating func close(_ socket: Socket, _ manner: Closing) {
        // No call to stop watching: epoll forgets a socket with its last descriptor (epoll(7)).
        if manner == .reset { socket.setResetOnClose() }
        socket.close()
    }

    private static func watch(
        _ listeners: [ListeningSocket], _ index: Int, in loop: borrowing Loop
    ) throws(Errno) {
        // Listeners are never replaced: their place is name enough, without a generation.
        let token = Token(.listener, SlabIndex(slot: UInt32(index), generation: 0))
        try loop.watch(listeners[index].number, for: .sharedListener, as: token)
    }
}

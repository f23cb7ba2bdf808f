package import Bytes
package import Linux
package import Reactor

/// Everything a worker asks of the kernel.
///
/// The one place where a simulation takes its seat.
///
/// No call blocks but ``turn(until:)``. A socket that is handed out belongs to the worker until it
/// closes it.
package protocol Transport: ~Copyable {
    /// When the current turn began, on the monotonic clock.
    var now: MonotonicInstant { get }
    /// Nanoseconds since 1970 when the current turn began.
    var wallTime: UInt64 { get }
    /// How many reports the current turn has.
    var reportCount: Int { get }
    /// What the current turn found ready, from 0 to ``reportCount`` - 1.
    func report(_ index: Int) -> Report

    /// Sleeps until something is ready or `deadline` has come, and begins a turn.
    mutating func turn(until deadline: MonotonicInstant?)

    /// Accepts a connection that waits, if any does.
    mutating func accept(on listener: Int) throws(Errno) -> (socket: Socket, peer: SocketAddress)?
    /// Accepts a connection for which there is no descriptor, and closes it: the client learns at
    /// once.
    mutating func shed(on listener: Int)
    /// Stops (resumes) reporting connections that wait, on all listeners.
    mutating func setAccepting(_ accepting: Accepting)
    /// Closes the listeners for good.
    mutating func closeListeners()

    /// Begins a connection.
    ///
    /// - Returns: Whether it is there already; if not, writability tells that it has ended.
    /// - Throws: What can be told at once; nothing is left open then.
    mutating func connect(
        to address: SocketAddress
    ) throws(Errno) -> (socket: Socket, isConnected: Bool)
    /// Why a connection that was begun came to nothing; `nil` if it stands.
    mutating func connectError(of socket: Socket) -> Errno?
    /// Reports the socket's readiness under `token` until it is closed.
    mutating func watch(_ socket: Socket, as token: Token) throws(Errno)

    /// Reads once into the buffer's room, which is not 0.
    mutating func receive(on socket: Socket, into buffer: inout Buffer) -> IOResult
    /// Sends the first `count` bytes that wait in `buffer`, which keeps them.
    ///
    /// - Parameter isLast: ``shutdownWrites(of:)`` follows at once, and may share their packet.
    mutating func send(
        on socket: Socket, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult
    /// Sends `head`, then `tailCount` bytes of `tail`.
    mutating func send(
        on socket: Socket, _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool
    ) -> IOResult
    /// Ends our side; the peer's bytes can still be read.
    mutating func shutdownWrites(of socket: Socket)
    /// Gives the socket up; its number may belong to another connection from then on.
    mutating func close(_ socket: Socket, _ manner: Closing)
}

/// Whether listeners report connections that wait.
package enum Accepting: Sendable { case paused, resumed }

/// How a connection is given up.
package enum Closing: Sendable {
    /// What was sent arrives, then the end.
    case orderly
    /// A reset: the peer must not take what it got for whole.
    case reset
}

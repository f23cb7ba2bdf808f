package import Bytes
package import Linux
package import Reactor
package import TLS

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

    /// Reads into the buffer's room, which is not 0: fewer bytes than that are all there are for
    /// now, unless ``endWaits(on:)``.
    mutating func receive(on stream: Stream, into buffer: inout Buffer) -> IOResult
    /// Whether the end of the bytes that were just read from a secure stream is known already, and
    /// will not be reported.
    func endWaits(on stream: Stream) -> Bool
    /// Sends the first `count` bytes that wait in `buffer`, which keeps them.
    ///
    /// - Parameter isLast: ``shutdownWrites(of:)`` follows at once, and may share their packet.
    mutating func send(
        on stream: Stream, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult
    /// Sends `head`, then `tailCount` bytes of `tail`.
    mutating func send(
        on stream: Stream, _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool
    ) -> IOResult
    /// Ends our side; the peer's bytes can still be read.
    mutating func shutdownWrites(of stream: Stream)
    /// Gives the socket up; its number may belong to another connection from then on.
    mutating func close(_ stream: Stream, _ manner: Closing)

    // MARK: TLS

    /// Begins TLS on a connection that was accepted.
    ///
    /// - Parameter bytes: What was read from it already.
    /// - Returns: The stream as it is from now on; `nil` without memory.
    mutating func secure(
        _ socket: Socket, by context: ServerTLS, having bytes: consuming Buffer
    ) -> Stream?
    /// Begins TLS on a connection that was made.
    mutating func secure(_ socket: Socket, by context: ClientTLS, to peer: SecurePeer)
        -> Stream?
    /// Goes on with a handshake, after anything was reported of its socket.
    mutating func shake(_ stream: Stream) -> Session.Handshake
    /// What a handshake that is done has settled; `nil` without TLS, or if it cannot be read.
    func agreement(on stream: Stream) -> SecureAgreement?
}

/// Which server a connection is to reach.
package struct SecurePeer: Sendable {
    /// Whose certificate it must show.
    package var name: ClientTLS.ServerName
    /// Tells servers of one name apart; not 0.
    package var number: UInt64

    package init(name: ClientTLS.ServerName, number: UInt64) {
        self.name = name
        self.number = number
    }
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

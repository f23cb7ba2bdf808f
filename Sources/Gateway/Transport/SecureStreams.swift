import Bytes
import Linux
package import TLS

/// The TLS sessions of a loop's connections.
///
/// What moves bytes is kept apart from its callers: without TLS they pass by with one comparison.
struct SecureStreams: ~Copyable {
    private var sessions: Slab<Session>
    /// Where the ends of heads and the beginnings of bodies are put together, to leave in one
    /// record; without storage until it is used first.
    private var desk = Buffer()

    /// - Parameter capacity: Connections of both sides, and some to Redis.
    init(capacity: Int) { sessions = Slab(capacity: capacity) }

    /// Takes a session in.
    ///
    /// - Returns: The stream as it is from now on; `nil` without a session, or a place for it.
    @inline(never) mutating func add(_ session: consuming Session?, on socket: Socket) -> Stream? {
        guard let session, !sessions.isFull, let index = sessions.insert(session) else {
            return nil
        }
        return Stream(socket, session: index.slot)
    }

    @inline(never) mutating func remove(_ stream: Stream) {
        sessions.discard(stream.session)
    }

    @inline(never) mutating func shake(_ stream: Stream) -> Session.Handshake {
        sessions[stream.session].shake()
    }

    @inline(__always) func agreement(on stream: Stream) -> SecureAgreement? {
        try? SecureAgreement(sessions[stream.session])
    }

    @inline(never) mutating func receive(on stream: Stream, into buffer: inout Buffer) -> IOResult {
        sessions[stream.session].receive(into: &buffer)
    }

    @inline(__always) func endWaits(on stream: Stream) -> Bool { sessions[stream.session].endWaits }

    @inline(never) mutating func send(
        on stream: Stream, _ count: Int, of buffer: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        sessions[stream.session].send(count, of: buffer, isLast: isLast)
    }

    @inline(never) mutating func send(
        on stream: Stream, _ head: borrowing Buffer, then tailCount: Int,
        of tail: borrowing Buffer, isLast: Bool
    ) -> IOResult {
        if !desk.hasStorage { desk = Buffer(capacity: 16 << 10) }
        return sessions[stream.session].send(
            head, then: tailCount, of: tail, isLast: isLast, desk: &desk)
    }

    @inline(never) mutating func endWrites(of stream: Stream) {
        sessions[stream.session].endWrites()
    }
}

/// What a handshake has settled.
package struct SecureAgreement: Sendable {
    package let version: ProtocolVersion
    package let isResumed: Bool
    /// What a client asked for, in lower case.
    package let serverName: String?
    /// The other side's, verified.
    package let certificate: PeerCertificate?

    /// - Throws: For a certificate that cannot be read.
    init(_ session: borrowing Session) throws(TLSProblem) {
        version = session.version
        isResumed = session.isResumed
        serverName = session.serverName
        certificate = session.role == .server ? try session.peerCertificate : nil
    }
}

import Bytes
import Glibc
import Linux
import TLS
import Testing

/// Two sockets that are connected to each other.
final class Line {
    let server: Socket
    let client: Socket

    /// - Parameter bufferBytes: What the kernel holds on the way, about; `nil` for its own choice.
    init(bufferBytes: Int32? = nil) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        try #require(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
        if var bytes = bufferBytes {
            for end in ends {
                _ = unsafe setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bytes, 4)
            }
        }
        server = Socket(number: ends[0])
        client = Socket(number: ends[1])
    }

    deinit {
        server.close()
        client.close()
    }
}

/// How a handshake between two sides ended.
struct Meeting: Equatable {
    var server: Session.Handshake
    var client: Session.Handshake
}

/// Has both sides go on until neither can.
func shake(_ server: inout Session, _ client: inout Session) -> Meeting {
    var meeting = Meeting(server: .waits, client: .waits)
    for _ in 0..<64 {
        if meeting.client == .waits { meeting.client = client.shake() }
        if meeting.server == .waits { meeting.server = server.shake() }
        if meeting.server != .waits, meeting.client != .waits { break }
        if case .failed = meeting.server, meeting.client == .waits { server.endWrites() }
    }
    return meeting
}

/// Reads all there is; whatever a handshake leaves behind is taken in by that, too.
func readAll(_ session: inout Session, room: Int = 4096) -> (bytes: [UInt8], stop: IOResult) {
    var bytes: [UInt8] = []
    while true {
        var buffer = Buffer(capacity: room)
        let result = session.receive(into: &buffer)
        guard case .bytes(let count) = result else { return (bytes, result) }
        #expect(count == buffer.count)
        bytes += buffer.copy()
        if count < room, !session.endWaits { return (bytes, .wouldBlock) }
    }
}

func send(_ text: String, on session: inout Session) -> IOResult {
    var buffer = Buffer(capacity: max(1, text.utf8.count))
    buffer.append(Array(text.utf8))
    return session.send(buffer.count, of: buffer, isLast: false)
}

/// No memory, or no name.
struct NoSession: Error {}

func open(
    _ context: ServerTLS, on line: Line, having bytes: consuming Buffer = Buffer()
) throws -> Session {
    guard let session = context.makeSession(on: line.server, having: bytes) else {
        throw NoSession()
    }
    return session
}

func open(
    _ context: ClientTLS, on line: Line,
    to name: ClientTLS.ServerName = .host("app.example"),
    peer: UInt64 = 1, resuming other: ClientTLS.ServerName? = nil
) throws -> Session {
    guard
        let session = context.makeSession(
            on: line.client, to: name, peer: peer, resuming: other)
    else {
        throw NoSession()
    }
    return session
}

import Bytes
import HTTP
import Linux
import Policy
import Reactor
import Synchronization

/// One connection of an operator: a request, an answer, the end.
final class AdminConnection: Sendable {
    private let socket: Socket
    private let peer: SocketAddress
    private let loop: ControlLoop
    /// Guard: the mutex.
    ///
    /// A socket closed is not shut down any more: its number may be another's.
    private let state = Mutex(State.reading)

    private enum State { case reading, streaming, closed }

    private static let limits = HeadLimits(
        startLineBytesMax: 8192, fieldBytesMax: 8192, fieldCountMax: 64)
    /// Any head that is admitted fits, whatever empty line stands before it.
    private static let headBytesMax = 24 << 10
    static let bodyBytesMax = 64 << 10

    init(_ socket: Socket, from peer: SocketAddress, loop: ControlLoop) {
        self.socket = socket
        self.peer = peer
        self.loop = loop
    }

    /// Ends whatever is going on, unless it is a stream: both directions fail from now on.
    func giveUp() {
        state.withLock { state in
            if case .reading = state { socket.shutdownBoth() }
        }
    }

    /// Gives the socket up; further calls do nothing.
    func close() {
        state.withLock { state in
            if case .closed = state { return }
            socket.close()
            state = .closed
        }
    }

    // MARK: Reading

    /// What came of reading a request.
    enum Arrival: Sendable {
        case request(AdminRequest)
        case refused(ProblemCode)
        /// The operator is gone.
        case nobody
    }

    /// Reads one request, with its body.
    func request() async -> Arrival {
        var buffer = Buffer(capacity: Self.headBytesMax)
        var reader = RequestReader()
        var head = RequestHead()
        while true {
            switch socket.receive(into: &buffer) {
            case .bytes: break
            case .wouldBlock:
                await loop.readable(socket.number)
                continue
            case .ended, .failed: return .nobody
            }
            do throws(WireError) {
                let progress = try buffer.withReadable {
                    (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
                    try reader.read(bytes, limits: Self.limits, into: &head)
                }
                if progress.isComplete { return await whole(head, buffer) }
            } catch {
                return .refused(ProblemCode(error))
            }
        }
    }

    /// Reads the body that belongs to a head.
    private func whole(
        _ head: consuming RequestHead, _ buffer: consuming Buffer
    ) async -> Arrival {
        if case .length(let count) = head.framing, count > UInt64(Self.bodyBytesMax) {
            return .refused(.bodyTooLarge)
        }
        if head.options.contains(.expectContinue) {
            var interim = Buffer(capacity: 64)
            interim.append("HTTP/1.1 100 Continue\r\n\r\n")
            guard await send(&interim) else { return .nobody }
        }
        var rest = Buffer(capacity: Self.headBytesMax)
        buffer.withReadable { (bytes: borrowing Span<UInt8>) in
            rest.append(bytes, ByteRange(head.byteCount, bytes.count))
        }
        var body: [UInt8] = []
        if let failure = await read(head.framing, &rest, into: &body) { return failure }
        let id = RequestID(
            milliseconds: Clock.wall() / 1_000_000, Randomness.word(), Randomness.word())
        let peer = peer
        let request = buffer.withReadable { (bytes: borrowing Span<UInt8>) in
            AdminRequest(head, in: bytes, body: body, from: peer, id: id)
        }
        return .request(request)
    }

    /// - Returns: Why there is no body; `nil` once it is read.
    private func read(
        _ framing: BodyFraming, _ input: inout Buffer, into body: inout [UInt8]
    ) async -> Arrival? {
        var reader = BodyReader(framing)
        var trailers: [Field] = []
        while true {
            do throws(WireError) {
                guard try Self.take(&reader, &input, &trailers, into: &body) else { return nil }
            } catch {
                return .refused(ProblemCode(error))
            }
            guard body.count <= Self.bodyBytesMax else { return .refused(.bodyTooLarge) }
            switch socket.receive(into: &input) {
            case .bytes: break
            case .wouldBlock: await loop.readable(socket.number)
            case .ended, .failed: return .nobody
            }
        }
    }

    /// Takes what has come of a body.
    ///
    /// - Returns: Whether there is more to come.
    private static func take(
        _ reader: inout BodyReader, _ input: inout Buffer, _ trailers: inout [Field],
        into body: inout [UInt8]
    ) throws(WireError) -> Bool {
        while body.count <= bodyBytesMax {
            let progress = try input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(WireError) -> BodyProgress in
                let progress = try reader.read(bytes, trailers: &trailers)
                if case .data(let range) = progress {
                    for index in range.indices { body.append(bytes[index]) }
                }
                return progress
            }
            switch progress {
            case .data(let range): input.consume(range.end)
            case .needsMore(let consumed):
                input.consume(consumed)
                return true
            case .end: return false
            }
        }
        return true
    }

    // MARK: Writing

    /// Sends the answer whole, then ends our side and waits for the operator's end.
    func send(_ response: AdminResponse, to request: AdminRequest?) async {
        let isHead = request?.method.isHead ?? false
        var output = response.message(date: Self.date, id: request?.id, isHead: isHead)
        guard await send(&output) else { return }
        socket.shutdownWrites()
        await drop()
    }

    /// Begins an answer that goes on until ``push(_:)`` fails; its time is not limited.
    func beginStream(_ response: AdminResponse, to request: AdminRequest) async -> Bool {
        var output = response.streamHead(date: Self.date, id: request.id)
        guard await send(&output) else { return false }
        return state.withLock { state in
            guard case .reading = state else { return false }
            state = .streaming
            return true
        }
    }

    /// Sends as much as the socket takes at once.
    ///
    /// - Returns: Whether the reader is still there.
    func push(_ output: inout Buffer) -> Bool {
        while !output.isEmpty {
            switch socket.send(output.count, of: output) {
            case .bytes(let count): output.consume(count)
            case .wouldBlock: return true
            case .ended, .failed: return false
            }
        }
        return true
    }

    private func send(_ output: inout Buffer) async -> Bool {
        while !output.isEmpty {
            guard push(&output) else { return false }
            if !output.isEmpty { await loop.writable(socket.number) }
        }
        return true
    }

    private static var date: Int64 { Int64(Clock.wall() / 1_000_000_000) }

    /// Reads and forgets: bytes left unread would turn the end into a reset, which takes the answer
    /// away (RFC 9112 §9.6).
    private func drop() async {
        var buffer = Buffer(capacity: 4096)
        while true {
            buffer.removeAll()
            switch socket.receive(into: &buffer) {
            case .bytes: continue
            case .wouldBlock: await loop.readable(socket.number)
            case .ended, .failed: return
            }
        }
    }
}

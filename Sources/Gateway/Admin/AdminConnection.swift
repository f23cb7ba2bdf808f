import Bytes
import HTTP
import Linux
import Reactor
import Synchronization

/// One connection of an operator: a request, an answer, the end.
final class AdminConnection: Sendable {
    private let socket: Socket
    private let loop: ControlLoop
    /// Guard: the mutex.
    ///
    /// A socket closed is not shut down any more: its number may be another's.
    private let isOpen = Mutex(true)

    private static let limits = HeadLimits(
        startLineBytesMax: 2048, fieldBytesMax: 8192, fieldCountMax: 64)

    init(_ socket: Socket, loop: ControlLoop) {
        self.socket = socket
        self.loop = loop
    }

    /// Ends whatever is going on: both directions fail from now on.
    func giveUp() {
        isOpen.withLock { isOpen in
            if isOpen { socket.shutdownBoth() }
        }
    }

    /// Gives the socket up; further calls do nothing.
    func close() {
        isOpen.withLock { isOpen in
            if isOpen { socket.close() }
            isOpen = false
        }
    }

    /// Reads one request's head.
    ///
    /// - Returns: `nil` if the operator is gone.
    func request() async -> AdminRequest? {
        var buffer = Buffer(capacity: 16_384)
        var reader = RequestReader()
        var head = RequestHead()
        while true {
            switch socket.receive(into: &buffer) {
            case .bytes: break
            case .wouldBlock:
                await loop.readable(socket.number)
                continue
            case .ended, .failed: return nil
            }
            do throws(WireError) {
                let progress = try buffer.withReadable {
                    (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
                    try reader.read(bytes, limits: Self.limits, into: &head)
                }
                if progress.isComplete { return Self.request(head, buffer) }
            } catch {
                return .malformed
            }
        }
    }

    private static func request(
        _ head: borrowing RequestHead, _ buffer: borrowing Buffer
    ) -> AdminRequest {
        guard head.method == .get || head.method.isHead else { return .otherMethod }
        return buffer.withReadable { (bytes: borrowing Span<UInt8>) in
            var accept: [String] = []
            for index in head.fields.indices where head.fields[index].id == .accept {
                accept.append(text(bytes, head.fields[index].value))
            }
            return .get(text(bytes, head.path), accept: accept.joined(separator: ","))
        }
    }

    /// Each byte as the character of its number.
    private static func text(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> String {
        var text = ""
        for index in range.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
        return text
    }

    /// Sends the answer whole, then ends our side and waits for the operator's end.
    func send(_ response: AdminResponse) async {
        var output = response.message(date: Int64(Clock.wall() / 1_000_000_000))
        while !output.isEmpty {
            switch socket.send(output.count, of: output) {
            case .bytes(let count): output.consume(count)
            case .wouldBlock: await loop.writable(socket.number)
            case .ended, .failed: return
            }
        }
        socket.shutdownWrites()
        await drop()
    }

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

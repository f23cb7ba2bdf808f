import Glibc
import Synchronization

/// One end of a connection, as a test holds it: bytes go out as they are, and come in until a
/// condition holds or patience ends.
final class Wire: Sendable {
    let socket: Descriptor
    private let unread = Mutex<[UInt8]>([])
    private let hasEnded = Atomic(false)

    /// Seconds.
    static let patience = 20.0

    init(_ socket: Descriptor) { self.socket = socket }

    convenience init(to address: Address) throws {
        self.init(try Descriptor.connected(to: address))
    }

    // MARK: Sending

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8], within seconds: Double = 60) throws {
        var sent = 0
        let deadline = uptime() + seconds
        while sent < bytes.count {
            let count = sendSome(bytes[sent...])
            if count < 0 && errno != EAGAIN { throw Unmet("cannot send: errno \(errno)") }
            if count > 0 { sent += count }
            guard uptime() < deadline else { throw Unmet("the peer takes nothing") }
            if count < 0 { _ = isReady(Int16(POLLOUT), within: 0.5) }
        }
    }

    /// - Returns: How many bytes the kernel took at once; negative with `errno` for none.
    func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(
                socket.number, $0.baseAddress, $0.count,
                Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
    }

    func endWrites() { shutdown(socket.number, Int32(SHUT_WR)) }

    /// Ends both directions, so that a thread that waits for bytes wakes up.
    func hangUp() { shutdown(socket.number, Int32(SHUT_RDWR)) }

    func isReady(_ events: Int16, within seconds: Double) -> Bool {
        var entry = pollfd(fd: socket.number, events: events, revents: 0)
        return unsafe poll(&entry, 1, Int32(seconds * 1000)) > 0
    }

    // MARK: Receiving

    /// What came and was not taken yet.
    var pending: [UInt8] { unread.withLock { $0 } }

    /// Whether the peer has ended its side, by an end or by a reset.
    var isEnded: Bool { hasEnded.load(ordering: .sequentiallyConsistent) }

    func take(_ count: Int) -> [UInt8] {
        unread.withLock { bytes in
            let taken = Array(bytes.prefix(count))
            bytes.removeFirst(min(count, bytes.count))
            return taken
        }
    }

    /// Reads once.
    ///
    /// - Returns: Whether something came, or the end.
    @discardableResult
    func receive(within seconds: Double) throws -> Bool {
        guard isReady(Int16(POLLIN), within: seconds) else { return false }
        let piece = try unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let result = unsafe recv(socket.number, buffer.baseAddress, buffer.count, 0)
            if result < 0 && errno != ECONNRESET { throw Unmet("cannot read: errno \(errno)") }
            if result < 0 { reset.store(true, ordering: .sequentiallyConsistent) }
            count = max(0, result)
        }
        if piece.isEmpty { hasEnded.store(true, ordering: .sequentiallyConsistent) }
        unread.withLock { $0 += piece }
        return true
    }

    private let reset = Atomic(false)
    /// Whether the peer's end was a reset.
    var wasReset: Bool { reset.load(ordering: .sequentiallyConsistent) }

    /// Reads until `find` finds something in what has come.
    func read<Found>(
        _ what: String, within seconds: Double = patience, _ find: ([UInt8]) throws -> Found?
    ) throws -> Found {
        let deadline = uptime() + seconds
        while true {
            if let found = try find(pending) { return found }
            if isEnded {
                throw Unmet("ended before \(what), after \"\(printable(pending))\"")
            }
            let left = deadline - uptime()
            guard left > 0, try receive(within: left) else {
                throw Unmet("no \(what) within \(seconds) s, only \"\(printable(pending))\"")
            }
        }
    }

    /// Reads bytes of a known number.
    func read(count: Int, within seconds: Double = patience) throws -> [UInt8] {
        _ = try read("\(count) bytes", within: seconds) { $0.count >= count ? true : nil }
        return take(count)
    }

    /// Reads up to and with a text.
    ///
    /// - Returns: All of it.
    @discardableResult
    func read(through text: String, within seconds: Double = patience) throws -> String {
        let mark = Array(text.utf8)
        let end = try read("\"\(text)\"", within: seconds) { $0.range(of: mark)?.upperBound }
        return latin(take(end))
    }

    /// Reads until the peer ends its side.
    ///
    /// - Returns: What came before that.
    @discardableResult
    func readToEnd(within seconds: Double = patience) throws -> [UInt8] {
        let deadline = uptime() + seconds
        while !isEnded {
            let left = deadline - uptime()
            guard left > 0, try receive(within: left) else {
                throw Unmet("no end within \(seconds) s, after \"\(printable(pending))\"")
            }
        }
        return take(.max)
    }

    /// Whether nothing comes for a while, not even an end.
    func isSilent(for seconds: Double) throws -> Bool {
        guard pending.isEmpty, !isEnded else { return false }
        return try !receive(within: seconds)
    }
}

// MARK: Bytes and texts

extension [UInt8] {
    /// The first place of `other`.
    func range(of other: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard let first = other.first, count >= other.count else { return nil }
        var place = start
        while place + other.count <= count {
            if self[place] == first && self[place..<place + other.count].elementsEqual(other) {
                return place..<place + other.count
            }
            place += 1
        }
        return nil
    }
}

/// Each byte as the character of its number, so that nothing is lost.
func latin(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}

/// For messages: line ends and other controls are shown.
func printable(_ bytes: [UInt8]) -> String {
    let text = latin(bytes.prefix(600))
    return text.unicodeScalars.map { scalar in
        switch scalar {
        case "\r": "\\r"
        case "\n": "\\n"
        case " "..."~": String(scalar)
        default: "\\x" + String(scalar.value, radix: 16)
        }
    }.joined()
}

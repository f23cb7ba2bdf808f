import Bytes
import COpenSSL
import Linux
import Synchronization

/// What a session stands on: its socket, and what passes it by.
///
/// OpenSSL reads and writes through a BIO (bio(7)) whose calls end here. Writes never tell OpenSSL
/// to try again, so that it never has to be given the same bytes once more: what the socket does
/// not take waits in ``unsent``.
struct CipherLine: ~Copyable {
    let socket: Socket
    /// Read from the socket before the session began; it comes before anything else.
    var preface: Buffer
    /// Whether the socket is known to be empty: the last read came back short.
    var isDry = false
    /// The peer has sent its last byte.
    var hasEnded = false
    /// The end of our side follows what is written next.
    var isLast = false
    /// Where a client keeps what it can resume: see ``ClientTLS``; 0 at a server.
    var resumption: UInt64 = 0
    /// What a client asked for, in lower case; of servers alone.
    var serverName: [UInt8] = []
    /// Why the socket can be read from no more.
    var readFailure: Errno?
    /// Why it can be written to no more: what the peer sent before may still be read.
    var writeFailure: Errno?
    /// Reads of the socket that may still happen in this call of OpenSSL's.
    private var readsLeft = 0
    /// Ciphertext that the socket did not take, the first ``unsentStart`` bytes of which are gone.
    private var unsent: [UInt8] = []
    private var unsentStart = 0

    /// A record and what a handshake adds to it; a peer that has us write more and takes none of it
    /// is given up.
    private static var unsentMax: Int { 64 << 10 }

    init(_ socket: Socket, preface: consuming Buffer) {
        self.socket = socket
        self.preface = preface
    }

    /// A record may come in two parts, and with a ticket or two before it.
    ///
    /// Who sends more without a byte for us among it keeps OpenSSL busy with messages of its own.
    private static var readsMax: Int { 4 }

    /// Begins a call of OpenSSL's that reads.
    mutating func beginReading() { readsLeft = Self.readsMax }

    var hasUnsent: Bool { unsentStart < unsent.count }

    /// Reads what waits.
    ///
    /// - Returns: How many bytes; 0 if none can be had now, or any more.
    mutating func read(into memory: UnsafeMutableRawBufferPointer) -> Int {
        guard preface.isEmpty else { return unsafe readPreface(into: memory) }
        guard !isDry, !hasEnded, readFailure == nil, memory.count > 0 else { return 0 }
        guard readsLeft > 0 else {
            readFailure = .protocolViolated
            return 0
        }
        readsLeft -= 1
        switch unsafe socket.receive(into: memory) {
        case .bytes(let count):
            isDry = count < memory.count
            return count
        case .wouldBlock: isDry = true
        case .ended: hasEnded = true
        case .failed(let error): readFailure = error
        }
        return 0
    }

    private mutating func readPreface(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(memory.count, preface.count)
        preface.withReadable { (bytes: borrowing Span<UInt8>) in
            unsafe bytes.withUnsafeBytes {
                unsafe memory.copyMemory(from: .init(rebasing: $0[..<count]))
            }
        }
        preface.consume(count)
        if preface.isEmpty { preface = Buffer() }
        return count
    }

    /// Writes all of it: to the socket, or behind what waits for it.
    ///
    /// - Returns: Whether the line stands.
    mutating func write(_ memory: UnsafeRawBufferPointer) -> Bool {
        guard writeFailure == nil else { return false }
        guard !hasUnsent else { return unsafe keep(memory) }
        switch unsafe socket.send(memory, isLast: isLast) {
        case .bytes(let count):
            guard count < memory.count else { return true }
            return unsafe keep(UnsafeRawBufferPointer(rebasing: memory[count...]))
        case .wouldBlock: return unsafe keep(memory)
        case .failed(let error): writeFailure = error
        case .ended: writeFailure = .brokenPipe
        }
        return false
    }

    private mutating func keep(_ memory: UnsafeRawBufferPointer) -> Bool {
        unsent.removeFirst(unsentStart)
        unsentStart = 0
        guard unsent.count + memory.count <= Self.unsentMax else {
            writeFailure = .noBufferSpace
            return false
        }
        unsafe unsent.append(contentsOf: memory)
        return true
    }

    /// Sends what waits.
    ///
    /// - Returns: Whether nothing waits any more.
    mutating func flush() -> Bool {
        while hasUnsent, writeFailure == nil {
            let result = unsafe unsent.withUnsafeBytes {
                unsafe socket.send(
                    UnsafeRawBufferPointer(rebasing: $0[unsentStart...]), isLast: isLast)
            }
            switch result {
            case .bytes(let count): unsentStart += count
            case .wouldBlock: return false
            case .failed(let error): writeFailure = error
            case .ended: writeFailure = .brokenPipe
            }
        }
        guard writeFailure == nil else { return false }
        unsent = []
        unsentStart = 0
        return true
    }
}

/// The BIO (BIO_meth_new(3)) that leads to a ``CipherLine``.
///
/// - Safety: A BIO's data is the line of the session that owns both, freed behind the BIO.
enum LineMethod {
    /// - Returns: `nil` without memory.
    static func makeBIO(_ line: UnsafeMutablePointer<CipherLine>) -> OpaquePointer? {
        guard let method = unsafe method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, line)
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    /// Whether BIOs can be made, as far as the method is concerned.
    static var isReady: Bool { unsafe method != nil }

    /// Made once, from then on never changed and never freed; 0 until that succeeds.
    private static let made = Atomic<UInt>(0)

    private static var method: OpaquePointer? {
        if let known = unsafe OpaquePointer(bitPattern: made.load(ordering: .acquiring)) {
            return unsafe known
        }
        guard let method = unsafe make() else { return nil }
        let (isFirst, other) = made.compareExchange(
            expected: 0, desired: UInt(bitPattern: method), ordering: .acquiringAndReleasing)
        if isFirst { return unsafe method }
        unsafe BIO_meth_free(method)
        return unsafe OpaquePointer(bitPattern: other)
    }

    private static func make() -> OpaquePointer? {
        let index = BIO_get_new_index()
        guard index > 0, let method = unsafe BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "apus")
        else { return nil }
        let results = unsafe [
            BIO_meth_set_read_ex(method) { unsafe LineMethod.read($0, $1, $2, $3) },
            BIO_meth_set_write_ex(method) { unsafe LineMethod.write($0, $1, $2, $3) },
            // All that is written is on its way at once.
            BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 },
        ]
        if results == [1, 1, 1] { return unsafe method }
        unsafe BIO_meth_free(method)
        return nil
    }

    /// The line of a connection.
    static func line(of ssl: OpaquePointer?) -> UnsafeMutablePointer<CipherLine>? {
        unsafe line(SSL_get_rbio(ssl))
    }

    private static func line(_ bio: OpaquePointer?) -> UnsafeMutablePointer<CipherLine>? {
        unsafe BIO_get_data(bio)?.assumingMemoryBound(to: CipherLine.self)
    }

    private static func read(
        _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ room: Int,
        _ count: UnsafeMutablePointer<Int>?
    ) -> CInt {
        unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        guard let line = unsafe line(bio) else { return 0 }
        let memory = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: room)
        let moved = unsafe line.pointee.read(into: memory)
        unsafe count?.pointee = moved
        if moved > 0 { return 1 }
        // OpenSSL is not told of an end: it would take one without a closing alert for an attack,
        // and write nothing any more, although the answer to what came before it is due.
        if unsafe line.pointee.readFailure == nil {
            unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        }
        return 0
    }

    private static func write(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ byteCount: Int,
        _ count: UnsafeMutablePointer<Int>?
    ) -> CInt {
        unsafe BIO_clear_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        guard let line = unsafe line(bio) else { return 0 }
        let memory = unsafe UnsafeRawBufferPointer(start: bytes, count: byteCount)
        guard unsafe line.pointee.write(memory) else { return 0 }
        unsafe count?.pointee = byteCount
        return 1
    }
}

package import Bytes
import COpenSSL
package import Linux

/// TLS on one connection: what passes is plain here, and ciphertext on the socket.
///
/// It does not own the socket, which is closed behind it.
///
/// - Safety: Both pointers are made in `init` and freed in `deinit`; the line outlives OpenSSL's
///   use of it. The type cannot be copied, so that no two calls use it at once, and whoever is
///   given it has all there is of it.
@safe package struct Session: ~Copyable, Sendable {
    nonisolated(unsafe) let ssl: OpaquePointer
    nonisolated(unsafe) let line: UnsafeMutablePointer<CipherLine>
    package let role: Role
    /// Whether the handshake is over.
    package private(set) var isEstablished = false
    /// How the stream ends behind the bytes that were read last: told at the next read, as OpenSSL
    /// would tell of an end and of a failure alike then.
    private var waitingEnd: IOResult?
    /// Whether the first byte that is given next has left already: see ``send(_:of:isLast:)``.
    var hasOwed = false

    /// Which side of a connection this process is.
    package enum Role: Sendable { case server, client }

    /// - Parameters:
    ///   - bytes: What was read from the socket already.
    ///   - ssl: Made for this session, which takes it over.
    ///   - resumption: Where a client's session is kept.
    init?(
        _ ssl: OpaquePointer?, _ role: Role, on socket: Socket, having bytes: consuming Buffer,
        resumption: UInt64 = 0
    ) {
        guard let ssl = unsafe ssl else { return nil }
        let line = UnsafeMutablePointer<CipherLine>.allocate(capacity: 1)
        unsafe line.initialize(to: CipherLine(socket, preface: bytes))
        unsafe line.pointee.resumption = resumption
        guard let bio = unsafe LineMethod.makeBIO(line) else {
            unsafe SSL_free(ssl)
            unsafe line.deinitialize(count: 1)
            unsafe line.deallocate()
            ERR_clear_error()
            return nil
        }
        unsafe SSL_set_bio(ssl, bio, bio)
        switch role {
        case .server: unsafe SSL_set_accept_state(ssl)
        case .client: unsafe SSL_set_connect_state(ssl)
        }
        unsafe self.ssl = ssl
        unsafe self.line = unsafe line
        self.role = role
    }

    deinit {
        // Else OpenSSL would take a connection that ends without an alert for a reason not to
        // resume its session.
        if isEstablished { unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN) }
        unsafe SSL_free(ssl)
        unsafe line.deinitialize(count: 1)
        unsafe line.deallocate()
    }

    /// How far a handshake is.
    package enum Handshake: Equatable, Sendable {
        case done
        /// The socket has no more, or takes no more, for now.
        case waits
        case failed(HandshakeFailure)
    }

    /// Goes on with the handshake: to be called when the socket may be readable or writable.
    package mutating func shake() -> Handshake {
        unsafe line.pointee.isDry = false
        unsafe line.pointee.beginReading()
        if unsafe line.pointee.hasUnsent, unsafe !line.pointee.flush() {
            return unsafe line.pointee.writeFailure == nil ? .waits : .failed(.lost)
        }
        if !isEstablished {
            Self.forgetOthersErrors()
            let result = unsafe SSL_do_handshake(ssl)
            guard result == 1 else { return failedStep() }
            isEstablished = true
        }
        // The last flight may still wait; the app's bytes then wait behind it.
        return .done
    }

    private func failedStep() -> Handshake {
        let isLost = unsafe line.pointee.readFailure != nil || line.pointee.writeFailure != nil
        if unsafe isLost || line.pointee.hasEnded {
            ERR_clear_error()
            return .failed(.lost)
        }
        // An alert leaves OpenSSL wanting to read as well.
        if ERR_peek_error() == 0, unsafe SSL_want(ssl) != SSL_NOTHING { return .waits }
        return unsafe .failed(HandshakeFailure(takingError: SSL_get_verify_result(ssl)))
    }

    // MARK: Receiving

    /// Whether more than the bytes just read is known: their end, or a failure.
    package var endWaits: Bool { waitingEnd != nil }

    /// One that others left in the thread's queue would be taken for this connection's.
    static func forgetOthersErrors() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    /// Reads what waits into the buffer's room, which is not 0.
    ///
    /// - Returns: As a socket: fewer bytes than there is room for are all there are for now,
    ///   unless ``endWaits``.
    package mutating func receive(into buffer: inout Buffer) -> IOResult {
        if let waitingEnd { return waitingEnd }
        Self.forgetOthersErrors()
        unsafe line.pointee.isDry = false
        if unsafe line.pointee.hasUnsent { _ = unsafe line.pointee.flush() }
        var stop: IOResult?
        let count = unsafe buffer.fill { (free: UnsafeMutableRawBufferPointer) -> Int in
            var filled = 0
            while filled < free.count {
                if filled > 0, unsafe line.pointee.isDry, unsafe SSL_has_pending(ssl) == 0 { break }
                var moved = 0
                unsafe line.pointee.beginReading()
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: free[filled...])
                guard unsafe SSL_read_ex(ssl, rest.baseAddress, rest.count, &moved) == 1 else {
                    stop = receiveStop()
                    break
                }
                filled += moved
            }
            return filled
        }
        guard count > 0 else { return stop ?? .wouldBlock }
        if let stop, stop != .wouldBlock { waitingEnd = stop }
        return .bytes(count)
    }

    /// Why nothing more was read (SSL_read_ex(3)).
    private func receiveStop() -> IOResult {
        if let error = unsafe line.pointee.readFailure {
            ERR_clear_error()
            return .failed(error)
        }
        if unsafe line.pointee.hasEnded, !hasClosureAlert {
            ERR_clear_error()
            // Somebody in between may have cut the stream short. A request says its own length; an
            // answer may not (RFC 9112 §9.8).
            return role == .server ? .ended : .failed(.connectionReset)
        }
        // Alerts of failures count as shutdowns and leave OpenSSL wanting to read; they leave an
        // error, too.
        guard ERR_peek_error() == 0 else {
            ERR_clear_error()
            return .failed(.protocolViolated)
        }
        if hasClosureAlert { return .ended }
        return unsafe SSL_want(ssl) != SSL_NOTHING ? .wouldBlock : .failed(.protocolViolated)
    }

    private var hasClosureAlert: Bool {
        unsafe SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0
    }
}

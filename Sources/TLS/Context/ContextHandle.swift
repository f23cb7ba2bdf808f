import COpenSSL
import Synchronization

/// An SSL_CTX (SSL_CTX_new(3)) and what its callbacks need.
///
/// - Safety: Changed only before it is shared; from then on OpenSSL reads it from several threads
///   at once, under locks and counts of its own. Sessions hold on to the SSL_CTX, and that to
///   `extras`, however long this object lives.
@safe final class ContextHandle: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    init(_ role: Session.Role) throws(TLSProblem) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let pointer = unsafe SSL_CTX_new(method) else { throw .library(.taken()) }
        unsafe self.pointer = unsafe pointer
        // Buffers are given back while nothing is under way; the other two fit callers that come
        // back with the bytes that are left, wherever these stand by then.
        let modes =
            SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
            | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        guard unsafe apus_ssl_ctx_set_mode(pointer, Int(modes)) & Int(modes) == Int(modes) else {
            throw .library(.taken())
        }
        unsafe apus_ssl_ctx_set_read_ahead(pointer)
        _ = unsafe SSL_CTX_set_options(pointer, apus_ssl_options())
        // Else no session could be made later on.
        guard LineMethod.isReady else { throw .library(.taken()) }
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    /// Sets something that OpenSSL may refuse, by a call that returns 1 if it does not.
    func set(_ call: (OpaquePointer) -> CInt) throws(TLSProblem) {
        guard unsafe call(pointer) == 1 else { throw .library(.taken()) }
    }

    /// Gives callbacks something that lives as long as the SSL_CTX.
    func attach(_ extras: ContextExtras) throws(TLSProblem) {
        let box = UnsafeMutablePointer<ContextExtras>.allocate(capacity: 1)
        unsafe box.initialize(to: extras)
        guard unsafe SSL_CTX_set_ex_data(pointer, Self.makeExtraIndex(), box) == 1 else {
            unsafe Self.release(box)
            throw .library(.taken())
        }
    }

    /// What was attached to the context that a connection uses now.
    static func extras(of ssl: OpaquePointer?) -> ContextExtras? {
        guard let ssl = unsafe ssl, let context = unsafe SSL_get_SSL_CTX(ssl),
            let box = unsafe SSL_CTX_get_ex_data(context, extraIndex.load(ordering: .relaxed))
        else { return nil }
        return unsafe box.assumingMemoryBound(to: ContextExtras.self).pointee
    }

    private static func release(_ box: UnsafeMutablePointer<ContextExtras>) {
        unsafe box.deinitialize(count: 1)
        unsafe box.deallocate()
    }

    /// Where SSL_CTXs have their extras; negative until OpenSSL has given a place.
    ///
    /// Written before the first of them is shared.
    private static let extraIndex = Atomic<CInt>(-1)

    /// The place, asked for again for as long as there was none.
    private static func makeExtraIndex() -> CInt {
        let known = extraIndex.load(ordering: .relaxed)
        guard known < 0 else { return known }
        let made = unsafe apus_ssl_ctx_extra_index { _, box, _, _, _, _ in
            guard let box = unsafe box else { return }
            unsafe ContextHandle.release(box.assumingMemoryBound(to: ContextExtras.self))
        }
        let (isFirst, other) = extraIndex.compareExchange(
            expected: -1, desired: made, ordering: .relaxed)
        return isFirst ? made : other
    }
}

/// Why a context cannot be made.
package enum TLSProblem: Error, Equatable, Sendable {
    /// OpenSSL's words.
    case library(LibraryError)
    /// No certificate stands where one is expected.
    case noCertificate
    /// No authority that is known vouches for the certificate, for that name and at this time.
    case notTrusted
    case noKey
    /// Encrypted, and the passphrase is missing or wrong.
    case keyLocked
    /// The key is another certificate's.
    case keyMismatched
    /// Neither RSA of 2048 to 8192 bits, nor ECDSA on P-256 or P-384, nor Ed25519.
    case keyNotSpoken
    case ciphersNotSpoken
    /// A file of ticket keys that holds none, or something else.
    case ticketKeysMalformed
    case noOCSPResponse
    case noRevocationList
}

/// What OpenSSL says went wrong.
package struct LibraryError: Equatable, Sendable {
    /// Such as `no start line`; never anything of what was read.
    package let reason: String

    /// Empties the thread's queue of errors.
    static func taken() -> LibraryError {
        let code = ERR_peek_error()
        ERR_clear_error()
        guard let text = unsafe ERR_reason_error_string(code) else {
            return LibraryError(reason: code == 0 ? "OpenSSL does not say why" : "error \(code)")
        }
        return unsafe LibraryError(reason: String(cString: text))
    }
}

/// What callbacks of an SSL_CTX know; immutable, but for the keys in it, which guard themselves.
final class ContextExtras: Sendable {
    let names: HelloChoice?
    let tickets: TicketKeys?
    /// An OCSP response in DER (RFC 6960).
    let staple: [UInt8]
    /// Where a client keeps sessions.
    let resumables: Resumables?

    init(
        names: HelloChoice?, tickets: TicketKeys?, staple: [UInt8], resumables: Resumables? = nil
    ) {
        self.resumables = resumables
        self.names = names
        self.tickets = tickets
        self.staple = staple
    }
}

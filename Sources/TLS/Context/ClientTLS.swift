import Bytes
import COpenSSL
package import Linux
import Synchronization

/// What this process speaks TLS with to servers of one kind; shared by all loops.
package final class ClientTLS: Sendable {
    /// Everything that a context is made of.
    package struct Settings: Sendable {
        /// Who vouches for servers; `nil` to believe any of them.
        package var trust: TrustStore?
        /// What this process shows when asked for a certificate.
        package var pair: CertificatePair?
        package var profile = Profile.intermediate
        /// What is spoken above TLS, as a list of names with their lengths; empty to say nothing.
        package var protocols: [UInt8] = []

        package init(trust: TrustStore?) { self.trust = trust }
    }

    /// Whom a connection is to reach.
    package enum ServerName: Hashable, Sendable {
        /// Sent along, so that the server can choose by it.
        case host(String)
        /// Numeric; not sent (RFC 6066 §3).
        case address(String)
    }

    /// What HTTP clients of one version say (RFC 7301).
    package static var http11: [UInt8] { ProtocolChoice.http11 }

    private let context: ContextHandle
    private let isVerifying: Bool
    private let resumables: Resumables

    /// - Throws: What OpenSSL does not take.
    package init(_ settings: Settings) throws(TLSProblem) {
        context = try ContextHandle(.client)
        isVerifying = settings.trust != nil
        resumables = Resumables()
        try context.speak(settings.profile)
        if let trust = settings.trust { try trust.install(in: context, depthMax: 9) }
        let mode = isVerifying ? SSL_VERIFY_PEER : SSL_VERIFY_NONE
        unsafe SSL_CTX_set_verify(context.pointer, mode, nil)
        if let pair = settings.pair { try pair.install(in: context) }
        if !settings.protocols.isEmpty {
            // 0 is success here, unlike everywhere else.
            let result = unsafe settings.protocols.withUnsafeBufferPointer {
                unsafe SSL_CTX_set_alpn_protos(context.pointer, $0.baseAddress, UInt32($0.count))
            }
            guard result == 0 else { throw .library(.taken()) }
        }
        try context.attach(
            ContextExtras(names: nil, tickets: nil, staple: [], resumables: resumables))
        Resumables.install(in: context)
    }

    /// Begins a connection to a server.
    ///
    /// - Parameter peer: Tells servers apart that hold different tickets; not 0.
    /// - Parameter other: Whose session is to be resumed, if not that of `name`.
    /// - Returns: `nil` without memory, or for a name that cannot be one.
    package func makeSession(
        on socket: Socket, to name: ServerName, peer: UInt64, resuming other: ServerName? = nil
    ) -> Session? {
        defer { ERR_clear_error() }
        guard let ssl = unsafe SSL_new(context.pointer) else { return nil }
        guard unsafe expect(name, on: ssl) else {
            unsafe SSL_free(ssl)
            return nil
        }
        var hasher = Hasher()
        hasher.combine(other ?? name)
        hasher.combine(peer)
        let place = UInt64(truncatingIfNeeded: hasher.finalize()) | 1
        unsafe resumables.offer(place, to: ssl)
        return unsafe Session(ssl, .client, on: socket, having: Buffer(), resumption: place)
    }

    private func expect(_ name: ServerName, on ssl: OpaquePointer) -> Bool {
        switch name {
        case .host(let host):
            guard unsafe apus_ssl_set_server_name(ssl, host) == 1 else { return false }
            unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            return unsafe !isVerifying || SSL_set1_host(ssl, host) == 1
        case .address(let address):
            guard let parameters = unsafe SSL_get0_param(ssl) else { return false }
            return unsafe !isVerifying
                || X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
        }
    }
}

/// Sessions that can be resumed, the latest of each server.
///
/// - Safety: Each pointer in the table holds one of OpenSSL's references, given back when it
///   leaves.
@safe final class Resumables: Sendable {
    /// Guard: the mutex, held for one look, once a handshake.
    private let table = Mutex<[UInt64: SessionHandle]>([:])
    private static let countMax = 1024

    /// Has new sessions of a context be kept.
    static func install(in context: ContextHandle) {
        _ = unsafe apus_ssl_ctx_set_session_cache_mode(
            context.pointer, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
        unsafe SSL_CTX_sess_set_new_cb(context.pointer) { ssl, session in
            guard let session = unsafe session, let line = unsafe LineMethod.line(of: ssl),
                let resumables = unsafe ContextHandle.extras(of: ssl)?.resumables
            else { return 0 }
            unsafe resumables.keep(SessionHandle(session), line.pointee.resumption)
            // The reference is ours from here on.
            return 1
        }
    }

    private func keep(_ session: SessionHandle, _ place: UInt64) {
        table.withLock { table in
            if table.count >= Self.countMax, table[place] == nil { table.removeAll() }
            table[place] = session
        }
    }

    func offer(_ place: UInt64, to ssl: OpaquePointer) {
        guard let session = table.withLock({ $0[place] }) else { return }
        unsafe SSL_set_session(ssl, session.pointer)
    }
}

/// An SSL_SESSION, one reference of which is this object's.
///
/// - Safety: OpenSSL counts references and guards what changes.
@safe final class SessionHandle: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe SSL_SESSION_free(pointer) }
}

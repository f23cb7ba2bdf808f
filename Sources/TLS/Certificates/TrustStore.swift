import COpenSSL

/// Who vouches for a peer: roots, and what they have revoked.
///
/// - Safety: Made in `init`, freed once in `deinit` and not changed in between; OpenSSL guards and
///   counts it itself (X509_STORE_new(3)).
@safe package final class TrustStore: Sendable {
    private nonisolated(unsafe) let store: OpaquePointer
    /// Subjects of the roots, that clients are told of.
    private let roots: [X509Handle]

    /// - Parameters:
    ///   - roots: PEM; one certificate at least.
    ///   - revocations: PEM of lists by the same authorities (RFC 5280 §5); `nil` for none.
    package init(roots: [UInt8], revocations: [UInt8]? = nil) throws(TLSProblem) {
        let found = unsafe PEMReading.read(roots) { unsafe PEMReading.certificates($0) } ?? []
        guard !found.isEmpty, let store = unsafe X509_STORE_new() else { throw .noCertificate }
        do throws(TLSProblem) {
            for root in found where unsafe X509_STORE_add_cert(store, root.pointer) != 1 {
                throw .library(.taken())
            }
            if let revocations { try unsafe Self.add(revocations, to: store) }
        } catch {
            unsafe X509_STORE_free(store)
            throw error
        }
        unsafe self.store = unsafe store
        self.roots = found
    }

    /// Where systems keep all of their roots in one file.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ]

    /// What the system trusts: its bundle, or else what OpenSSL finds (SSL_CERT_FILE and
    /// SSL_CERT_DIR, or its own places).
    package init(ofSystem: Void) throws(TLSProblem) {
        guard let store = unsafe X509_STORE_new() else { throw .library(.taken()) }
        // Of a folder OpenSSL would read a file in the middle of a handshake.
        let isNamed = apus_trust_is_named() == 1
        let isLoaded =
            !isNamed && Self.bundles.contains { unsafe X509_STORE_load_file(store, $0) == 1 }
        ERR_clear_error()
        guard unsafe isLoaded || X509_STORE_set_default_paths(store) == 1 else {
            unsafe X509_STORE_free(store)
            throw .library(.taken())
        }
        unsafe self.store = unsafe store
        roots = []
    }

    deinit { unsafe X509_STORE_free(store) }

    private static func add(
        _ revocations: [UInt8], to store: OpaquePointer
    ) throws(TLSProblem) {
        let count = unsafe PEMReading.read(revocations) { source -> Int in
            ERR_clear_error()
            var count = 0
            while let list = unsafe PEM_read_bio_X509_CRL(source, nil, nil, nil) {
                defer { unsafe X509_CRL_free(list) }
                guard unsafe X509_STORE_add_crl(store, list) == 1 else { return 0 }
                count += 1
            }
            return PEMReading.isAtEnd ? count : 0
        }
        guard let count, count > 0 else { throw .noRevocationList }
        // The peer's own certificate alone: lists of roots are rarely at hand.
        guard unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK)) == 1 else {
            throw .library(.taken())
        }
    }

    /// Has a context judge peers by it.
    func install(in context: ContextHandle, depthMax: Int) throws(TLSProblem) {
        guard unsafe X509_STORE_up_ref(store) == 1 else { throw .library(.taken()) }
        unsafe SSL_CTX_set_cert_store(context.pointer, store)
        unsafe SSL_CTX_set_verify_depth(context.pointer, CInt(clamping: depthMax))
    }

    /// Tells clients whose certificates are asked for.
    func announce(in context: ContextHandle) throws(TLSProblem) {
        for root in roots {
            try unsafe context.set { unsafe SSL_CTX_add_client_CA($0, root.pointer) }
        }
    }
}

import COpenSSL
package import Crypto

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
        guard !found.isEmpty else { throw .noCertificate }
        guard let store = unsafe X509_STORE_new() else { throw .library(.taken()) }
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

    /// The first certificate of a text, if it is for a name and the others lead from it to a root.
    ///
    /// - Parameters:
    ///   - pem: It, then those that lead from it towards a root.
    ///   - name: A DNS name; one that begins with a dot stands for all below it.
    /// - Throws: `.noCertificate` for what is none, `.notTrusted` for one that nobody vouches for.
    package func vouched(_ pem: [UInt8], for name: String) throws(TLSProblem) -> Certificate {
        let found = unsafe PEMReading.read(pem) { unsafe PEMReading.certificates($0) } ?? []
        guard let first = found.first, let encoded = first.encoded,
            let certificate = try? Certificate(der: encoded)
        else { throw .noCertificate }
        guard isVouching(for: first, by: found.dropFirst(), name) else { throw .notTrusted }
        return certificate
    }

    private func isVouching(
        for certificate: X509Handle, by chain: ArraySlice<X509Handle>, _ name: String
    ) -> Bool {
        defer { ERR_clear_error() }
        guard let verification = unsafe X509_STORE_CTX_new() else { return false }
        defer { unsafe X509_STORE_CTX_free(verification) }
        // The stack's elements stay the handles', which outlive it.
        guard let stack = unsafe OPENSSL_sk_new_null() else { return false }
        defer { unsafe OPENSSL_sk_free(stack) }
        for link in chain {
            guard unsafe OPENSSL_sk_push(stack, UnsafeRawPointer(link.pointer)) > 0 else {
                return false
            }
        }
        guard unsafe X509_STORE_CTX_init(verification, store, certificate.pointer, stack) == 1,
            let terms = unsafe X509_STORE_CTX_get0_param(verification),
            unsafe X509_VERIFY_PARAM_set1_host(terms, name, name.utf8.count) == 1
        else { return false }
        // 112 bits, as handshakes ask for: no SHA-1, no RSA below 2048 bits.
        unsafe X509_VERIFY_PARAM_set_auth_level(terms, 2)
        return withExtendedLifetime(chain) { unsafe X509_verify_cert(verification) == 1 }
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

import COpenSSL
import Crypto

/// A certificate with its chain and its private key, checked once.
///
/// - Safety: Made in `init`, freed once in `deinit` and not changed in between; OpenSSL counts its
///   own references.
@safe package final class CertificatePair: Sendable {
    private let leaf: X509Handle
    private let chain: [X509Handle]
    private nonisolated(unsafe) let key: OpaquePointer
    let keyType: KeyType
    /// An OCSP response in DER to be stapled (RFC 6960); empty without one.
    let staple: [UInt8]
    /// Whose it is: DNS names in lower case, as in its subjectAltName, or its common name if that
    /// has none.
    package let names: [String]
    /// SHA-256 of the certificate's DER.
    package let fingerprint: [UInt8]
    /// The last second of its validity, since 1970.
    package let validUntil: Int64

    /// One server can have a certificate of each for the same name.
    enum KeyType: Int, Sendable { case rsa, ecdsa, ed25519 }

    /// - Parameters:
    ///   - certificates: PEM, the server's first, then those that lead from it towards a root.
    ///   - key: PEM; PKCS #8, PKCS #1 or SEC 1, encrypted or not.
    ///   - staple: DER; empty for none.
    package init(
        certificates: [UInt8], key: [UInt8], passphrase: [UInt8]? = nil, staple: [UInt8] = []
    ) throws(TLSProblem) {
        let pem = String(decoding: certificates, as: UTF8.self)
        let found = unsafe PEMReading.read(certificates) { unsafe PEMReading.certificates($0) }
        guard let found, let first = found.first, let validity = try? Certificate(pem: pem) else {
            throw .noCertificate
        }
        guard let names = unsafe CertificateNames.of(first.pointer),
            let fingerprint = unsafe PeerCertificate.fingerprint(of: first.pointer)
        else { throw .library(.taken()) }
        let secret = try unsafe Self.read(key, passphrase)
        do throws(TLSProblem) {
            keyType = try unsafe Self.type(of: secret)
            guard unsafe X509_check_private_key(first.pointer, secret) == 1 else {
                throw .keyMismatched
            }
            try Self.check(staple)
        } catch {
            unsafe EVP_PKEY_free(secret)
            ERR_clear_error()
            throw error
        }
        unsafe self.key = unsafe secret
        leaf = first
        chain = Array(found.dropFirst())
        self.staple = staple
        self.names = names
        self.fingerprint = fingerprint
        validUntil = validity.validUntil
    }

    deinit { unsafe EVP_PKEY_free(key) }

    private static func read(
        _ bytes: [UInt8], _ passphrase: [UInt8]?
    ) throws(TLSProblem) -> OpaquePointer {
        let isEncrypted = bytes.holds("ENCRYPTED")
        let key = unsafe PEMReading.read(bytes) {
            unsafe PEMReading.privateKey($0, passphrase: passphrase)
        }
        guard let key = unsafe key ?? nil else { throw isEncrypted ? .keyLocked : .noKey }
        return unsafe key
    }

    private static func type(of key: OpaquePointer) throws(TLSProblem) -> KeyType {
        let bits = Int(unsafe EVP_PKEY_get_bits(key))
        if unsafe EVP_PKEY_is_a(key, "RSA") == 1, (2048...8192).contains(bits) { return .rsa }
        if unsafe EVP_PKEY_is_a(key, "EC") == 1, bits == 256 || bits == 384 { return .ecdsa }
        if unsafe EVP_PKEY_is_a(key, "ED25519") == 1 { return .ed25519 }
        throw .keyNotSpoken
    }

    private static func check(_ staple: [UInt8]) throws(TLSProblem) {
        guard !staple.isEmpty else { return }
        let response = unsafe staple.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return unsafe d2i_OCSP_RESPONSE(nil, &next, bytes.count)
        }
        guard let response = unsafe response else { throw .noOCSPResponse }
        defer { unsafe OCSP_RESPONSE_free(response) }
        guard unsafe OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
            throw .noOCSPResponse
        }
    }

    /// Has a context offer it.
    func install(in context: ContextHandle) throws(TLSProblem) {
        // The stack's elements stay this object's; OpenSSL counts references of its own.
        guard let stack = unsafe OPENSSL_sk_new_null() else { throw .library(.taken()) }
        defer { unsafe OPENSSL_sk_free(stack) }
        for certificate in chain {
            guard unsafe OPENSSL_sk_push(stack, UnsafeRawPointer(certificate.pointer)) > 0 else {
                throw .library(.taken())
            }
        }
        try unsafe context.set { unsafe SSL_CTX_use_cert_and_key($0, leaf.pointer, key, stack, 1) }
    }
}

extension [UInt8] {
    /// Whether a text stands in it; nothing is copied, as it may be a secret.
    fileprivate func holds(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard self.count >= count else { return false }
        return (0...(self.count - count)).contains { start in
            (0..<count).allSatisfy { unsafe self[start + $0] == text.utf8Start[$0] }
        }
    }
}

/// Bytes that nobody shall find in memory later.
package enum SecretBytes {
    /// Overwrites them (OPENSSL_cleanse(3)); of an array that nobody else holds.
    package static func forget(_ bytes: inout [UInt8]) {
        unsafe bytes.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

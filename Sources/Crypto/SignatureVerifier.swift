import COpenSSL

/// How a signature was made.
package enum SignatureScheme: Sendable, Equatable {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    case rsaPKCS1(DigestAlgorithm)
    /// RSASSA-PSS (RFC 8017 §8.1), the salt as long as the digest (RFC 7518 §3.5).
    case rsaPSS(DigestAlgorithm)
    /// ECDSA, the signature being r and s one behind the other, each as long as the curve's order
    /// (RFC 7518 §3.4): P-256 with SHA-256, P-384 with SHA-384.
    case ecdsa
    /// The same, the signature being a SEQUENCE of r and s in DER (RFC 3279 §2.2.3).
    case ecdsaDER
    /// Pure Ed25519 (RFC 8032 §5.1).
    case ed25519

    /// Whether a key's signatures can be of this scheme.
    package func fits(_ kind: PublicKeyKind) -> Bool {
        switch (self, kind) {
        case (.rsaPKCS1, .rsa), (.rsaPSS, .rsa): true
        case (.ecdsa, .p256), (.ecdsa, .p384), (.ed25519, .ed25519): true
        case (.ecdsaDER, .p256), (.ecdsaDER, .p384): true
        default: false
        }
    }
}

/// Verifies signatures, one after the other; one a loop.
///
/// - Safety: The context is allocated once, freed in `deinit`, and passed to libcrypto alone. The
///   type cannot be copied, so that no two calls use it at once.
@safe package struct SignatureVerifier: ~Copyable {
    /// `nil` without memory: asked for again when it is needed.
    private var context: OpaquePointer?

    /// Allocates the context.
    package init() { unsafe context = unsafe EVP_MD_CTX_new() }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Whether a key's owner signed exactly this message.
    ///
    /// - Returns: `false` as well for a key that does not fit the scheme, a signature of another
    ///   length, and whatever libcrypto cannot do.
    package mutating func isValid(
        _ signature: borrowing Span<UInt8>, of message: borrowing Span<UInt8>, by key: PublicKey,
        _ scheme: SignatureScheme
    ) -> Bool {
        guard scheme.fits(key.kind) else { return false }
        if unsafe context == nil { unsafe context = unsafe EVP_MD_CTX_new() }
        guard unsafe context != nil else { return false }
        // What went wrong must not be taken for an error of whoever asks this thread next.
        defer {
            unsafe EVP_MD_CTX_reset(context)
            ERR_clear_error()
        }
        guard begin(scheme, key) else { return false }
        guard case .ecdsa = scheme else { return isVerified(signature, message) }
        let coordinateBytes = key.kind == .p256 ? 32 : 48
        guard signature.count == 2 * coordinateBytes else { return false }
        let encoded = ECDSAEncoding(signature)
        return isVerified(encoded.bytes.span.extracting(0..<encoded.count), message)
    }

    /// EVP_DigestVerifyInit(3), with the padding that the scheme says.
    private func begin(_ scheme: SignatureScheme, _ key: PublicKey) -> Bool {
        var parameters: OpaquePointer?
        let function = unsafe Self.function(scheme, key.kind)
        // Without one it would be the key's usual one.
        guard unsafe function != nil || key.kind == .ed25519 else { return false }
        guard unsafe EVP_DigestVerifyInit(context, &parameters, function, nil, key.handle) == 1
        else { return false }
        switch scheme {
        case .ecdsa, .ecdsaDER, .ed25519: return true
        case .rsaPKCS1:
            return unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PADDING) == 1
        case .rsaPSS:
            return unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
        }
    }

    /// The hash function of a scheme; `nil` for Ed25519, which brings its own.
    private static func function(
        _ scheme: SignatureScheme, _ kind: PublicKeyKind
    ) -> OpaquePointer? {
        let algorithm: DigestAlgorithm
        switch scheme {
        case .rsaPKCS1(let digest), .rsaPSS(let digest): algorithm = digest
        case .ecdsa, .ecdsaDER: algorithm = kind == .p256 ? .sha256 : .sha384
        case .ed25519: return nil
        }
        return unsafe FetchedDigests.function(algorithm)
    }

    private func isVerified(
        _ signature: borrowing Span<UInt8>, _ message: borrowing Span<UInt8>
    ) -> Bool {
        unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count, message.baseAddress,
                    message.count) == 1
            }
        }
    }
}

/// An ECDSA signature as libcrypto wants it: a SEQUENCE of two INTEGERs (RFC 3279 §2.2.3).
private struct ECDSAEncoding {
    private(set) var bytes = InlineArray<112, UInt8>(repeating: 0)
    private(set) var count = 2

    /// - Parameter raw: r and s, 32 or 48 bytes each; at most 2 + 2 · (2 + 1 + 48) come of it.
    init(_ raw: borrowing Span<UInt8>) {
        let half = raw.count / 2
        append(raw, 0, half)
        append(raw, half, raw.count)
        bytes[0] = 0x30
        // Below 128, so that one byte says it.
        bytes[1] = UInt8(truncatingIfNeeded: count - 2)
    }

    private mutating func append(_ raw: borrowing Span<UInt8>, _ start: Int, _ end: Int) {
        var first = start
        while first < end - 1, raw[first] == 0 { first += 1 }
        let isPadded = raw[first] >= 0x80
        put(0x02)
        put(UInt8(truncatingIfNeeded: end - first + (isPadded ? 1 : 0)))
        if isPadded { put(0) }
        for index in first..<end { put(raw[index]) }
    }

    private mutating func put(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }
}

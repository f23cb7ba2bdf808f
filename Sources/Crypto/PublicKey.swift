import COpenSSL

/// Which signatures a public key verifies.
package enum PublicKeyKind: Sendable, Equatable {
    /// 2048 to 8192 bits.
    case rsa(bits: Int)
    case p256, p384, ed25519
}

/// Why bytes are no public key that is used here.
package enum PublicKeyError: Error, Equatable {
    /// Neither PEM nor, at a JWK, the members that its type needs.
    case notEncoded
    case privateKey, certificate
    /// A type or curve that is not spoken here, such as DSA, P-521 or secp256k1.
    case kindNotSpoken
    case rsaTooShort(bits: Int)
    case rsaTooLong(bits: Int)
    /// No point of its curve, no modulus, or an exponent that signs nothing.
    case unsound
}

/// A public key, parsed and checked once; shared by all loops.
///
/// - Safety: The key is made in `init`, freed once in `deinit` and never changed in between;
///   libcrypto reads it from several threads at once under locks of its own (EVP_PKEY(7)).
@safe package final class PublicKey: Sendable {
    nonisolated(unsafe) let handle: OpaquePointer
    package let kind: PublicKeyKind

    /// - Parameter bytes: A SubjectPublicKeyInfo in DER (RFC 5280 §4.1), and nothing behind it.
    package init(spki bytes: [UInt8]) throws(PublicKeyError) {
        let key = unsafe bytes.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var next = bytes.baseAddress
            let key = unsafe d2i_PUBKEY(nil, &next, bytes.count)
            guard let key = unsafe key else { return nil }
            guard unsafe next == bytes.baseAddress.map({ unsafe $0 + bytes.count }) else {
                unsafe EVP_PKEY_free(key)
                return nil
            }
            return unsafe key
        }
        defer { ERR_clear_error() }
        guard let key = unsafe key else { throw .notEncoded }
        do throws(PublicKeyError) {
            kind = try unsafe Self.kind(of: key)
            unsafe handle = key
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    private static func kind(of key: OpaquePointer) throws(PublicKeyError) -> PublicKeyKind {
        let kind: PublicKeyKind
        if unsafe EVP_PKEY_is_a(key, "RSA") == 1 {
            let bits = Int(unsafe EVP_PKEY_get_bits(key))
            guard bits >= 2048 else { throw .rsaTooShort(bits: bits) }
            // Verifying takes time that grows with the square of the length.
            guard bits <= 8192 else { throw .rsaTooLong(bits: bits) }
            kind = .rsa(bits: bits)
        } else if unsafe EVP_PKEY_is_a(key, "ED25519") == 1 {
            kind = .ed25519
        } else if unsafe EVP_PKEY_is_a(key, "EC") == 1 {
            switch unsafe curve(of: key) {
            case "prime256v1": kind = .p256
            case "secp384r1": kind = .p384
            default: throw .kindNotSpoken
            }
        } else {
            throw .kindNotSpoken
        }
        guard unsafe isSound(key) else { throw .unsound }
        return kind
    }

    /// The name of an elliptic curve (EVP_PKEY_get_group_name(3)).
    private static func curve(of key: OpaquePointer) -> String {
        let name = unsafe [CChar](unsafeUninitializedCapacity: 64) { name, count in
            var length = 0
            let isNamed = unsafe EVP_PKEY_get_group_name(
                key, name.baseAddress, name.count, &length)
            count = isNamed == 1 ? min(length, name.count) : 0
        }
        return String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// EVP_PKEY_public_check(3): on its curve, or an odd modulus with an odd exponent above 1.
    private static func isSound(_ key: OpaquePointer) -> Bool {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        return unsafe EVP_PKEY_public_check(context) == 1
    }
}

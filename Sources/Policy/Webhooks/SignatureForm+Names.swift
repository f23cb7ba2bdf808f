import Crypto

extension SignatureForm.Algorithm {
    /// Those that a configuration may ask for, by its words.
    package static let named: [(String, SignatureForm.Algorithm)] = [
        ("hmac-sha1", .hmac(.sha1)), ("hmac-sha256", .hmac(.sha256)),
        ("hmac-sha512", .hmac(.sha512)), ("ed25519", .ed25519), ("ecdsa-p256", .ecdsaP256),
        ("rsa-sha256", .rsaSHA256), ("token", .token),
    ]

    /// As configurations write it.
    package var name: String { Self.named.first { $0.1 == self }?.0 ?? "hmac" }
}

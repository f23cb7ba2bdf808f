/// What a side speaks: versions, cipher suites, groups, signatures.
package struct Profile: Equatable, Sendable {
    /// The oldest version that is spoken.
    package var versionMin: ProtocolVersion
    /// The newest.
    package var versionMax = ProtocolVersion.tls13
    /// Suites of TLS 1.2 (ciphers(1)), the preferred one first.
    package var ciphers: String

    /// What is signed with, in handshakes and certificates (SSL_CTX_set1_sigalgs_list(3)).
    package var signatureAlgorithms = Self.usualSignatureAlgorithms

    package init(versionMin: ProtocolVersion, ciphers: String) {
        self.versionMin = versionMin
        self.ciphers = ciphers
    }

    /// Mozilla's "intermediate" (wiki.mozilla.org/Security/Server_Side_TLS) without finite-field
    /// Diffie-Hellman: whoever speaks the suites below speaks elliptic curves, and a stranger could
    /// have this side do the expensive half of it at will.
    package static let intermediate = Profile(
        versionMin: .tls12,
        ciphers: [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        ].joined(separator: ":"))

    /// Mozilla's "modern": TLS 1.3 alone.
    package static let modern = Profile(
        versionMin: .tls13, ciphers: intermediate.ciphers)

    /// Suites of TLS 1.3, all that RFC 8446 has but those for small devices.
    static let modernSuites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    static let groups = "X25519:P-256:P-384"
    private static let usualSignatureAlgorithms =
        "ECDSA+SHA256:ed25519:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:"
        + "ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512"
}

/// A version of TLS.
package enum ProtocolVersion: String, CaseIterable, Sendable, Comparable {
    case tls12 = "1.2"
    case tls13 = "1.3"

    package static func < (one: ProtocolVersion, other: ProtocolVersion) -> Bool {
        one == .tls12 && other == .tls13
    }
}

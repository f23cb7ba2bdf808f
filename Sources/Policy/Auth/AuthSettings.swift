package import Crypto

/// `auth` of a route, as configured: how a request proves who sent it.
package enum AuthSettings: Sendable {
    case apiKeys([APIKeySetting])
    /// One secret, sent as `Authorization: Bearer`.
    case bearer(Secret)
    case jwt(JWTSettings)
}

/// A key that a client may have, known by its digest alone.
package struct APIKeySetting: Sendable, Equatable {
    /// Letters, digits, `.`, `_` and `-`; at most 64.
    package var name: String
    /// SHA-256 of the key, 32 bytes.
    package var digest: [UInt8]

    package init(name: String, digest: [UInt8]) {
        self.name = name
        self.digest = digest
    }
}

/// `jwt`: which tokens are believed.
package struct JWTSettings: Sendable {
    /// At least one.
    package var keys: [JWTKeySetting]
    /// At least one, each of which one of the keys verifies.
    package var algorithms: [JWTAlgorithm]
    /// What `iss` must be; `nil` for anything.
    package var issuer: String?
    /// One of these must be in `aud`; empty if none was named, and then `aud` must be absent.
    package var audiences: [String]
    /// Seconds by which the signer's clock may differ from ours.
    package var leeway: Int64
    /// A cookie that may hold the token in place of `Authorization`.
    package var cookie: String?
    /// For whoever reads the keys again.
    package var source = JWTKeySource.text

    package init(
        keys: [JWTKeySetting], algorithms: [JWTAlgorithm], issuer: String?, audiences: [String],
        leeway: Int64, cookie: String?
    ) {
        self.keys = keys
        self.algorithms = algorithms
        self.issuer = issuer
        self.audiences = audiences
        self.leeway = leeway
        self.cookie = cookie
    }
}

/// Where the keys of tokens come from.
package enum JWTKeySource: Sendable, Equatable {
    /// The configuration itself.
    case text
    /// Files with a public key each, in the order of the keys; `nil` for one that the configuration
    /// has itself.
    case keyFiles([String?])
    /// A file with a JWK Set.
    case keySet(String)

    /// The paths of all files.
    package var files: [String] {
        switch self {
        case .text: []
        case .keyFiles(let files): files.compactMap(\.self)
        case .keySet(let file): [file]
        }
    }
}

/// A key that tokens are verified with.
package struct JWTKeySetting: Sendable {
    /// Secrets and public keys are never taken for one another.
    package enum Material: Sendable {
        case secret(Secret)
        case publicKey(PublicKey)
    }

    /// The `kid` of tokens that it verifies; `nil` for a key that stands alone.
    package var id: String?
    package var material: Material
    /// The one algorithm that the key itself asks for (`alg` of a JWK); `nil` for any that fits.
    package var algorithm: JWTAlgorithm?

    package init(id: String?, material: Material, algorithm: JWTAlgorithm?) {
        self.id = id
        self.material = material
        self.algorithm = algorithm
    }

    /// Whether the key verifies tokens of an algorithm.
    package func fits(_ candidate: JWTAlgorithm) -> Bool {
        if let algorithm, algorithm != candidate { return false }
        switch (material, candidate.proof) {
        case (.secret, .code): return true
        case (.publicKey(let key), .signature(let scheme)):
            return scheme.fits(key.kind) && candidate.curve.map { $0 == key.kind } ?? true
        default: return false
        }
    }
}

/// The algorithms of JWS that are spoken here (RFC 7518 §3.1, RFC 8037 §3.1); `none` is not one.
package enum JWTAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case eddsa = "EdDSA"

    /// How a token of this algorithm is verified.
    enum Proof {
        case code(DigestAlgorithm)
        case signature(SignatureScheme)
    }

    var proof: Proof {
        switch self {
        case .hs256: .code(.sha256)
        case .hs384: .code(.sha384)
        case .hs512: .code(.sha512)
        case .rs256: .signature(.rsaPKCS1(.sha256))
        case .rs384: .signature(.rsaPKCS1(.sha384))
        case .rs512: .signature(.rsaPKCS1(.sha512))
        case .ps256: .signature(.rsaPSS(.sha256))
        case .es256, .es384: .signature(.ecdsa)
        case .eddsa: .signature(.ed25519)
        }
    }

    /// The one curve of an ECDSA algorithm.
    var curve: PublicKeyKind? {
        switch self {
        case .es256: .p256
        case .es384: .p384
        default: nil
        }
    }

    /// Whether tokens are made and verified with one shared secret.
    package var takesSecret: Bool { if case .code = proof { true } else { false } }
}

import Policy

/// `jwt` of a route's `auth`: which tokens are believed.
enum JWTSection {
    static let secret = Key(
        optional: "secret",
        Kind<String>.discreet(
            .text(expected: "a secret", pattern: nil),
            parse: { text throws(Objection) in text }
        ).located,
        "The secret of HS256, HS384 and HS512; at least 32 characters")
    static let publicKey = Key(
        optional: "public_key", keyFile.located,
        "The key of all other algorithms: PEM, or the path of a file that holds it")
    static let keys = Key(
        optional: "keys", Kind.names(keyFile.located, count: 1...32, check: checkKeyID),
        "Several of them: the kid of a token's header, and PEM or a path")
    static let jwks = Key(
        optional: "jwks", keySetFile.located, "A file with a JWK Set (RFC 7517)")
    static let algorithms = Key(
        required: "algorithms", Kind.list(Kind<JWTAlgorithm>.cases().located, count: 1...10),
        example: "[RS256]",
        "The algorithms that tokens may be signed by; what a token says of itself adds none"
    )
    static let issuer = Key(
        optional: "issuer", Kind.text("text"), unset: "any",
        "What iss must be, to the letter")
    static let audience = Key(
        optional: "audience", audiences, unset: "none",
        "What aud must be or hold; several may be given. Without it, tokens with aud are refused")
    static let leeway = Key(
        "leeway", Kind.duration(.zero ... .seconds(600)), default: .seconds(10),
        "By how much the signer's clock may be ahead or behind")
    static let cookie = Key(
        optional: "cookie", Kind.text("the name of a cookie", check: checkCookie), unset: "none",
        "A cookie that may hold the token where Authorization: Bearer is missing")

    static let section = Section(
        "routes[].auth.jwt", "Signed tokens (RFC 7519) in compact form",
        keys: [
            secret.description, publicKey.description, keys.description, jwks.description,
            algorithms.description, issuer.description, audience.description, leeway.description,
            cookie.description,
        ])
    static let kind = Kind<AuthDraft>.section(section, make: make)

    /// Of `secret`: as long as the digest of HS256 (RFC 7518 §3.2).
    static let secretCharactersMin = 32

    static func make(_ fields: Fields) -> AuthDraft? {
        let keys = keys(fields)
        let algorithms = fields[algorithms]
        let issuer = fields[issuer]
        let audiences = fields[audience] ?? []
        let leeway = fields[leeway]
        let cookie = fields[cookie]
        guard let keys, let algorithms else { return nil }
        check(algorithms, keys.settings, fields)
        var settings = JWTSettings(
            keys: keys.settings, algorithms: algorithms.map(\.value), issuer: issuer,
            audiences: audiences, leeway: seconds(leeway), cookie: cookie)
        settings.source = keys.source
        return AuthDraft(settings: .jwt(settings), doubts: keys.doubts)
    }

    /// Whole seconds, rounded up.
    private static func seconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds + (attoseconds > 0 ? 1 : 0)
    }

    // MARK: Keys

    /// What one of the four ways to give keys gave.
    private struct Keys {
        let settings: [JWTKeySetting]
        var doubts: [Doubt] = []
        var source = JWTKeySource.text
    }

    /// Exactly one of four ways to give them.
    private static func keys(_ fields: Fields) -> Keys? {
        let secret = fields[secret]
        let publicKey = fields[publicKey]
        let named = fields[keys]
        let set = fields[jwks]
        let given = ["secret", "public_key", "keys", "jwks"].filter(fields.has)
        guard let first = given.first else {
            fields.place.error(
                at: fields.position,
                "has no key: it needs one of secret, public_key, keys, jwks")
            return nil
        }
        for extra in given.dropFirst() {
            fields.place.inside(extra).error(
                at: fields.position(of: extra),
                "cannot stand beside \(first): a route's tokens have one source of keys")
        }
        guard given.count == 1 else { return nil }
        switch first {
        case "secret": return secret.map(keys)
        case "public_key":
            return publicKey.map {
                Keys(settings: [$0.value.setting], source: .keyFiles([$0.value.file]))
            }
        case "keys": return named.map(keys)
        default:
            return set.map { Keys(settings: $0.value.settings, source: .keySet($0.value.file)) }
        }
    }

    private static func keys(_ secret: Located<String>) -> Keys {
        let doubt = Doubt(secret, charactersMin: secretCharactersMin)
        let material = JWTKeySetting.Material.secret(Secret(secret.value))
        let key = JWTKeySetting(id: nil, material: material, algorithm: nil)
        return Keys(settings: [key], doubts: doubt.map { [$0] } ?? [])
    }

    private static func keys(_ named: [Named<Located<KeyText.Key>>]) -> Keys {
        let found = named.compactMap { key in
            key.value.map { found in
                var setting = found.value.setting
                setting.id = key.name
                return (setting, found.value.file)
            }
        }
        return Keys(settings: found.map(\.0), source: .keyFiles(found.map(\.1)))
    }

    /// Each algorithm needs a key that verifies it: one without would refuse every token.
    private static func check(
        _ algorithms: [Located<JWTAlgorithm>], _ keys: [JWTKeySetting], _ fields: Fields
    ) {
        var seen: Set<JWTAlgorithm> = []
        for algorithm in algorithms {
            let place = Place(path: algorithm.path, report: fields.place.report)
            let name = algorithm.value.rawValue
            guard seen.insert(algorithm.value).inserted else {
                place.error(at: algorithm.position, "\(name) stands there twice")
                continue
            }
            // What could not be read was reported.
            guard !keys.isEmpty, !keys.contains(where: { $0.fits(algorithm.value) }) else {
                continue
            }
            if algorithm.value.takesSecret {
                place.error(
                    at: algorithm.position,
                    "\(name) is verified with a secret, and a public key is none",
                    hint: "anybody who knows the public key could sign")
            } else if fields.has("secret") {
                place.error(
                    at: algorithm.position,
                    "\(name) is verified with a public key, not with secret",
                    hint: "give public_key, keys or jwks")
            } else {
                place.error(at: algorithm.position, "\(name) fits none of the keys")
            }
        }
    }
}

extension JWTSection {
    private static let keyFile = Kind<KeyText.Key>.discreet(
        .text(expected: "a public key in PEM, or the path of one", pattern: nil),
        isShown: { !$0.contains("-----BEGIN ") },
        parse: { text throws(Objection) in try KeyText.publicKey(text) })

    private static let keySetFile = Kind<KeyText.KeySet>(
        .text(expected: "the path of a JWK Set", pattern: nil), format: { _ in nil },
        parse: { text throws(Objection) in
            KeyText.KeySet(settings: try KeyText.keySet(text), file: text)
        })

    /// One text, or a list of them.
    private static var audiences: Kind<[String]> {
        let one = Kind<String>.text("an audience")
        let list = Kind<[String]>.list(one, count: 1...16)
        return Kind(shape: .either(one.shape, list.shape)) { node, place in
            if case .sequence = node { return list.decode(node, place) }
            return one.decode(node, place).map { [$0] }
        }
    }

    private static func checkKeyID(_ id: String) throws(Objection) {
        guard !id.isEmpty, id.utf8.count <= 256 else {
            throw Objection("is not a kid", advice: "1 to 256 bytes")
        }
    }

    private static func checkCookie(_ name: String) throws(Objection) {
        guard FieldText.isToken(name), name.utf8.count <= 128 else {
            throw Objection("is not the name of a cookie")
        }
    }
}

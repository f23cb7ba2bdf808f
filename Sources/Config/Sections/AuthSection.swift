import Policy

/// `auth` of a route: how a request proves who sent it.
enum AuthSection {
    static let apiKeys = Key(
        optional: "api_keys", Kind.names(digest.located, count: 1...256, check: checkName),
        "Keys that clients send as X-API-Key or Authorization: Bearer; here their digests alone")
    static let bearer = Key(
        optional: "bearer",
        Kind<String>.discreet(
            .text(expected: "a secret", pattern: nil), parse: SecretText.bearer
        ).located,
        "One secret, sent as Authorization: Bearer; at least 16 characters")
    static let jwt = Key(
        optional: "jwt", JWTSection.kind, "Signed tokens, in Authorization: Bearer or a cookie")

    static let section = Section(
        "routes[].auth", "Who may use a route; exactly one of these, and all others get 401",
        keys: [apiKeys.description, bearer.description, jwt.description])
    static let kind = Kind<AuthDraft>.section(section, make: make)

    private static let digest = Kind<[UInt8]>.discreet(
        .text(expected: "sha256: and 64 hexadecimal digits", pattern: "sha256:[0-9A-Fa-f]{64}"),
        parse: KeyText.digest)

    /// Of the secret of `bearer`.
    static let secretCharactersMin = 16

    static func make(_ fields: Fields) -> AuthDraft? {
        let keys = fields[apiKeys]
        let bearer = fields[bearer]
        let jwt = fields[jwt]
        let given = ["api_keys", "bearer", "jwt"].filter(fields.has)
        guard let first = given.first else {
            fields.place.error(
                at: fields.position, "admits nobody: it needs one of api_keys, bearer, jwt")
            return nil
        }
        for extra in given.dropFirst() {
            fields.place.inside(extra).error(
                at: fields.position(of: extra),
                "cannot stand beside \(first): a route asks for one kind of proof")
        }
        switch first {
        case "api_keys": return keys.map { draft($0, fields.place) }
        case "bearer": return bearer.map(draft)
        default: return jwt
        }
    }

    private static func draft(_ keys: [Named<Located<[UInt8]>>], _ place: Place) -> AuthDraft {
        var names: [[UInt8]: String] = [:]
        var settings: [APIKeySetting] = []
        for key in keys {
            guard let digest = key.value else { continue }
            if let name = names.updateValue(key.name, forKey: digest.value) {
                place.report.error(
                    at: digest.position, digest.path, "is the key of \(quoted(name)) already")
            }
            settings.append(APIKeySetting(name: key.name, digest: digest.value))
        }
        return AuthDraft(settings: .apiKeys(settings), doubts: [])
    }

    private static func draft(_ secret: Located<String>) -> AuthDraft {
        let doubt = Doubt(secret, charactersMin: secretCharactersMin)
        return AuthDraft(
            settings: .bearer(Secret(secret.value)), doubts: doubt.map { [$0] } ?? [])
    }
}

/// `auth` of a route, and what about it is unsafe.
struct AuthDraft: Sendable {
    let settings: AuthSettings
    let doubts: [Doubt]
}

/// Something that is an error in production, and a warning elsewhere.
struct Doubt: Sendable {
    let position: Position
    let path: Path
    let message: String

    init(position: Position, path: Path, message: String) {
        self.position = position
        self.path = path
        self.message = message
    }

    /// - Returns: `nil` for a secret that is long and not a placeholder.
    init?(_ secret: Located<String>, charactersMin: Int) {
        let weakness = SecretText.weakness(of: secret.value, charactersMin: charactersMin)
        guard let weakness else { return nil }
        position = secret.position
        path = secret.path
        message = weakness
    }
}

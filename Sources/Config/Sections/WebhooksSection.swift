import Policy

/// `webhooks`: whose deliveries are taken, and how they are told from forgeries.
enum WebhooksSection {
    static let provider = Key(
        required: "provider", Kind<String>.words(providers.map { ($0, $0) }), example: "stripe",
        "Who delivers; generic for one that the keys further down describe")
    static let secrets = Key(
        optional: "secrets", Kind.list(secret.located, count: 1...16),
        example: "[\"${STRIPE_WEBHOOK_SECRET}\"]",
        "What the provider signs with, or its public keys; each alone makes a delivery genuine. "
            + "Those out of ${file:/path} are read again when the file changes")
    static let tolerance = Key(
        optional: "tolerance", Kind.duration(.seconds(1) ... .seconds(86_400)),
        unset: "the provider's", example: "5min",
        "How old a delivery may be, and how far in the future: the clocks of both count")
    static let bodySize = Key(
        "max_body", Kind.size(1 << 10...16 << 20), default: 1 << 20,
        "The longest body; it is held until it was verified, and a longer one is answered 413")
    static let replay = Key(
        "replay", Kind.toggle, default: true,
        "Whether an event that the app has answered 2xx is answered here when it comes again")
    static let replayKept = Key(
        optional: "replay_ttl", Kind.duration(.seconds(1) ... .seconds(30 * 86_400)),
        unset: "as long as the provider tries again, or 1d", example: "3d",
        "How long an event is known after that"
    ).commentedOut()
    static let duplicateWait = Key(
        "duplicate_wait", Kind.duration(.zero ... .seconds(30)), default: .seconds(5),
        "How long an event that comes while the app has it waits for its answer; then 409")
    static let onStoreFailure = Key(
        "on_store_failure",
        Kind<StoreFailureRule>.words([("local", .local), ("deny", .deny)]), default: .local,
        "While Redis is away: local knows what came through this gateway; deny answers 503, so "
            + "that nothing is accepted twice by providers that send again")
    static let mode = Key(
        "mode", Kind<WebhookMode>.cases(), default: .enforce,
        "Whether forgeries are refused, or passed on and logged")
    static let publicURL = Key(
        optional: "public_url", WebhookURLText.kind, unset: "as the request says",
        example: "\"https://api.example.com\"",
        "For twilio, square, and generic that signs {url}: the URL that the provider knows; all of "
            + "it for square, for others what stands before the request's own path"
    ).commentedOut()
    static let webhookID = Key(
        optional: "webhook_id",
        Kind.text("the id of a webhook", check: checkWebhookID),
        example: "8PT597110X687430LKGECATA",
        "For paypal: the id that it gave the webhook"
    ).commentedOut()
    static let certificate = Key(
        optional: "cert_file", Kind.text("the path of a certificate in PEM").located,
        unset: "fetched from PayPal", example: "/etc/apus/paypal.pem",
        "For paypal: a file with the certificate that it signs with; read again when it changes"
    ).commentedOut()
    static let challenge = Key(
        optional: "challenge", ChallengeSection.kind, unset: "none",
        example: "{ query: hub.challenge, token_query: hub.verify_token, token: \"${VERIFY}\" }",
        ChallengeSection.section.summary
    ).commentedOut()

    static let section = Section(
        "webhooks.NAME", "Whose deliveries are taken, and how they are verified; routes name one",
        keys: [
            provider.description, secrets.description, tolerance.description,
            bodySize.description, replay.description, replayKept.description,
            duplicateWait.description, onStoreFailure.description, mode.description,
            publicURL.description,
            webhookID.description, certificate.description, challenge.description,
        ] + GenericWebhookKeys.descriptions)
    static let kind = Kind<WebhookDraft>.section(section) { fields in
        WebhookReading(fields).draft()
    }

    /// What describes itself by keys of its own.
    static let generic = "generic"
    private static let providers = WebhookProvider.table.map(\.name) + [generic]

    /// Of a secret: a public key of 8192 bits in PEM is far shorter.
    static let secretBytesMax = 16 << 10

    private static let secret = Kind<String>.discreet(
        .text(expected: "a secret", pattern: nil),
        parse: { text throws(Objection) in
            guard !text.isEmpty else { throw Objection("is empty") }
            guard text.utf8.count <= secretBytesMax else {
                throw Objection("is longer than 16KiB")
            }
            return text
        })

    private static func checkWebhookID(_ id: String) throws(Objection) {
        guard !id.isEmpty, id.utf8.count <= 128, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw Objection("is not the id of a webhook") }
    }
}

/// A webhook as written, without its name.
struct WebhookDraft: Sendable {
    let settings: WebhookSettings
    /// Errors in production.
    let doubts: [Doubt]
    /// Where `max_body` stands, or the webhook if it has none.
    let bodySizePosition: Position
    /// Where `challenge` stands, or the webhook if it has none.
    let challengePosition: Position
}

/// `challenge` of a webhook.
enum ChallengeSection {
    static let query = Key(
        required: "query", parameter, "The parameter that is sent back, such as hub.challenge")
    static let tokenQuery = Key(
        required: "token_query", parameter,
        "The parameter that must be the token, such as hub.verify_token")
    static let token = Key(
        required: "token",
        Kind<String>.discreet(
            .text(expected: "a secret", pattern: nil),
            parse: { text throws(Objection) in
                guard !text.isEmpty else { throw Objection("is empty") }
                try FieldText.checkValue(text)
                return text
            }
        ).located,
        "What you told the provider to ask with")

    static let section = Section(
        "webhooks.NAME.challenge",
        "A GET that asks whether the address is yours: whoever knows the token is answered",
        keys: [query.description, tokenQuery.description, token.description])
    static let kind = Kind<ChallengeDraft>.section(section) { fields in
        let query = fields[query]
        let tokenQuery = fields[tokenQuery]
        let token = fields[token]
        guard let query, let tokenQuery, let token else { return nil }
        if query == tokenQuery {
            fields.place.inside("token_query").error(
                at: fields.position(of: "token_query"),
                "is the parameter that is sent back: the token would be told to whoever asks")
        }
        return ChallengeDraft(
            settings: ChallengeSettings(
                query: query, tokenQuery: tokenQuery, token: Secret(token.value)),
            doubt: Doubt(token, charactersMin: WebhookReading.secretCharactersMin))
    }

    private static let parameter = Kind<String>.text("the name of a parameter") {
        name throws(Objection) in
        guard !name.isEmpty, name.utf8.count <= 128,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
        else { throw Objection("is not the name of a parameter") }
    }
}

/// `challenge` of a webhook, and what about it is unsafe.
struct ChallengeDraft: Sendable {
    let settings: ChallengeSettings
    let doubt: Doubt?
}

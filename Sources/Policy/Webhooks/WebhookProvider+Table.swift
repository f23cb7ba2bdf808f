import Crypto

private let day: Int64 = 86_400
private let comma: UInt8 = 0x2c
private let equals: UInt8 = 0x3d

/// An HMAC with SHA-256 by the secret's text, in hexadecimal: what most have.
private func hex(_ mark: String = "") -> SignatureForm {
    SignatureForm(.hmac(.sha256), .hex, .text, mark: mark)
}

/// The same in base64.
private let base64 = SignatureForm(.hmac(.sha256), .base64, .text)

/// The first two forms of the Standard Webhooks specification, and whoever follows it.
private func standard(_ names: [String], _ forms: [SignatureForm]) -> WebhookScheme {
    func fields(_ end: String) -> [String] { names.map { "\($0)-\(end)" } }
    var scheme = WebhookScheme(
        forms: forms, signature: .list(fields("signature"), separator: 0x20),
        signed: [.id, .literal("."), .timestamp, .literal("."), .body])
    scheme.timestamp = TimestampPlace(.field(fields("timestamp")))
    scheme.id = EventIDPlace(.field(fields("id")), isSigned: true)
    return scheme
}

private let v1 = SignatureForm(.hmac(.sha256), .base64, .base64(prefix: "whsec_"), mark: "v1,")
private let v1a = SignatureForm(
    .ed25519, .base64, .ed25519Base64(prefix: "whpk_"), mark: "v1a,")

/// One signature in a field, over these parts.
private func field(
    _ name: String, _ form: SignatureForm, _ signed: [SignedPart],
    timestamp: TimestampPlace? = nil, id: EventIDPlace? = nil, handshake: WebhookHandshake? = nil
) -> WebhookScheme {
    var scheme = WebhookScheme(forms: [form], signature: .field([name]), signed: signed)
    scheme.timestamp = timestamp
    scheme.id = id
    scheme.handshake = handshake
    return scheme
}

private func seconds(_ field: String) -> TimestampPlace { TimestampPlace(.field([field])) }

/// An id that only a field tells: anybody could send a captured delivery under another.
private func unsigned(_ field: String) -> EventIDPlace {
    EventIDPlace(.field([field]), isSigned: false)
}

private func signed(_ paths: [String]...) -> EventIDPlace {
    EventIDPlace(.json(paths), isSigned: true)
}

// MARK: - The specification, and code hosts

extension WebhookProvider {
    static let open: [WebhookProvider] = [
        WebhookProvider(
            "standard", "Standard Webhooks", tolerance: 300, kept: 4 * day,
            ProviderNotes(
                secret: "`whsec_…`, or `whpk_…` for `v1a`",
                retries: "as the sender has it; the specification proposes 3 days",
                remark: "ids and timestamps with a `.` are refused",
                source: "specification 1.0.0; vectors of its library"),
            standard(["webhook"], [v1, v1a])),
        WebhookProvider(
            "svix", "Svix", tolerance: 300, kept: 2 * day,
            ProviderNotes(
                secret: "`whsec_…` of the endpoint", retries: "8 within 28 hours",
                remark: "`webhook-*` fields are read where there are no `svix-*` ones",
                source: "Svix documentation; vectors of its library"),
            standard(["svix", "webhook"], [v1, v1a])),
        WebhookProvider(
            "github", "GitHub", tolerance: nil, kept: 3 * day,
            ProviderNotes(
                secret: "the webhook's secret", retries: "none; redelivered by hand for 3 days",
                remark: "`X-Hub-Signature` with SHA-1 is not read",
                source: "GitHub documentation, with its example"),
            field(
                "X-Hub-Signature-256", hex("sha256="), [.body],
                id: unsigned("X-GitHub-Delivery"))),
        WebhookProvider(
            "gitlab", "GitLab", tolerance: 300, kept: day,
            ProviderNotes(
                secret: "`whsec_…`, the signing token; anything else is the secret token",
                retries: "none that are documented; resent by hand",
                remark: "a secret token proves who sends and nothing of what is sent",
                source: "GitLab documentation"),
            gitlab),
    ]

    private static var gitlab: WebhookScheme {
        let signing = SignatureForm(
            .hmac(.sha256), .base64, .markedBase64(prefix: "whsec_"), mark: "v1,")
        var scheme = standard(["webhook"], [signing])
        // What it covers besides the token is its sender's word alone: the body tells one event
        // from another.
        scheme.alternatives = [
            field(
                "X-Gitlab-Token", SignatureForm(.token, .text, .text), [.body],
                id: unsigned("X-Gitlab-Event-UUID"))
        ]
        return scheme
    }
}

// MARK: - Money and goods

extension WebhookProvider {
    static let commerce: [WebhookProvider] = [
        WebhookProvider(
            "stripe", "Stripe", tolerance: 300, kept: 3 * day,
            ProviderNotes(
                secret: "`whsec_…` of the endpoint, all of it", retries: "for 3 days",
                remark: "`v0` is passed over; timestamps of the future are bounded too",
                source: "Stripe documentation; vectors of its library"),
            stripe),
        WebhookProvider(
            "shopify", "Shopify", tolerance: nil, kept: 2 * day,
            ProviderNotes(
                secret: "the app's client secret", retries: "8 within 4 hours", remark: "",
                source: "Shopify documentation"),
            field(
                "X-Shopify-Hmac-SHA256", base64, [.body], id: unsigned("X-Shopify-Webhook-Id"))),
        WebhookProvider(
            "square", "Square", tolerance: nil, kept: day,
            ProviderNotes(
                secret: "the subscription's signature key", retries: "11 within 24 hours",
                remark: "`public_url` is the notification URL, exactly as it was registered",
                source: "Square documentation"),
            field(
                "x-square-hmacsha256-signature", base64, [.registeredURL, .body],
                id: signed(["event_id"]))),
        WebhookProvider(
            "paddle", "Paddle", tolerance: 5, kept: 3 * day,
            ProviderNotes(
                secret: "`pdl_ntfset_…` of the notification destination",
                retries: "60 within 3 days",
                remark: "5 s is what its libraries allow: clocks must be right",
                source: "Paddle documentation and library"),
            paddle),
        WebhookProvider(
            "paypal", "PayPal", tolerance: 300, kept: 3 * day,
            ProviderNotes(
                secret: "`webhook_id`; the certificate is fetched, or stands in `cert_file`",
                retries: "25 within 3 days",
                remark: "the body is covered by a CRC-32 alone, which can be forged by whoever has"
                    + " a delivery",
                source: "PayPal documentation"),
            paypal),
        WebhookProvider(
            "woocommerce", "WooCommerce", tolerance: nil, kept: day,
            ProviderNotes(
                secret: "the webhook's secret", retries: "none; disabled after 5 failures",
                remark: "", source: "WooCommerce documentation"),
            field(
                "X-WC-Webhook-Signature", base64, [.body],
                id: unsigned("X-WC-Webhook-Delivery-ID"))),
    ]

    private static var stripe: WebhookScheme {
        var scheme = WebhookScheme(
            forms: [hex("v1")],
            signature: .pairs("Stripe-Signature", separator: comma, pairSeparator: equals),
            signed: [.timestamp, .literal("."), .body])
        scheme.timestamp = TimestampPlace(.pair("t"))
        scheme.id = signed(["id"])
        return scheme
    }

    private static var paddle: WebhookScheme {
        var scheme = WebhookScheme(
            forms: [hex("h1")],
            signature: .pairs("Paddle-Signature", separator: 0x3b, pairSeparator: equals),
            signed: [.timestamp, .literal(":"), .body])
        scheme.timestamp = TimestampPlace(.pair("ts"))
        scheme.id = signed(["notification_id"], ["event_id"])
        return scheme
    }

    private static var paypal: WebhookScheme {
        var scheme = field(
            "PAYPAL-TRANSMISSION-SIG", .certificate,
            [
                .id, .literal("|"), .timestamp, .literal("|"), .webhookID, .literal("|"),
                .bodyCRC32,
            ],
            timestamp: TimestampPlace(.field(["PAYPAL-TRANSMISSION-TIME"]), .date),
            id: EventIDPlace(.field(["PAYPAL-TRANSMISSION-ID"]), isSigned: true))
        scheme.certificate = CertificatePlace(
            field: "PAYPAL-CERT-URL", hostSuffix: ".paypal.com")
        return scheme
    }
}

// MARK: - Work

extension WebhookProvider {
    static let work: [WebhookProvider] = [
        WebhookProvider(
            "slack", "Slack", tolerance: 300, kept: day,
            ProviderNotes(
                secret: "the app's signing secret", retries: "3 within an hour",
                remark: "`url_verification` is answered", source: "vectors of its library"),
            field(
                "X-Slack-Signature", hex("v0="),
                [.literal("v0:"), .timestamp, .literal(":"), .body],
                timestamp: seconds("X-Slack-Request-Timestamp"), id: signed(["event_id"]),
                handshake: .slack)),
        WebhookProvider(
            "linear", "Linear", tolerance: 60, kept: day,
            ProviderNotes(
                secret: "the webhook's signing secret", retries: "3 within 8 hours",
                remark: "`webhookTimestamp` of the body says when", source: "Linear documentation"),
            field(
                "Linear-Signature", hex(), [.body],
                timestamp: TimestampPlace(.json(["webhookTimestamp"]), .milliseconds),
                id: unsigned("Linear-Delivery"))),
        WebhookProvider(
            "vercel", "Vercel", tolerance: nil, kept: day,
            ProviderNotes(
                secret: "the integration's or the webhook's secret", retries: "for 24 hours",
                remark: "", source: "Vercel documentation"),
            field(
                "x-vercel-signature", SignatureForm(.hmac(.sha1), .hex, .text), [.body],
                id: EventIDPlace(.json([["id"]]), isSigned: false))),
        WebhookProvider(
            "webflow", "Webflow", tolerance: 300, kept: day,
            ProviderNotes(
                secret: "the webhook's or the app's client secret", retries: "3, 10 minutes apart",
                remark: "timestamps in milliseconds", source: "Webflow documentation"),
            field(
                "x-webflow-signature", hex(), [.timestamp, .literal(":"), .body],
                timestamp: TimestampPlace(.field(["x-webflow-timestamp"]), .milliseconds))),
    ]
}

// MARK: - Messages and meetings

extension WebhookProvider {
    static let messages: [WebhookProvider] = [
        WebhookProvider(
            "twilio", "Twilio", tolerance: nil, kept: day,
            ProviderNotes(
                secret: "the account's auth token", retries: "none but as the URL's fragment asks",
                remark: "of a form the decoded parameters are signed, not the bytes",
                source: "Twilio documentation; vectors of its library"),
            field(
                "X-Twilio-Signature", SignatureForm(.hmac(.sha1), .base64, .text),
                [.url, .twilioForm], id: unsigned("I-Twilio-Idempotency-Token"))),
        WebhookProvider(
            "sendgrid", "SendGrid", tolerance: 600, kept: day,
            ProviderNotes(
                secret: "the verification key: a public key in base64",
                retries: "for 24 hours", remark: "a delivery has several events and no id",
                source: "SendGrid documentation and library"),
            field(
                "X-Twilio-Email-Event-Webhook-Signature",
                SignatureForm(.ecdsaP256, .base64, .publicKey), [.timestamp, .body],
                timestamp: seconds("X-Twilio-Email-Event-Webhook-Timestamp"))),
        WebhookProvider(
            "mailgun", "Mailgun", tolerance: 900, kept: day,
            ProviderNotes(
                secret: "the HTTP webhook signing key", retries: "for 8 hours",
                remark: "event data is not signed: whoever has one delivery can make up another,"
                    + " until its token was used",
                source: "Mailgun documentation"),
            mailgun),
        WebhookProvider(
            "discord", "Discord", tolerance: 300, kept: day,
            ProviderNotes(
                secret: "the application's public key", retries: "none of interactions",
                remark: "`PING` is answered", source: "Discord documentation and library"),
            field(
                "X-Signature-Ed25519", SignatureForm(.ed25519, .hex, .ed25519Hex),
                [.timestamp, .body], timestamp: seconds("X-Signature-Timestamp"),
                id: signed(["id"]), handshake: .discord)),
        WebhookProvider(
            "zoom", "Zoom", tolerance: 300, kept: day,
            ProviderNotes(
                secret: "the app's secret token", retries: "3 within 2 hours",
                remark: "`endpoint.url_validation` is answered",
                source: "Zoom documentation"),
            field(
                "x-zm-signature", hex("v0="),
                [.literal("v0:"), .timestamp, .literal(":"), .body],
                timestamp: seconds("x-zm-request-timestamp"), handshake: .zoom)),
    ]

    private static var mailgun: WebhookScheme {
        func path(_ name: String) -> [String] { ["signature", name] }
        var scheme = WebhookScheme(
            forms: [hex()], signature: .json(path("signature")),
            signed: [.timestamp, .json(path("token"))])
        scheme.timestamp = TimestampPlace(.json(path("timestamp")))
        scheme.id = signed(path("token"))
        return scheme
    }
}

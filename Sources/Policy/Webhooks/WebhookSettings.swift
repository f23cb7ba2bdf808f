/// One of `webhooks`, as configured and checked.
package struct WebhookSettings: Sendable {
    /// The key in the file; the `webhook` label of metrics.
    package var name: String
    /// `provider`, as the app is told of it.
    package var provider: String
    package var scheme: WebhookScheme
    /// Each verifies alone; none where deliveries name a certificate that is fetched.
    package var keys: [WebhookKey]
    /// Where the keys come from, for whoever reads them again.
    package var source = WebhookKeySource()
    /// Seconds by which a timestamp may be off, either way; `nil` where there is none.
    package var tolerance: Int64?
    /// Longest body in bytes.
    package var bodyBytesMax = 1 << 20
    package var mode = WebhookMode.enforce
    /// What is known of events that came before; `nil` if `replay` is off.
    package var replay: ReplaySettings?
    /// `public_url` and `webhook_id`.
    package var naming = WebhookNaming()
    /// How a GET that asks for it is answered; `nil` if none is.
    package var challenge: ChallengeSettings?

    package init(name: String, provider: String, scheme: WebhookScheme, keys: [WebhookKey]) {
        self.name = name
        self.provider = provider
        self.scheme = scheme
        self.keys = keys
    }
}

/// `mode` of a webhook.
package enum WebhookMode: String, CaseIterable, Sendable {
    case enforce
    /// What would be refused goes to the app nevertheless, without `Apus-Webhook`.
    case shadow
}

/// What a webhook is called by its provider.
package struct WebhookNaming: Sendable, Equatable {
    /// Scheme and authority, or more, as the provider was told of it; `nil` if the request says it.
    ///
    /// Without a path, or with `/` alone, the request's target is put behind it; with one, Square
    /// signs exactly this; for others the target is put behind it, less its trailing `/`.
    package var publicURL: String?
    /// The id that PayPal gave the webhook.
    package var webhookID: String?

    package init() {}
}

/// `replay`, `replay_ttl`, `duplicate_wait` and `on_store_failure` of a webhook.
package struct ReplaySettings: Sendable, Equatable {
    /// Seconds for which an event is known after the app answered it 2xx: 1 to 30 days.
    package var secondsKept: Int64
    /// How long a duplicate waits for the first to be answered: 0 to 30 s.
    package var duplicateWait: Duration
    /// What holds while Redis is away: `local`, what this process knows; or `deny`, 503, so that
    /// the provider sends again.
    package var onStoreFailure = StoreFailureRule.local

    package init(secondsKept: Int64, duplicateWait: Duration) {
        self.secondsKept = secondsKept
        self.duplicateWait = duplicateWait
    }
}

/// `challenge`: a GET whose query holds a token is answered with another part of its query.
package struct ChallengeSettings: Sendable, Equatable {
    /// The name of what is sent back, such as `hub.challenge`.
    package var query: String
    /// The name of what must be the token, such as `hub.verify_token`.
    package var tokenQuery: String
    package var token: Secret

    package init(query: String, tokenQuery: String, token: Secret) {
        self.query = query
        self.tokenQuery = tokenQuery
        self.token = token
    }
}

/// Where the keys of a webhook come from.
package struct WebhookKeySource: Sendable, Equatable {
    /// The texts of the secrets as they stand in the file, `${…}` and all, in order of the keys.
    package var written: [String] = []
    /// The paths of all files that they name.
    package var files: [String] = []

    package init() {}
}

import Policy

/// One of `webhooks`, key by key: what each means depends on the provider.
struct WebhookReading {
    /// Of a secret; public keys are no secrets.
    static let secretCharactersMin = 16

    /// How a provider signs, be it of the table or described in the file.
    private struct Terms {
        let provider: String
        let scheme: WebhookScheme
        let tolerance: Int64?
        let secondsKept: Int64
    }

    private let fields: Fields
    private var report: Report { fields.place.report }

    init(_ fields: Fields) { self.fields = fields }

    /// `nil` after a problem was reported; every key was looked at all the same.
    func draft() -> WebhookDraft? {
        let secrets = fields[WebhooksSection.secrets]
        let certificate = fields[WebhooksSection.certificate]
        let bodyBytesMax = Int(fields[WebhooksSection.bodySize])
        let mode = fields[WebhooksSection.mode]
        let challenge = fields[WebhooksSection.challenge]
        let tolerance = fields[WebhooksSection.tolerance]
        let kept = fields[WebhooksSection.replayKept]
        let replay = replay(kept)
        let onStoreFailure = fields[WebhooksSection.onStoreFailure]
        let url = fields[WebhooksSection.publicURL]
        let webhookID = fields[WebhooksSection.webhookID]
        guard let terms = terms() else { return nil }
        checkUse(by: terms, url)
        let given = keys(secrets, certificate, terms)
        guard let given else { return nil }
        var settings = WebhookSettings(
            name: "", provider: terms.provider, scheme: terms.scheme, keys: given.keys)
        settings.source = given.source
        settings.tolerance = tolerance.map(seconds) ?? terms.tolerance
        settings.bodyBytesMax = bodyBytesMax
        settings.mode = mode
        settings.replay = replay.map { wait in
            ReplaySettings(
                secondsKept: kept.map(seconds) ?? terms.secondsKept, duplicateWait: wait)
        }
        settings.replay?.onStoreFailure = onStoreFailure
        settings.naming.publicURL = url?.value
        settings.naming.webhookID = webhookID
        settings.challenge = challenge?.settings
        checkKept(settings)
        let doubts = given.doubts + [challenge?.doubt, doubt(ofReplay: replay)].compactMap(\.self)
        return WebhookDraft(
            settings: settings, doubts: doubts, bodySizePosition: fields.position(of: "max_body"),
            challengePosition: fields.position(of: "challenge"))
    }

    private func terms() -> Terms? {
        guard let name = fields[WebhooksSection.provider] else {
            _ = GenericWebhookKeys(fields)
            return nil
        }
        let generic = GenericWebhookKeys(fields)
        guard name != WebhooksSection.generic else {
            return generic.scheme().map { scheme in
                Terms(
                    provider: name, scheme: scheme,
                    tolerance: scheme.timestamp == nil ? nil : GenericWebhookKeys.tolerance,
                    secondsKept: GenericWebhookKeys.secondsKept)
            }
        }
        for key in GenericWebhookKeys.descriptions where fields.has(key.name) {
            object(to: key.name, "is for the provider generic: how \(name) signs is known")
        }
        return WebhookProvider.named(name).map { provider in
            Terms(
                provider: name, scheme: provider.scheme, tolerance: provider.tolerance,
                secondsKept: provider.secondsKept)
        }
    }

    // MARK: Keys

    private struct Given {
        var keys: [WebhookKey] = []
        var source = WebhookKeySource()
        var doubts: [Doubt] = []
    }

    /// The secrets, or for who signs with a certificate its file.
    private func keys(
        _ secrets: [Located<String>]?, _ certificate: Located<String>?, _ terms: Terms
    ) -> Given? {
        if terms.scheme.isOfCertificate {
            if let certificate { return key(certificate, terms) }
            // Deliveries name one, unless the file does so in a way that was reported.
            return fields.has("cert_file") ? nil : Given()
        }
        guard let secrets else {
            // Whether the file has none, or none that can be read, which was reported.
            if !fields.has("secrets") {
                fields.place.inside("secrets").error(at: fields.position, "is required")
            }
            return nil
        }
        var given = Given()
        for secret in secrets {
            do throws(WebhookKeyProblem) {
                let key = try WebhookKey(secret.value, for: terms.scheme)
                given.keys.append(key)
                if let doubt = doubt(of: key, secret) { given.doubts.append(doubt) }
            } catch {
                report.error(at: secret.position, secret.path, error.reason)
            }
        }
        given.source.written = secrets.map { $0.scalar?.written ?? $0.value }
        given.source.files = Expansion.files(in: given.source.written)
        return given
    }

    private func key(_ file: Located<String>, _ terms: Terms) -> Given? {
        do throws(Objection) {
            let key = try WebhookKeyText.certificate(inFile: file.value, terms.scheme)
            var given = Given(keys: [key])
            given.source.files = [file.value]
            return given
        } catch {
            file.object(error, report: report)
            return nil
        }
    }

    /// What makes a secret easy to guess; public keys are meant to be known.
    private func doubt(of key: WebhookKey, _ secret: Located<String>) -> Doubt? {
        switch key.material {
        case .hmac, .token: Doubt(secret, charactersMin: Self.secretCharactersMin)
        case .publicKey, .certificate: nil
        }
    }

    // MARK: Replays

    /// How long a duplicate waits; `nil` if replays pass.
    private func replay(_ kept: Duration?) -> Duration? {
        let wait = fields[WebhooksSection.duplicateWait]
        guard !fields[WebhooksSection.replay] else { return wait }
        for name in ["replay_ttl", "duplicate_wait", "on_store_failure"] where fields.has(name) {
            report.warning(
                at: fields.position(of: name), fields.place.inside(name).path,
                "has no effect: replay is off")
        }
        return nil
    }

    private func doubt(ofReplay wait: Duration?) -> Doubt? {
        guard wait == nil else { return nil }
        return Doubt(
            position: fields.position(of: "replay"), path: fields.place.inside("replay").path,
            message: "off lets whoever recorded a delivery send it again, and again")
    }

    /// A delivery that is fresh when its event was forgotten could be sent again.
    private func checkKept(_ settings: WebhookSettings) {
        guard let kept = settings.replay?.secondsKept, let tolerance = settings.tolerance,
            kept < tolerance
        else { return }
        let name = fields.has("replay_ttl") ? "replay_ttl" : "tolerance"
        report.warning(
            at: fields.position(of: name), fields.place.inside(name).path,
            "forgets events while their deliveries still pass for fresh: replay_ttl is shorter "
                + "than tolerance")
    }

    // MARK: The rest

    /// Every key has a use, and what a provider needs is there.
    private func checkUse(by terms: Terms, _ url: Located<String>?) {
        let scheme = terms.scheme
        let name = terms.provider
        if scheme.timestamp == nil {
            let isGeneric = name == WebhooksSection.generic
            object(
                to: "tolerance",
                isGeneric
                    ? "has no use without timestamp_header or timestamp_pair"
                    : "has no use: \(name) does not say when it signed")
        }
        if !scheme.signsURL {
            object(to: "public_url", "has no use: \(name) does not sign the URL")
        } else if let url, url.value.contains("?"), name != "square" {
            url.object(
                Objection("has a query, which is the request's own for \(name)"), report: report)
        }
        if scheme.signsWebhookID {
            require("webhook_id", by: name)
        } else {
            object(to: "webhook_id", "has no use: \(name) does not sign an id of the webhook")
        }
        if scheme.isOfCertificate {
            object(to: "secrets", "has no use: \(name) signs with a certificate, see cert_file")
        } else {
            object(to: "cert_file", "has no use: \(name) does not sign with a certificate")
        }
    }

    private func require(_ key: String, by name: String) {
        guard !fields.has(key) else { return }
        fields.place.inside(key).error(at: fields.position, "is required by \(name)")
    }

    /// Reports a key that is there.
    private func object(to key: String, _ message: String) {
        guard fields.has(key) else { return }
        fields.place.inside(key).error(at: fields.position(of: key), message)
    }

    /// Whole seconds, rounded up.
    private func seconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds + (attoseconds > 0 ? 1 : 0)
    }
}

extension WebhookScheme {
    /// Whether keys are certificates, out of files.
    var isOfCertificate: Bool { forms.allSatisfy { $0.keyForm == .certificate } }
}

import Config
import Linux
import Policy

extension Inspection {
    /// Signs a delivery as its provider would.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    package static func sign(
        _ request: SigningRequest, at now: UInt64
    ) throws(SigningProblem) -> SignedRequest {
        let settings = try settings(of: request.signer)
        do throws(InquiryProblem) {
            guard Question.isToken(request.method) else { throw .methodNotToken(request.method) }
            guard try Question.url(request.url).hasValidHost else { throw .urlHost(request.url) }
        } catch {
            throw .request(error)
        }
        try check(request, settings)
        let type = contentType(of: request.body, settings)
        let delivery = WebhookDelivery(
            method: request.method, url: request.url, body: request.body, contentType: type,
            timestamp: request.timestamp ?? Int64(now / 1_000_000_000),
            id: request.id ?? newID())
        do throws(WebhookSignerProblem) {
            let signed = try WebhookSigner.sign(delivery, for: settings)
            var headers = signed.headers
            if let type, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                headers.insert(SignedDelivery.Header(name: "Content-Type", value: type), at: 0)
            }
            return SignedRequest(method: request.method, url: signed.url, headers: headers)
        } catch {
            throw .notSigned(settings.provider, error)
        }
    }

    private static func settings(
        of signer: SigningRequest.Signer
    ) throws(SigningProblem) -> WebhookSettings {
        switch signer {
        case .webhook(let name, let provider, let snapshot):
            guard let settings = snapshot.webhooks.first(where: { $0.name == name }) else {
                throw .webhookNotKnown(name, known: snapshot.webhooks.map(\.name))
            }
            guard settings.provider == provider else { throw .providerOther(settings.provider) }
            return settings
        case .provider(let name, let secret):
            guard let provider = WebhookProvider.named(name) else {
                throw .providerNotKnown(
                    name, known: WebhookProvider.table.filter(\.isSignable).map(\.name))
            }
            // Who signs with a key of its own says so, whatever the secret is.
            if let form = provider.scheme.forms.first, form.algorithm.isOfPrivateKey {
                throw .notSigned(name, .privateKey)
            }
            // Whatever the body lacks as yet.
            if case .json = provider.scheme.signature { throw .notSigned(name, .signatureInBody) }
            do throws(WebhookKeyProblem) {
                let key = try WebhookKey(secret, for: provider.scheme)
                return WebhookSettings(
                    name: name, provider: name, scheme: provider.scheme, keys: [key])
            } catch {
                throw .secret(error)
            }
        }
    }

    /// What is asked for has a place in what is sent.
    private static func check(
        _ request: SigningRequest, _ settings: WebhookSettings
    ) throws(SigningProblem) {
        let schemes = [settings.scheme] + settings.scheme.alternatives
        if request.timestamp != nil, !schemes.contains(where: \.sendsTimestamp) {
            throw .timestampNotSent(settings.provider)
        }
        guard let id = request.id else { return }
        guard schemes.contains(where: \.sendsID) else { throw .idNotSent(settings.provider) }
        guard !id.isEmpty, id.utf8.count <= 128, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw .idMalformed }
    }

    /// Twilio sends forms, unless it is JSON; all others send JSON.
    private static func contentType(of body: [UInt8], _ settings: WebhookSettings) -> String? {
        guard let first = body.first else { return nil }
        let isJSON = [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(first)
        let sendsForms = settings.scheme.signed.contains(.twilioForm)
        return sendsForms && !isJSON ? "application/x-www-form-urlencoded" : "application/json"
    }

    /// Another one each time: a gateway that has seen it would take it for a replay.
    private static func newID() -> String {
        "evt_" + String(Randomness.word(), radix: 16) + String(Randomness.word(), radix: 16)
    }
}

extension WebhookScheme {
    /// Whether a timestamp is sent beside the body.
    fileprivate var sendsTimestamp: Bool {
        switch timestamp?.place {
        case .field, .pair: true
        case .json, nil: false
        }
    }

    /// Whether an id is sent beside the body.
    fileprivate var sendsID: Bool { if case .field? = id?.place { true } else { false } }
}

extension SignatureForm.Algorithm {
    fileprivate var isOfPrivateKey: Bool {
        switch self {
        case .hmac, .token: false
        case .ed25519, .ecdsaP256, .rsaSHA256: true
        }
    }
}

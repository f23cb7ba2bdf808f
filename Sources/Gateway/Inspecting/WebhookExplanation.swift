import Config
import Policy

extension ExplanationPage {
    /// Adds the webhook of the route that takes a request: what a delivery must have to pass.
    ///
    /// - Parameter ruling: What it makes of the request; `nil` if that does not come as far.
    mutating func add(_ webhook: WebhookSettings, _ ruling: WebhookRehearsal.Ruling?) {
        section("webhook")
        var lines = [["name", webhook.name], ["provider", webhook.provider]]
        let schemes = webhook.schemesUsed
        for (index, scheme) in schemes.enumerated() {
            lines.append([index == 0 ? "signature" : "or", scheme.signatureText])
        }
        let scheme = schemes.first ?? webhook.scheme
        if let timestamp = scheme.timestamp, let tolerance = webhook.tolerance {
            let span = DurationText.format(.seconds(tolerance))
            lines.append(["timestamp", "\(timestamp.text), off by \(span) at most"])
        }
        if let replay = webhook.replay {
            let span = DurationText.format(.seconds(replay.secondsKept))
            lines.append(["replays", "\(scheme.replayText), for \(span)"])
        } else {
            lines.append(["replays", "pass: replay is off"])
        }
        lines.append(["body", "held, up to \(SizeText.format(UInt64(webhook.bodyBytesMax)))"])
        if case .shadow = webhook.mode {
            lines.append(["mode", "shadow: forgeries pass without Apus-Webhook, and are logged"])
        }
        lines.append(["this request", Self.text(of: ruling)])
        rows(lines)
    }
}

extension ExplanationPage {
    fileprivate static func text(of ruling: WebhookRehearsal.Ruling?) -> String {
        switch ruling {
        case .genuine?: "is taken for genuine here: with its body it would be verified"
        case .refused(let refusal)?: "is refused: \(refusal.token)"
        case .letPass(let refusal)?: "passes, but is logged: \(refusal.token)"
        case .answered?: "asks whether the address is yours, and is answered"
        case nil: "does not come as far"
        }
    }
}

extension WebhookSettings {
    /// Those of the provider's ways of signing that there is a secret for.
    fileprivate var schemesUsed: [WebhookScheme] {
        ([scheme] + scheme.alternatives).filter { scheme in
            keys.contains { scheme.forms.contains($0.form) }
                || keys.isEmpty && scheme.certificate != nil
        }
    }
}

extension WebhookScheme {
    /// `v1=… among the pairs of Stripe-Signature; hmac-sha256 in hex`.
    fileprivate var signatureText: String {
        let ways = forms.map { form in
            "\(form.mark)… by \(form.algorithm.name) in \(form.encoding.rawValue)"
        }
        if case .token? = forms.first?.algorithm { return "\(signature.text): the secret itself" }
        return signature.text + ": " + ways.joined(separator: " or ") + " of "
            + signed.map(\.text).joined()
    }

    fileprivate var replayText: String {
        guard let id, id.isSigned else { return "known by a digest of what is signed" }
        return "known by \(id.place.text)"
    }
}

extension SignaturePlace {
    fileprivate var fields: [String] {
        switch self {
        case .field(let names), .list(let names, _): names
        case .pairs(let name, _, _): [name]
        case .json: []
        }
    }

    fileprivate var text: String {
        switch self {
        case .field(let names): names.joined(separator: " or ")
        case .list(let names, _): "a list in " + names.joined(separator: " or ")
        case .pairs(let name, _, _): "pairs in \(name)"
        case .json(let path): "json:" + path.joined(separator: ".")
        }
    }
}

extension TimestampPlace {
    fileprivate var text: String {
        switch place {
        case .field(let names): names.joined(separator: " or ")
        case .pair(let name): "the pair \(name)"
        case .json(let path): "json:" + path.joined(separator: ".")
        }
    }
}

extension EventIDPlace.Place {
    fileprivate var text: String {
        switch self {
        case .field(let names): names.joined(separator: " or ")
        case .json(let paths):
            paths.map { "json:" + $0.joined(separator: ".") }.joined(separator: " or ")
        }
    }
}

extension SignedPart {
    /// As templates write it, and what they cannot write in the same manner.
    fileprivate var text: String {
        switch self {
        case .literal(let text): text.replacing("{", with: "{{").replacing("}", with: "}}")
        case .body: "{body}"
        case .timestamp: "{ts}"
        case .id: "{id}"
        case .url, .registeredURL: "{url}"
        case .method: "{method}"
        case .header(let name): "{header:\(name)}"
        case .json(let path): "{json:\(path.joined(separator: "."))}"
        case .webhookID: "{webhook_id}"
        case .bodyCRC32: "{crc32 of the body}"
        case .twilioForm: "{sorted form}"
        }
    }
}

import Config
import Policy

extension ExplanationPage {
    /// Adds the webhook of the route that takes a request: what a delivery must have to pass.
    ///
    /// - Parameter names: Of the request's fields, in lower case.
    mutating func add(_ webhook: WebhookSettings, names: Set<String>) {
        section("webhook")
        let scheme = webhook.scheme
        var lines = [["name", webhook.name], ["provider", webhook.provider]]
        for (index, scheme) in ([scheme] + scheme.alternatives).enumerated() {
            lines.append([index == 0 ? "signature" : "or", scheme.signatureText])
        }
        lines.append(["of", scheme.signed.map(\.text).joined()])
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
        lines.append(["this request", webhook.fate(names)])
        rows(lines)
    }
}

extension WebhookSettings {
    /// What becomes of a request with fields of these names.
    fileprivate func fate(_ names: Set<String>) -> String {
        let fields = ([scheme] + scheme.alternatives).flatMap(\.signature.fields)
        guard !fields.isEmpty, !fields.contains(where: { names.contains($0.lowercased()) }) else {
            return "is taken for genuine here: its body would tell"
        }
        let isShadow = if case .shadow = mode { true } else { false }
        return "has no \(alternatives(fields)): "
            + (isShadow ? "passed on as if it had none to show" : "answered 401, not as below")
    }

    private func alternatives(_ names: [String]) -> String { names.joined(separator: " or ") }
}

extension WebhookScheme {
    /// `v1=… among the pairs of Stripe-Signature; hmac-sha256 in hex`.
    fileprivate var signatureText: String {
        let ways = forms.map { form in
            if case .token = form.algorithm { return "the secret itself" }
            return "\(form.mark)… by \(form.algorithm.name) in \(form.encoding.rawValue)"
        }
        return signature.text + ": " + ways.joined(separator: " or ")
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

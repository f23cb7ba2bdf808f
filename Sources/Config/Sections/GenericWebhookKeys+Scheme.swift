import Policy

extension GenericWebhookKeys {
    /// The scheme that the keys describe; `nil` after a problem was reported.
    func scheme() -> WebhookScheme? {
        require("header")
        require("algorithm")
        let template = template()
        checkMarks()
        checkTimestamp()
        guard let header, let algorithm, let template else { return nil }
        checkToken(algorithm)
        let keyForm = keyForm(algorithm)
        let encoding = isToken(algorithm) ? .text : encoding ?? .hex
        checkSeparators(encoding)
        guard let keyForm else { return nil }
        let form = SignatureForm(
            algorithm, encoding, keyForm, mark: marks.prefix?.value ?? "")
        var scheme = WebhookScheme(
            forms: [form], signature: place(in: header),
            signed: isToken(algorithm) ? [.body] : template)
        scheme.timestamp = timestampPlace
        scheme.id = id.map { EventIDPlace($0.value, isSigned: isSigned($0.value, template)) }
        if !isToken(algorithm) { check(template) }
        return scheme
    }

    private func isToken(_ algorithm: SignatureForm.Algorithm) -> Bool {
        if case .token = algorithm { true } else { false }
    }

    private func template() -> [SignedPart]? {
        guard let signed else { return fields.has("signed") ? nil : [.body] }
        do throws(SignedTemplateProblem) {
            return try SignedPart.parts(of: signed.value)
        } catch {
            // What is wrong with a text shows some of it.
            let isShown = signed.scalar?.origin == .file
            signed.object(
                Objection(isShown ? error.reason : "is no template such as {ts}.{body}"),
                report: fields.place.report)
            return nil
        }
    }

    private func place(in header: String) -> SignaturePlace {
        if let pair = marks.pair {
            return .pairs(
                header, separator: marks.list?.value ?? Self.pairsSeparator,
                pairSeparator: pair.value)
        }
        if let list = marks.list { return .list([header], separator: list.value) }
        return .field([header])
    }

    private var timestampPlace: TimestampPlace? {
        let unit = timestamp.unit ?? .seconds
        if let header = timestamp.header { return TimestampPlace(.field([header]), unit) }
        return timestamp.pair.map { TimestampPlace(.pair($0), unit) }
    }

    /// How a secret's text is a key; `nil` after a problem was reported.
    private func keyForm(_ algorithm: SignatureForm.Algorithm) -> WebhookKeyForm? {
        let given = keyEncoding?.value
        switch (algorithm, given) {
        case (.hmac, nil), (.hmac, .text), (.token, nil), (.token, .text): return .text
        case (.hmac, .hex): return .hex
        case (.hmac, .base64): return .base64(prefix: "")
        case (.ed25519, .hex): return .ed25519Hex
        case (.ed25519, .base64): return .ed25519Base64(prefix: "")
        case (_, nil): return .publicKey
        case (.token, _):
            object(to: "key_encoding", "has no use: a token is compared as it is sent")
        case (.ed25519, .text): object(to: "key_encoding", "is hex or base64 for public keys")
        default:
            object(
                to: "key_encoding",
                "has no use: public keys of this algorithm are PEM, or its content in base64")
        }
        return nil
    }

    /// Whether the signature covers the id.
    private func isSigned(_ place: EventIDPlace.Place, _ template: [SignedPart]) -> Bool {
        if case .token? = algorithm { return false }
        if template.contains(.id) { return true }
        switch place {
        case .json(let paths):
            return template.contains(.body)
                || paths.allSatisfy { template.contains(.json($0)) }
        case .field(let names):
            return template.contains { part in
                guard case .header(let name) = part else { return false }
                return names.map { $0.lowercased() } == [name.lowercased()]
            }
        }
    }

    // MARK: Checks

    private func checkMarks() {
        guard fields.has("pair_separator") else {
            object(to: "timestamp_pair", "has no use without pair_separator: there are no pairs")
            return
        }
        guard let prefix = marks.prefix else {
            if !fields.has("prefix") {
                fields.place.inside("prefix").error(
                    at: fields.position(of: "pair_separator"),
                    "is required beside pair_separator: it names the pairs that are signatures")
            }
            return
        }
        guard let pair = marks.pair?.value, prefix.value.utf8.last == pair else { return }
        prefix.object(
            Objection(
                "ends with the pair_separator, which is no part of a name",
                suggestion: String(prefix.value.dropLast())), report: fields.place.report)
    }

    private func checkSeparators(_ encoding: SignatureForm.Encoding) {
        let report = fields.place.report
        guard let list = marks.list else {
            if let pair = marks.pair, pair.value == Self.pairsSeparator {
                pair.object(
                    Objection("stands between pairs unless list_separator says other"),
                    report: report)
            }
            return
        }
        if list.value == marks.pair?.value {
            list.object(Objection("is the pair_separator as well"), report: report)
        }
        let signs =
            switch encoding {
            case .base64: "+/="
            case .base64url: "-_="
            case .hex, .text: ""
            }
        if signs.utf8.contains(list.value) {
            list.object(
                Objection("is a character of signatures in \(encoding.rawValue)"), report: report)
        }
    }

    private func checkTimestamp() {
        if fields.has("timestamp_header") {
            object(to: "timestamp_pair", "cannot stand beside timestamp_header")
        } else if !fields.has("timestamp_pair") {
            object(
                to: "timestamp_unit", "has no use without timestamp_header or timestamp_pair")
        }
    }

    /// A token says who sends and nothing of what is sent.
    private func checkToken(_ algorithm: SignatureForm.Algorithm) {
        guard isToken(algorithm) else { return }
        for name in [
            "encoding", "signed", "timestamp_header", "timestamp_pair", "timestamp_unit",
        ] {
            object(to: name, "has no use: a token is no signature of anything")
        }
    }

    /// What a template names is there, and what is there is named.
    private func check(_ template: [SignedPart]) {
        let position = signed?.position ?? fields.position
        let place = fields.place.inside("signed")
        if template.contains(.timestamp), timestampPlace == nil, !fields.has("timestamp_header"),
            !fields.has("timestamp_pair")
        {
            place.error(
                at: position,
                "holds {ts}, and neither timestamp_header nor timestamp_pair says where that is")
        }
        if template.contains(.id), !fields.has("id") {
            place.error(at: position, "holds {id}, and no id says where that is")
        }
        if !template.contains(.body) {
            place.report.warning(
                at: position, place.path,
                "does not hold {body}: somebody on the way may change what is not signed")
        }
        guard let timestampPlace, !isSigned(timestampPlace, template) else { return }
        place.report.warning(
            at: position, place.path,
            "does not hold {ts}: whoever recorded a delivery may give it a new timestamp")
    }

    private func isSigned(_ timestamp: TimestampPlace, _ template: [SignedPart]) -> Bool {
        if template.contains(.timestamp) { return true }
        guard case .field(let names) = timestamp.place else { return false }
        return isSigned(.field(names), template.filter { $0 != .id })
    }

    private func require(_ key: String) {
        guard !fields.has(key) else { return }
        fields.place.inside(key).error(at: fields.position, "is required by generic")
    }

    private func object(to key: String, _ message: String) {
        guard fields.has(key) else { return }
        fields.place.inside(key).error(at: fields.position(of: key), message)
    }
}

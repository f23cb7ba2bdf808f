import Policy

/// What a limit tells clients apart by, as configurations write it: `client_ip`, `header:X-Tenant`.
enum KeyPartText {
    /// Parts without a name of their own.
    private static let words: [(String, LimitKeyPart)] = [
        ("client_ip", .clientIP), ("client_cert", .clientCertificate), ("host", .host),
        ("path", .path), ("auth", .auth),
    ]
    /// What stands before a name.
    private static let prefixes = ["header", "cookie", "query", "form", "json", "jwt"]

    /// Names on the way to a value: deeper ones are no keys.
    private static let stepCountMax = 8

    static func parse(_ text: String) throws(Objection) -> LimitKeyPart {
        if let part = words.first(where: { $0.0 == text })?.1 { return part }
        let prefix = String(text.prefix { $0 != ":" })
        guard prefixes.contains(prefix) else {
            let forms = words.map(\.0) + prefixes.map { "\($0):NAME" }
            let nearest = Spelling.nearest(to: prefix, among: words.map(\.0) + prefixes)
            let rest = text.dropFirst(prefix.count)
            let isWhole = nearest.map { prefixes.contains($0) != rest.isEmpty } ?? false
            throw Objection(
                "is not a key", suggestion: isWhole ? nearest.map { $0 + rest } : nil,
                advice: "it is \(alternatives(forms))")
        }
        let name = String(text.dropFirst(prefix.count + 1))
        guard !name.isEmpty else {
            throw Objection("has no name", advice: "as in \(prefix):\(example(prefix))")
        }
        switch prefix {
        case "header":
            try FieldText.checkName(name)
            return .header(name.lowercased())
        case "cookie":
            guard FieldText.isToken(name), name.utf8.count <= 128 else {
                throw Objection("has not the name of a cookie")
            }
            return .cookie(name)
        case "query": return .query(try parameter(name))
        case "form": return .form(try parameter(name))
        case "json": return .json(try steps(name))
        default: return .jwt(try steps(name))
        }
    }

    private static func example(_ prefix: String) -> String {
        switch prefix {
        case "header": "X-Tenant"
        case "cookie": "session"
        case "json": "user.id"
        case "jwt": "sub"
        default: "account"
        }
    }

    /// The name of a parameter, decoded.
    private static func parameter(_ name: String) throws(Objection) -> String {
        guard name.utf8.count <= 128, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Objection("has not the name of a parameter")
        }
        return name
    }

    /// Names of members with dots between them; `\.` is a dot of a name.
    private static func steps(_ text: String) throws(Objection) -> [String] {
        var steps = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                guard character == "." || character == "\\" else {
                    throw Objection("has a \\ before neither a dot nor another \\")
                }
                steps[steps.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "." {
                steps.append("")
            } else {
                steps[steps.count - 1].append(character)
            }
        }
        guard !isEscaped, !steps.contains("") else {
            throw Objection("has an empty name between its dots", advice: "as in json:user.id")
        }
        guard steps.count <= stepCountMax else {
            throw Objection("has more than \(stepCountMax) names")
        }
        guard text.utf8.count <= 256 else { throw Objection("is longer than 256 bytes") }
        return steps
    }

    // MARK: Kinds

    private static let part = Kind<LimitKeyPart>(
        .text(expected: "a part such as client_ip or header:X-Tenant", pattern: nil),
        format: { $0.description }, parse: parse)

    /// One part, or a list of them.
    static let kind: Kind<[LimitKeyPart]> = {
        let list = Kind<[Located<LimitKeyPart>]>.list(part.located, count: 1...8)
        return Kind(shape: .either(part.shape, list.shape)) { node, place in
            guard case .sequence = node else { return part.decode(node, place).map { [$0] } }
            guard let parts = list.decode(node, place) else { return nil }
            var seen: Set<LimitKeyPart> = []
            for part in parts where !seen.insert(part.value).inserted {
                part.object(Objection("stands in the list already"), report: place.report)
            }
            return parts.map(\.value)
        }
    }()
}

import Policy

/// `redirect` of a route.
enum RedirectSection {
    static let target = Key(
        required: "to", Kind.text(expected, pattern: "(https?:)?/.*", check: checkTarget),
        "Where to: a URL or a path; {path} stands for the client's path, and the query is kept")
    static let status = Key(
        "status", Kind.words(statuses), default: 308,
        "The status: 308 and 307 keep the method, 301, 302 and 303 may turn it into GET")

    private static let statuses: [(String, UInt16)] = [301, 302, 303, 307, 308].map {
        ("\($0)", $0)
    }
    private static let expected = "a URL or a path that begins with /"

    static let section = Section(
        "routes[].redirect", "An answer that sends the client elsewhere",
        keys: [target.description, status.description])
    static let kind = Kind<Redirect>.section(section) { fields in
        let status = fields[status]
        return fields[target].map { Redirect(target: $0, status: status) }
    }

    /// The target becomes a `Location` field (RFC 9110 §10.2.2), in which `{path}` is replaced.
    private static func checkTarget(_ text: String) throws(Objection) {
        let isURL = text.hasPrefix("https://") || text.hasPrefix("http://")
        guard isURL || text.hasPrefix("/") else {
            throw Objection("is not a URL or a path", advice: "it begins with https:// or /")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), text.utf8.count <= 4096 else {
            throw Objection("holds what a URL cannot", advice: "spaces and non-ASCII are %-escaped")
        }
        let bare = text.replacing("{path}", with: "")
        guard !bare.contains("{"), !bare.contains("}") else {
            throw Objection("holds a placeholder other than {path}")
        }
        let authority = text.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" }
        guard !isURL || !authority.isEmpty else { throw Objection("is a URL without a host") }
    }
}

/// `respond` of a route.
enum RespondSection {
    static let status = Key("status", Kind.integer(200...599), default: 200, "The status")
    static let body = Key(
        "body", Kind.text("text of up to 32KiB", check: checkBody), default: "",
        "The body, as text in UTF-8")
    static let contentType = Key(
        "content_type",
        Kind.text("a media type such as text/plain", check: checkMediaType),
        default: "text/plain; charset=utf-8", "The Content-Type of a body that is not empty")

    static let section = Section(
        "routes[].respond", "An answer that is always the same",
        keys: [status.description, body.description, contentType.description])
    static let kind = Kind<FixedResponse>.section(section) { fields in
        let status = fields[status]
        let body = fields[body]
        if !body.isEmpty, [204, 205, 304].contains(status) {
            let place = fields.place.inside("body")
            place.error(at: fields.position(of: "body"), "a \(status) response has no body")
        }
        return FixedResponse(
            status: UInt16(status), body: Array(body.utf8), contentType: fields[contentType])
    }

    /// An answer is composed whole, its head included, in one buffer of 64 KiB.
    private static func checkBody(_ text: String) throws(Objection) {
        let bytesMax = 32 << 10
        guard text.utf8.count <= bytesMax else {
            throw Objection(
                "is longer than \(SizeText.format(UInt64(bytesMax)))",
                advice: "let an upstream serve what is larger")
        }
    }

    /// Refuses what does not begin with `type/subtype` (RFC 9110 §8.3.1); parameters may follow.
    private static func checkMediaType(_ text: String) throws(Objection) {
        try FieldText.checkValue(text)
        let parts = text.prefix { $0 != ";" }.split(
            separator: "/", omittingEmptySubsequences: false)
        let areTokens = parts.allSatisfy { part in
            FieldText.isToken(
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        }
        guard parts.count == 2, areTokens else { throw Objection("is not a media type") }
    }
}

extension Kind where Value == HealthKind {
    static var health: Kind {
        words([("live", .live), ("ready", .ready)])
    }
}

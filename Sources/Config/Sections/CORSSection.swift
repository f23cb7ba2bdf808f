import Policy

/// `cors`: which pages of other origins may read responses, by policies that routes name.
enum CORSSection {
    static let origins = Key(
        required: "origins", Kind.list(Kind<AllowedOrigin>.origin.located, count: 1...256),
        example: "[\"https://app.example.com\", \"https://*.example.com\"]",
        "Origins as browsers send them; *. stands for one or more labels; null; or * for all")
    static let methods = Key(
        "methods", Kind.list(Kind<String>.corsMethod, count: 0...64),
        default: ["GET", "HEAD", "POST"],
        "Methods in their exact letters, or *; GET, HEAD and POST need no listing")
    static let headers = Key(
        "headers", Kind.list(Kind<String>.corsHeader.located, count: 0...128), default: [],
        "Request headers that scripts may set, or *; Authorization is never meant by *")
    static let expose = Key(
        "expose", Kind.list(Kind<String>.corsHeader.located, count: 0...64), default: [],
        "Response headers that scripts may read, besides the request id and those of limits; or *")
    static let credentials = Key(
        "credentials", Kind.toggle, default: false,
        "Whether requests may carry cookies and Authorization of the browser's own")
    static let maxAge = Key(
        "max_age", Kind.duration(.zero ... .seconds(86_400)), default: .seconds(7200),
        "How long a browser may keep the answer to a preflight; most keep it 2h at most")
    static let enforceOrigin = Key(
        "enforce_origin", Kind.toggle, default: false,
        "Whether requests of other origins are answered 403, not just kept from scripts")

    static let section = Section(
        "cors.NAME", "Which pages of other origins may read responses; routes name a policy",
        keys: [
            origins.description, methods.description, headers.description, expose.description,
            credentials.description, maxAge.description, enforceOrigin.description,
        ])
    static let kind = Kind<CORSDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> CORSDraft? {
        let origins = fields[origins] ?? []
        let methods = fields[methods]
        let headers = fields[headers]
        let exposed = fields[expose]
        let credentials = fields[credentials]
        let draft = CORSDraft(
            wildcard: credentials ? nil : origins.first { $0.value == .any },
            rules: CORSRules(
                name: "", origins: origins.map(\.value), methods: methods,
                headers: headers.map(\.value), exposed: exposed.map(\.value),
                allowsCredentials: credentials,
                maxAge: UInt32(clamping: fields[maxAge].components.seconds),
                enforcesOrigin: fields[enforceOrigin]))
        checkOrigins(origins, credentials, fields.place.report)
        if origins.contains(where: { $0.value == .any }), draft.rules.enforcesOrigin {
            fields.place.inside("enforce_origin").error(
                at: fields.position(of: "enforce_origin"), "has nothing to refuse beside origin *")
        }
        if credentials, methods.contains("*") {
            fields.place.inside("methods").error(
                at: fields.position(of: "methods"), Self.starWithCredentials)
        }
        for list in [headers, exposed] {
            for star in list where star.value == "*" && credentials {
                fields.place.report.error(at: star.position, star.path, Self.starWithCredentials)
            }
        }
        return draft
    }

    private static let starWithCredentials =
        "* with credentials means nothing but itself to browsers: list what is meant"

    /// What no browser would honour, and what would give credentials to strangers, everywhere.
    private static func checkOrigins(
        _ origins: [Located<AllowedOrigin>], _ credentials: Bool, _ report: Report
    ) {
        var seen: Set<AllowedOrigin> = []
        for origin in origins {
            if !seen.insert(origin.value).inserted {
                report.error(at: origin.position, origin.path, "stands in the list already")
            }
            switch origin.value {
            case .any where credentials:
                report.error(
                    at: origin.position, origin.path,
                    "* with credentials would let every page act as its visitor: list the origins")
            case .any where origins.count > 1:
                report.error(
                    at: origin.position, origin.path, "* stands alone: it takes in all the others")
            case .null where credentials:
                report.error(
                    at: origin.position, origin.path,
                    "null with credentials would let every sandboxed frame act as its visitor")
            case .any, .null, .exact, .below: break
            }
        }
    }
}

/// A policy as written, without its name.
struct CORSDraft: Sendable {
    /// The origin `*`, if it is there and not an error already.
    let wildcard: Located<AllowedOrigin>?
    let rules: CORSRules

    func rules(named name: String) -> CORSRules {
        var named = rules
        named.name = name
        return named
    }
}

extension Kind where Value == AllowedOrigin {
    fileprivate static var origin: Kind {
        Kind(
            .text(
                expected: "an origin such as https://app.example.com or https://*.example.com",
                pattern: "\\*|null|[a-z][a-z0-9+.-]*://.+"),
            format: { _ in nil }, parse: OriginText.parse)
    }
}

extension Kind where Value == String {
    fileprivate static var corsMethod: Kind {
        .text("a method such as PUT, or *") { text throws(Objection) in
            guard FieldText.isToken(text), text.utf8.count <= 32 else {
                throw Objection("is not a method")
            }
            // What Fetch forbids scripts altogether (§2.2.1), no policy can allow.
            guard !["CONNECT", "TRACE", "TRACK"].contains(text.uppercased()) else {
                throw Objection("is a method that no browser sends for a script")
            }
            // Browsers put these in capitals themselves, `patch` they do not.
            let capital = text.uppercased()
            let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
            guard capital == text || !known.contains(capital) else {
                throw Objection("is not a method: case matters", suggestion: capital)
            }
        }
    }

    fileprivate static var corsHeader: Kind {
        .text("the name of a header field, or *") { text throws(Objection) in
            guard FieldText.isToken(text), text.utf8.count <= 64 else {
                throw Objection("is not the name of a header field")
            }
        }
    }
}

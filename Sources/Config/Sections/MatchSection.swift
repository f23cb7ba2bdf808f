import Policy

/// `match` of a route: which requests it takes.
enum MatchSection {
    static let host = Key(
        optional: "host", Kind<HostPattern>.hostPattern, unset: "any",
        "The host asked for, without port: exact, or *.example.com for one or more labels before it"
    )
    static let path = Key(
        optional: "path", Kind<PathPattern>.pathPattern, unset: "any",
        "The decoded path: exact, or /prefix/* for /prefix itself and all below it")
    static let methods = Key(
        optional: "methods", Kind.list(Kind<String>.method, count: 1...50), unset: "any",
        "Methods in capital letters; GET admits HEAD")
    static let headers = Key(
        "headers", Kind.names(.fieldValue, count: 0...32, check: FieldText.checkName), default: [],
        "Header fields that must be there with exactly these values")
    static let listener = Key(
        optional: "listener", Kind.text("the name of a listener").located, unset: "any",
        "The listener that the request came in by")

    static let section = Section(
        "routes[].match", "Which requests a route takes: those that are all it says",
        keys: [
            host.description, path.description, methods.description,
            headers.description.concealed(),
            listener.description,
        ])
    static let kind = Kind<MatchDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> MatchDraft {
        let listener = fields[listener]
        let headers = fields[headers]
        fields.place.inside("headers").refuseRepetitions(among: headers)
        let match = RouteMatch(
            host: fields[host], path: fields[path], methods: fields[methods],
            headers: headers.compactMap { field in
                field.value.map { HeaderCriterion(name: field.name, value: $0) }
            },
            listener: listener?.value)
        return MatchDraft(match: match, listener: listener)
    }
}

/// A match whose listener was not looked up yet.
struct MatchDraft: Sendable {
    var match: RouteMatch
    var listener: Located<String>?
}

extension Kind where Value == HostPattern {
    fileprivate static var hostPattern: Kind {
        Kind(
            .text(expected: "a host name such as www.example.com or *.example.com", pattern: nil),
            format: { _ in nil }, parse: HostText.pattern)
    }
}

extension Kind where Value == PathPattern {
    fileprivate static var pathPattern: Kind {
        Kind(
            .text(expected: "a path such as /robots.txt or /api/*", pattern: "/.*"),
            format: { _ in nil }, parse: PathText.pattern)
    }
}

extension Kind where Value == String {
    /// A method that can reach a route (RFC 9110 §9.1).
    fileprivate static var method: Kind {
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
        return .text("a method such as POST", pattern: "[!#$%&'*+.^_`|~0-9A-Za-z-]+") {
            text throws(Objection) in
            guard FieldText.isToken(text), text.utf8.count <= 32 else {
                throw Objection("is not a method")
            }
            guard text != "CONNECT", text != "TRACE" else {
                throw Objection("is refused before any route is looked for")
            }
            let capital = text.uppercased()
            guard capital == text || !known.contains(capital) else {
                throw Objection("is not a method: case matters", suggestion: capital)
            }
        }
    }
}

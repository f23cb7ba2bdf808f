import Policy

/// `security_headers`, global and of a route: a preset, or a section with a preset and what is
/// otherwise than in it.
enum SecurityHeadersKey {
    static let preset = Key(
        optional: "preset", Kind<SecurityPreset>.cases().located, unset: "the global one",
        "The headers to begin with: for pages, for APIs, strict ones, or none")
    static let set = Key(
        "set", Kind.names(Kind<String>.headerValue, count: 0...64, check: checkName), default: [],
        "Headers with these values, whatever the preset and the app say")
    static let remove = Key(
        "remove", Kind.list(Kind<String>.headerName, count: 0...256), default: [],
        "Headers that no response has, be they of the preset or of the app")

    static let section = Section(
        "security_headers", "Security headers in the long form; a route's is laid over the global",
        keys: [preset.description, set.description, remove.description])

    /// A preset by its name stands alone; the long form changes what is more general.
    static let kind: Kind<SecurityHeadersDraft> = {
        let plain = Kind<SecurityPreset>.cases().located
        let long = Kind<SecurityHeadersDraft>.section(section, make: make)
        let format: @Sendable (SecurityHeadersDraft) -> String? = { draft in
            draft.preset.flatMap(plain.format)
        }
        return Kind(shape: .either(plain.shape, long.shape), format: format) { node, place in
            if case .mapping = node { return long.decode(node, place) }
            return plain.decode(node, place).map { .alone($0) }
        }
    }()

    static let global = Key(
        "security_headers", kind.located,
        default: Located(
            value: .alone(Located(value: .recommended, path: .root, position: .start)),
            path: .root, position: .start),
        example: "{ preset: recommended, set: {}, remove: [] }",
        "Security headers of every response: a preset for pages, for APIs, a strict one, none, or "
            + "what is to be otherwise than in one")

    /// Names of `set` and `remove` are compared without case; none stands in both.
    private static func make(_ fields: Fields) -> SecurityHeadersDraft? {
        let given = fields[set]
        let removed = fields[remove]
        var seen: Set<String> = []
        for header in given where !seen.insert(header.name.lowercased()).inserted {
            fields.place.inside("set").inside(header.name).error(
                at: header.position, "was already given in other letters: case does not matter")
        }
        for name in removed where seen.contains(name.lowercased()) {
            fields.place.inside("remove").error(
                at: fields.position(of: "remove"), "\(quoted(name)) is in set as well")
        }
        let headers = given.compactMap { named in
            named.value.map { SetHeader(name: named.name, value: $0) }
        }
        let bytes = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if bytes > bytesMax {
            fields.place.inside("set").error(
                at: fields.position(of: "set"),
                "makes \(bytes) bytes of headers, more than the \(bytesMax) there is room for")
        }
        return SecurityHeadersDraft(
            preset: fields[preset], isAlone: false, set: headers, remove: removed)
    }

    /// A response's head is composed in one buffer, beside what the app sends.
    private static let bytesMax = 4096

    /// Refuses names whose fields are the wire's, or which the gateway writes where they belong: a
    /// second copy would be read in two ways.
    static func checkName(_ name: String) throws(Objection) {
        try FieldText.checkName(name)
        let lower = name.lowercased()
        if wire.contains(lower) {
            throw Objection("decides where a message ends, or belongs to one connection")
        }
        if written.contains(lower) {
            throw Objection("is no security header: the gateway writes it where it belongs")
        }
        if lower.hasPrefix("access-control-") || lower == "vary" {
            throw Objection("belongs to CORS", advice: "write a policy under cors")
        }
    }

    private static let wire: Set<String> = [
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "content-encoding", "content-range",
    ]
    private static let written: Set<String> = [
        "allow", "apus-webhook", "content-type", "date", "location", "ratelimit",
        "ratelimit-policy", "retry-after", "set-cookie", "traceparent", "www-authenticate",
        "x-request-id",
    ]
}

/// `security_headers` as written.
struct SecurityHeadersDraft: Sendable {
    /// `nil` for that of the more general ones.
    let preset: Located<SecurityPreset>?
    /// Whether it is a preset by its name, to which nothing general is added.
    let isAlone: Bool
    let set: [SetHeader]
    let remove: [String]

    static func alone(_ preset: Located<SecurityPreset>) -> SecurityHeadersDraft {
        SecurityHeadersDraft(preset: preset, isAlone: true, set: [], remove: [])
    }

    /// These over more general ones.
    func over(_ general: SecurityHeaderSettings) -> SecurityHeaderSettings {
        if isAlone, let preset { return SecurityHeaderSettings(preset.value) }
        return .merged(preset: preset?.value, set: set, remove: remove, over: general)
    }
}

extension Kind where Value == String {
    fileprivate static var headerValue: Kind {
        .text("the value of a header field") { text throws(Objection) in
            guard !text.isEmpty else {
                throw Objection("is empty", advice: "what shall not be sent is named in remove")
            }
            try FieldText.checkValue(text)
        }
    }

    fileprivate static var headerName: Kind {
        .text("the name of a header field") { text throws(Objection) in
            try SecurityHeadersKey.checkName(text)
        }
    }
}

import Bytes
import HTTP
import Policy

/// The keys of a route that change messages on their way.
enum EditKeys {
    static let strip = Key(
        optional: "strip_prefix",
        Kind.text("a path such as /api", pattern: "/.+", check: checkPrefix)
            .located, unset: "nothing",
        "What a path that begins with it loses before it goes upstream")
    static let request = Key(
        "request_headers", HeaderEditsSection.kind(.request), default: .none,
        "What the headers of requests become before they go upstream")
    static let response = Key(
        "response_headers", HeaderEditsSection.kind(.response), default: .none,
        "What the headers of responses become, but for those to errors")

    static let upstreamErrors = Key(
        "upstream_errors", Kind<UpstreamErrors>.cases(), default: .pass,
        "Answers of the app of 500 and above: as they are, or replaced, their status kept")

    /// What becomes of the app's errors.
    enum UpstreamErrors: String, CaseIterable, Sendable { case pass, replace }

    static let descriptions = [
        strip.description, request.description, response.description, CookiesKey.key.description,
        upstreamErrors.description,
    ]

    static func make(_ fields: Fields, _ match: RouteMatch) -> RouteEdits {
        let strip = fields[strip]
        if let strip { check(strip, match, fields) }
        var edits = RouteEdits(
            request: fields[request], response: fields[response],
            strippedPrefix: strip?.value ?? "")
        edits.cookies = fields[CookiesKey.key]
        edits.replacesErrors = fields[upstreamErrors] == .replace
        return edits
    }

    private static func checkPrefix(_ text: String) throws(Objection) {
        let pattern = try PathText.pattern(text)
        if case .prefix(let prefix) = pattern {
            throw Objection("is a pattern, not a path", suggestion: prefix.isEmpty ? nil : prefix)
        }
        guard !text.hasSuffix("/") else {
            throw Objection(
                "ends with /", suggestion: text == "/" ? nil : String(text.dropLast()))
        }
    }

    /// Refuses a prefix that no path of the route begins with.
    private static func check(_ strip: Located<String>, _ match: RouteMatch, _ fields: Fields) {
        let isBelow: Bool
        switch match.path {
        case nil: isBelow = true
        case .exact(let path): isBelow = "\(path)/".hasPrefix("\(strip.value)/")
        case .prefix(let path):
            isBelow =
                "\(path)/".hasPrefix("\(strip.value)/") || "\(strip.value)/".hasPrefix("\(path)/")
        }
        guard !isBelow else { return }
        strip.object(
            Objection(
                "is not what a path of this route begins with", advice: "match \(strip.value)/*"),
            report: fields.place.report)
    }
}

/// `request_headers` and `response_headers` of a route.
enum HeaderEditsSection {
    enum Direction { case request, response }

    static let set = Key(
        "set", lines, default: [], "Fields with their values; they replace what is there")
    static let add = Key(
        "add", lines, default: [], "Fields with their values, beside what is there")
    static let remove = Key(
        "remove",
        Kind.list(
            Kind.text("the name of a header field", check: FieldText.checkName).located,
            count: 0...64),
        default: [], "Names of fields that are taken out")

    private static let lines = Kind.names(
        Kind<String>.text("the value of a header field") { text throws(Objection) in
            try FieldText.checkValue(text)
        }, count: 0...64, check: FieldText.checkName)

    /// An app may be told a secret of its own.
    static let requestSection = Section(
        "routes[].request_headers", "What requests become",
        keys: [
            set.description.concealed(), add.description.concealed(), remove.description,
        ])
    static let responseSection = section("routes[].response_headers", "What responses become")

    private static func section(_ name: String, _ summary: String) -> Section {
        Section(name, summary, keys: [set.description, add.description, remove.description])
    }

    /// All lines of one direction must fit what is kept for them in a buffer.
    private static let byteCountMax = 4096

    static func kind(_ direction: Direction) -> Kind<HeaderEdits> {
        .section(direction == .request ? requestSection : responseSection) { fields in
            let set = checked(fields[set], fields.place.inside("set"), direction)
            let add = checked(fields[add], fields.place.inside("add"), direction)
            let remove = fields[remove]
            for name in remove {
                let place = Place(path: name.path, report: fields.place.report)
                check(name.value, at: name.position, place, direction)
            }
            let edits = HeaderEdits(set: set, add: add, remove: remove.map(\.value))
            if edits.lines.count > byteCountMax {
                fields.place.error(
                    at: fields.position,
                    "makes more than \(SizeText.format(UInt64(byteCountMax))) of fields")
            }
            return edits
        }
    }

    private static func checked(
        _ names: [Named<String>], _ place: Place, _ direction: Direction
    ) -> [HeaderLine] {
        var seen: Set<String> = []
        for name in names {
            check(name.name, at: name.position, place.inside(name.name), direction)
            if !seen.insert(name.name.lowercased()).inserted {
                place.inside(name.name).error(
                    at: name.position,
                    "was already given in other letters: case does not matter")
            }
        }
        return names.compactMap { name in
            name.value.map { HeaderLine(name: name.name, value: $0) }
        }
    }

    /// Refuses what decides on framing or is settled by this gateway, in any spelling that an app
    /// may take for it.
    private static func check(
        _ name: String, at position: Position, _ place: Place, _ direction: Direction
    ) {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty else { return }
        let id = FieldName.identify(bytes.span, ByteRange(start: 0, count: bytes.count)).id
        let plain = String(name.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 })
        let isOfCORS = plain.hasPrefix("access-control-")
        if direction == .request, namesDropped.contains(plain) {
            return place.error(at: position, "is settled by the gateway itself")
        }
        guard id != .other || isOfCORS else { return }
        let own: FieldNameSet
        switch direction {
        case .request:
            own = FieldNameSet.hopByHop.union([.host, .contentLength, .expect]).union(
                Forwarding.dropped)
        case .response:
            own = FieldNameSet.hopByHop.union([
                .contentLength, .contentType, .date, .location, .retryAfter, .xRequestID,
            ])
        }
        if own.contains(id) {
            let hint = id == .host ? "see host of the upstream" : nil
            place.error(at: position, "is settled by the gateway itself", hint: hint)
        } else if direction == .response, isOfCORS || policies.contains(id) {
            place.error(
                at: position, "belongs to another policy",
                hint: "see security_headers and cors")
        }
    }

    private static let namesDropped = Set(Forwarding.namesDropped.map { $0.lowercased() })

    /// CSP and Cache-Control are not among them: those of the app, or from here, win over a preset.
    private static let policies: FieldNameSet = [
        .strictTransportSecurity, .xFrameOptions, .xContentTypeOptions, .referrerPolicy,
        .permissionsPolicy, .crossOriginOpenerPolicy, .crossOriginResourcePolicy,
        .crossOriginEmbedderPolicy, .xPermittedCrossDomainPolicies, .xDNSPrefetchControl,
        .xXSSProtection,
    ]
}

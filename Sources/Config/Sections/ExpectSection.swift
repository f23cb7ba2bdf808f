/// `expect` of a test.
enum ExpectSection {
    static let route = Key(
        optional: "route", Kind.text("the name of a route, or none").located,
        "The route that takes the request, or none")
    static let upstream = Key(
        optional: "upstream", Kind.text("the name of an upstream, or none").located,
        "The upstream that it is passed on to, or none when the gateway answers")
    static let status = Key(
        optional: "status", Kind.integer(200...599),
        "The status of the gateway's own answer; an app decides its own")
    static let header = Key(
        "header", Kind.names(.fieldValue, count: 1...64, check: FieldText.checkName),
        default: [],
        "Headers of the answer, or those added to the app's whatever it says, with their values")
    static let headerMatches = Key(
        "header_matches", Kind.names(pattern, count: 1...64, check: FieldText.checkName),
        default: [],
        "The same by regular expressions, which may match anywhere in the value")
    static let noHeader = Key(
        "no_header", Kind.list(Kind<String>.fieldName.located, count: 1...64), default: [],
        "Headers that the answer does not have, or that are not added to the app's")
    static let cors = Key(
        optional: "cors", Kind<CORSExpectation>.cases(),
        "What the route's CORS policy makes of the request; none without policy or foreign origin")
    static let limits = Key(
        optional: "limits",
        Kind.list(Kind<String>.text("the name of a rate limit").located, count: 0...8),
        "The rate limits that hold for the request, in any order; [] for none")

    static let section = Section(
        "tests[].expect", "What is to become of a request",
        keys: [
            route.description, upstream.description, status.description, header.description,
            headerMatches.description, noHeader.description, cors.description, limits.description,
        ])
    static let kind = Kind<ExpectDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> ExpectDraft {
        let route = fields[route]
        let upstream = fields[upstream]
        var others: [Expectation] = []
        if let status = fields[status] { others.append(.status(UInt16(status))) }
        let headers = fields[header]
        for header in headers {
            if let value = header.value { others.append(.header(header.name, value)) }
        }
        let patterns = fields[headerMatches]
        for header in patterns {
            if let pattern = header.value { others.append(.headerMatches(header.name, pattern)) }
        }
        let absent = fields[noHeader]
        for name in absent { others.append(.noHeader(name.value)) }
        if let cors = fields[cors] { others.append(.cors(cors)) }
        let limits = fields[limits]
        fields.place.inside("header").refuseRepetitions(among: headers)
        fields.place.inside("header_matches").refuseRepetitions(among: patterns)
        check(absent, among: headers.map(\.name) + patterns.map(\.name), fields.place.report)
        if fields.isEmpty {
            fields.place.error(
                at: fields.position,
                "expects nothing: write at least one of \(alternatives(section.keys.map(\.name)))")
        }
        return ExpectDraft(route: route, upstream: upstream, others: others, limits: limits)
    }

    /// A header cannot be there and not be there.
    private static func check(
        _ absent: [Located<String>], among present: [String], _ report: Report
    ) {
        let present = Set(present.map { $0.lowercased() })
        for name in absent where present.contains(name.value.lowercased()) {
            report.error(
                at: name.position, name.path, "is expected to be there as well: no answer does both"
            )
        }
    }

    /// Longer ones are programs.
    private static let patternBytesMax = 512

    /// What the reader of expressions says, if it is one line that a terminal shows as it is.
    private static func told(_ error: any Error) -> String? {
        let text = "\(error)"
        let isPlain = text.utf8.count <= 120 && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        return isPlain ? text : nil
    }

    /// A regular expression; what is wrong with it may repeat it, so it is told only where it
    /// stands in the file.
    private static let pattern: Kind<ValuePattern> = {
        let shape = Shape.text(
            expected: "a regular expression, up to \(patternBytesMax) bytes", pattern: nil)
        return Kind(shape: shape, format: \.text) { node, place in
            guard let scalar = place.scalar(node, expected: shape.expected) else { return nil }
            guard scalar.text.utf8.count <= patternBytesMax else {
                place.object(Objection("is longer than \(patternBytesMax) bytes"), to: scalar)
                return nil
            }
            do {
                return try ValuePattern(scalar.text)
            } catch {
                let reason = scalar.origin == .file ? told(error) : nil
                place.object(Objection("is not a regular expression", advice: reason), to: scalar)
                return nil
            }
        }
    }()
}

/// What a test expects, its references not looked up.
struct ExpectDraft: Sendable {
    let route: Located<String>?
    let upstream: Located<String>?
    let others: [Expectation]
    let limits: [Located<String>]?
}

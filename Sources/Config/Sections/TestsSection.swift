import Policy

/// `tests`: what is to become of some requests; `apus test` compares.
enum TestsSection {
    static let request = Key(
        required: "request", requestText.located,
        "METHOD URL, as the client would write it")
    static let headers = Key(
        "headers", Kind.names(.fieldValue, count: 0...128, check: FieldText.checkName),
        default: [], "The request's headers; Host takes the place of the URL's host")
    static let from = Key(
        optional: "from", Kind<String>.testClient, unset: "an address that nobody has",
        "Where the request comes from: an IP address, or unix")
    static let listener = Key(
        optional: "listener", Kind.text("the name of a listener").located, unset: "the first",
        "The listener that it comes to")
    static let expect = Key(
        required: "expect", ExpectSection.kind, "What is to become of it; at least one thing")

    private static let requestText = Kind<TestedRequest>(
        .text(expected: "a request such as GET https://example.com/", pattern: "[^ ]+ https?://.+"),
        format: { _ in nil }, parse: RequestText.parse)

    /// One test of each kind, for the routes of the sample configuration.
    static let example = """
        - request: GET https://www.example.com/
          expect:
            route: app
            upstream: app
            limits: [per_ip]
            header: { X-Frame-Options: DENY }
            no_header: [Server]
        - request: GET http://www.example.com/api/health
          expect: { route: live, status: 200 }
        - request: GET https://old.example.com/a?b
          expect: { status: 308, header: { Location: "https://www.example.com/a?b" } }
        - request: POST https://www.example.com/upload/a
          headers: { Origin: "https://app.example.com" }
          from: 203.0.113.7
          listener: public
          expect:
            cors: allowed
            header_matches: { Strict-Transport-Security: "^max-age=[0-9]+" }
        """

    static let section = Section(
        "tests[]", "What is to become of some requests; apus test compares",
        keys: [
            request.description, headers.description, from.description, listener.description,
            expect.description,
        ])
    static let kind = Kind<TestDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> TestDraft? {
        let request = fields[request]
        let headers = fields[headers]
        let from = fields[from]
        let listener = fields[listener]
        let expect = fields[expect]
        fields.place.inside("headers").refuseRepetitions(among: headers)
        guard let request, let expect else { return nil }
        let namesHost = headers.contains { $0.name.lowercased() == "host" }
        if !namesHost, !request.value.hasValidHost {
            request.object(RequestText.noHost, report: fields.place.report)
        }
        return TestDraft(
            position: fields.position, request: request,
            fields: headers.compactMap { named in named.value.map { "\(named.name): \($0)" } },
            client: from, listener: listener, expect: expect)
    }
}

/// A test whose references were not looked up.
struct TestDraft: Sendable {
    let position: Position
    let request: Located<TestedRequest>
    let fields: [String]
    let client: String?
    let listener: Located<String>?
    let expect: ExpectDraft
}

extension Kind where Value == String {
    fileprivate static var testClient: Kind {
        .text("an IP address, or unix") { text throws(Objection) in
            guard text == "unix" || IPAddress(text) != nil else {
                throw Objection(
                    "is not an IP address, or unix",
                    suggestion: Spelling.nearest(to: text, among: ["unix"]))
            }
        }
    }
}

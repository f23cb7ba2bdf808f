import Testing

@testable import Policy

@Suite struct AccessListsTests {
    private static func list(_ texts: [String]?) -> ClientList? {
        texts.map { texts in
            ClientList(
                blocks: texts.compactMap { AddressBlock($0) }, holdsUnix: texts.contains("unix"))
        }
    }

    private static func pipeline(allow: [String]?, deny: [String]?) -> Pipeline {
        var route = RouteSample("/*").route(0)
        route.gate.access = AccessLists(allow: list(allow), deny: list(deny))
        return Pipeline(
            routes: [route], listeners: [],
            trustedProxies: TrustedProxies(
                blocks: [AddressBlock("10.0.0.0/8")].compactMap(\.self), trustsUnix: true))
    }

    struct Case: CustomTestStringConvertible {
        let allow: [String]?
        let deny: [String]?
        let client: String
        let passes: Bool
        var testDescription: String { "\(client) \(allow ?? ["*"]) \(deny ?? [])" }

        init(_ client: String, allow: [String]?, deny: [String]?, _ passes: Bool) {
            self.client = client
            self.allow = allow
            self.deny = deny
            self.passes = passes
        }
    }

    @Test(arguments: [
        Case("192.0.2.1", allow: ["192.0.2.0/24"], deny: nil, true),
        Case("192.0.3.1", allow: ["192.0.2.0/24"], deny: nil, false),
        Case("192.0.2.1", allow: nil, deny: ["192.0.2.0/24"], false),
        Case("192.0.3.1", allow: nil, deny: ["192.0.2.0/24"], true),
        Case("192.0.2.7", allow: ["192.0.2.0/24"], deny: ["192.0.2.7"], false),
        Case("192.0.2.7", allow: ["192.0.2.7"], deny: ["192.0.2.0/24"], false),
        Case("2001:db8::1", allow: ["2001:db8::/32"], deny: nil, true),
        Case("2001:db8::1", allow: ["0.0.0.0/0"], deny: nil, false),
        Case("::ffff:192.0.2.1", allow: ["192.0.2.0/24"], deny: nil, true),
        Case("unix", allow: ["0.0.0.0/0", "::/0"], deny: nil, false),
        Case("unix", allow: ["192.0.2.1", "unix"], deny: nil, true),
        Case("unix", allow: nil, deny: ["0.0.0.0/0"], true),
        Case("unix", allow: ["unix"], deny: ["unix"], false),
    ])
    func `deny wins over allow, and an allow list without the client refuses`(_ row: Case) {
        let peer: Peer = row.client == "unix" ? .unix : .ip(address(row.client), port: 1)
        let request = SentRequest().from(Arrival(peer: peer, listener: 0, isSecure: false))
        let verdict = Self.pipeline(allow: row.allow, deny: row.deny).verdict(request)
        #expect(verdict.route == 0)
        let refusal = Refusal(.accessDenied, allow: [])
        #expect(verdict.action == (row.passes ? .forward(upstream: 0) : .refuse(refusal)))
        #expect(refusal.code == .forbidden)
    }

    @Test func `the client is the one that a trusted proxy names, not the proxy`() {
        let pipeline = Self.pipeline(allow: ["192.0.2.1"], deny: nil)
        let told = SentRequest().with("X-Forwarded-For", "192.0.2.1")
        #expect(pipeline.verdict(told).action == .forward(upstream: 0))
        let stranger = told.from(
            Arrival(peer: .ip(address("198.51.100.1"), port: 1), listener: 0, isSecure: false))
        #expect(pipeline.decision(stranger) == "access_denied")
    }

    @Test func `a preflight of a client without access is refused like any request`() {
        let preflight = SentRequest("OPTIONS").with("Origin", "https://a.example")
            .with("Access-Control-Request-Method", "POST")
        #expect(
            Self.pipeline(allow: ["192.0.2.1"], deny: nil).decision(preflight) == "access_denied")
    }
}

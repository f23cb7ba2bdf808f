import Testing

@testable import Policy

/// A route with all policies: which of them speaks first, and what the later ones still add.
@Suite struct RouteOrderTests {
    private static let pipeline: Pipeline = {
        var route = RouteSample("/*").route(0)
        route.cors = CORSPolicyTests.policy()
        route.auth = .apiKeys([APIKeySetting(name: "ci", digest: Array(repeating: 0, count: 32))])
        route.gate = GateSettings(
            access: AccessLists(
                allow: nil,
                deny: ClientList(
                    blocks: [AddressBlock("192.0.2.0/24")].compactMap(\.self), holdsUnix: true)),
            fetchMetadata: .enforce, contentTypes: ["application/json"])
        return Pipeline(
            routes: [route], listeners: ["public"],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }()

    private static let denied = Arrival(peer: .unix, listener: 0, isSecure: false)
    private static let foreign = SentRequest("POST").with("Origin", "https://evil.test")
        .with("Sec-Fetch-Site", "cross-site")
    private static let friendly = SentRequest("POST").with("Origin", "https://app.test")
        .with("Sec-Fetch-Site", "cross-site")
    private static let preflight = SentRequest("OPTIONS").with("Origin", "https://app.test")
        .with("Access-Control-Request-Method", "PATCH")

    private static func reason(_ request: SentRequest) -> RefusalReason? {
        guard case .refuse(let refusal) = pipeline.verdict(request).action else { return nil }
        return refusal.reason
    }

    @Test func `who may not ask at all is refused before everything else`() {
        for request in [Self.foreign, Self.friendly, Self.preflight] {
            #expect(Self.reason(request.from(Self.denied)) == .accessDenied)
        }
    }

    @Test func `a refusal before the CORS policy's place says who may read it`() {
        #expect(
            Self.pipeline.verdict(Self.friendly.from(Self.denied)).cors.standing == .allowed)
        #expect(Self.pipeline.verdict(Self.friendly).cors.standing == .allowed)
    }

    @Test func `a preflight is granted without credentials`() {
        #expect(Self.pipeline.verdict(Self.preflight).action == .grantPreflight)
    }

    @Test func `other sites are refused before credentials are looked at`() {
        #expect(Self.reason(Self.foreign) == .crossSite)
    }

    @Test func `what the CORS policy allows is no foreign site`() {
        #expect(Self.reason(Self.friendly) == .authMissing)
    }

    @Test func `credentials are asked for before the body is of concern`() {
        #expect(Self.reason(SentRequest("POST").with("Content-Type", "text/x")) == .authMissing)
    }
}

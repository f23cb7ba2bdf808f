import Crypto
import HTTP
import Testing

@testable import Policy

@Suite struct AuthPolicyTests {
    private static func digest(_ key: String) -> [UInt8] {
        var digester = Digester()
        let digest = digester.digest(of: Array(key.utf8).span, .sha256)
        return (0..<digest.count).map { digest.bytes[$0] }
    }

    private static let keys = AuthSettings.apiKeys([
        APIKeySetting(name: "ci", digest: digest("key-of-ci")),
        APIKeySetting(name: "ops", digest: digest("key-of-ops")),
    ])

    private static func pipeline(_ settings: AuthSettings?) -> Pipeline {
        var routes = [RouteSample("/open").route(0), RouteSample("/*").route(1)]
        routes[1].auth = settings
        return Pipeline(
            routes: routes, listeners: [],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }

    /// Whom the pipeline admits, or the refusal's token and challenge.
    private func answer(_ settings: AuthSettings, _ request: SentRequest) -> String {
        let pipeline = Self.pipeline(settings)
        var scratch = PolicyScratch()
        let verdict = request.read { head, bytes in
            pipeline.decide(
                head, in: bytes, from: request.arrival,
                at: UInt64(TokenForge.now) * 1_000_000_000, scratch: &scratch)
        }
        if case .refuse(let refusal) = verdict.action {
            #expect(refusal.code == .unauthorized)
            #expect(verdict.route == 1)
            let isError = "\(refusal.reason.challenge)".contains("invalid_token")
            return "\(refusal.reason.token)\(isError ? " invalid_token" : "")"
        }
        #expect(verdict.action == .forward(upstream: 1))
        let name = appended { scratch.appendPrincipal(to: &$0) }
        return "\(verdict.principal) \(name)"
    }

    @Test(
        arguments: [
            ([("X-API-Key", "key-of-ops")], "apiKey ops"),
            ([("x-api-key", "key-of-ci")], "apiKey ci"),
            ([("Authorization", "Bearer key-of-ci")], "apiKey ci"),
            ([("Authorization", "bEARER  key-of-ci")], "apiKey ci"),
            ([("X-API-Key", "key-of-ops"), ("Authorization", "Basic eA==")], "apiKey ops"),
            ([("X-API-Key", "key-of-ops"), ("Authorization", "Bearer other")], "apiKey ops"),
            ([], "auth_missing"), ([("Authorization", "Basic a2V5LW9mLWNp")], "auth_missing"),
            ([("X_API_Key", "key-of-ci")], "auth_missing"),
            ([("Authorization", "Bearers key-of-ci")], "auth_missing"),
            ([("X-API-Key", "key-of-c")], "auth_unknown_key"),
            ([("X-API-Key", "KEY-OF-CI")], "auth_unknown_key"),
            (
                [("X-API-Key", "key-of-ci"), ("X-API-Key", "key-of-ci")],
                "auth_malformed invalid_token"
            ),
            ([("X-API-Key", "")], "auth_malformed invalid_token"),
            ([("Authorization", "Bearer")], "auth_malformed invalid_token"),
            ([("Authorization", "Bearer ")], "auth_malformed invalid_token"),
            ([("Authorization", "Bearer a b")], "auth_malformed invalid_token"),
            (
                [("Authorization", "Bearer key-of-ci"), ("Authorization", "Basic x")],
                "auth_malformed invalid_token"
            ),
        ] as [([(String, String)], String)])
    func `a key admits under its name`(_ fields: [(String, String)], _ expected: String) {
        let request = fields.reduce(SentRequest("GET", "/a")) { $0.with($1.0, $1.1) }
        #expect(answer(Self.keys, request) == expected)
    }

    @Test func `a digest of a key is no key`() {
        let hex = Self.digest("key-of-ci").map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let request = SentRequest("GET", "/a").with("X-API-Key", hex.joined())
        #expect(answer(Self.keys, request) == "auth_unknown_key")
    }

    @Test(arguments: [
        ("Bearer the-cron-secret", "unnamed "), ("Bearer the-cron-secre", "auth_wrong_secret"),
        ("Bearer the-cron-secret2", "auth_wrong_secret"),
        ("Bearer THE-CRON-SECRET", "auth_wrong_secret"),
        ("the-cron-secret", "auth_missing"),
    ])
    func `a bearer secret admits without a name`(_ value: String, _ expected: String) {
        let request = SentRequest("GET", "/a").with("Authorization", value)
        #expect(answer(.bearer(Secret("the-cron-secret")), request) == expected)
    }

    @Test func `a key of the other header is no bearer secret`() {
        let request = SentRequest("GET", "/a").with("X-API-Key", "the-cron-secret")
        #expect(answer(.bearer(Secret("the-cron-secret")), request) == "auth_missing")
    }

    @Test func `a token comes from the header, else from the cookie`() {
        let settings = AuthSettings.jwt(TokenForge.settings(cookie: "session"))
        let alice = TokenForge.signed(#"{"sub":"alice"}"#)
        let bob = TokenForge.signed(#"{"sub":"bob"}"#)
        func answer(_ fields: (String, String)...) -> String {
            self.answer(settings, fields.reduce(SentRequest("GET", "/a")) { $0.with($1.0, $1.1) })
        }
        #expect(answer(("Authorization", "Bearer \(alice)")) == "subject alice")
        #expect(answer(("Cookie", "session=\(alice)")) == "subject alice")
        #expect(answer(("Cookie", "a=b; session=\"\(alice)\" ;c=d")) == "subject alice")
        #expect(answer(("Cookie", "a=b"), ("Cookie", "session=\(alice)")) == "subject alice")
        #expect(
            answer(("Authorization", "Bearer \(alice)"), ("Cookie", "session=\(bob)"))
                == "subject alice")
        #expect(
            answer(("Authorization", "Basic eA=="), ("Cookie", "session=\(bob)")) == "subject bob")
        #expect(
            answer(("Authorization", "Bearer x"), ("Cookie", "session=\(bob)"))
                == "jwt_malformed invalid_token")
        #expect(
            answer(("Cookie", "session=\(alice); session=\(bob)")) == "auth_malformed invalid_token"
        )
        #expect(answer(("Cookie", "Session=\(alice); xsession=\(bob)")) == "auth_missing")
        #expect(answer(("Cookie", "session=")) == "auth_malformed invalid_token")
        #expect(answer(("X-API-Key", alice)) == "auth_missing")
    }

    @Test func `a route without auth asks nobody`() {
        let verdict = Self.pipeline(Self.keys).verdict(SentRequest("GET", "/open"))
        #expect(verdict.action == .forward(upstream: 0))
        #expect(verdict.principal == .unnamed)
    }

    @Test func `whoever was admitted before lends nobody a name`() {
        let pipeline = Self.pipeline(Self.keys)
        var scratch = PolicyScratch()
        for (key, isAdmitted) in [("key-of-ops", true), ("x", false), ("key-of-ci", true)] {
            let request = SentRequest("GET", "/a").with("X-API-Key", key)
            let verdict = request.read { head, bytes in
                pipeline.decide(
                    head, in: bytes, from: request.arrival, at: 0, scratch: &scratch)
            }
            let name = appended { scratch.appendPrincipal(to: &$0) }
            #expect(name == (isAdmitted ? String(key.dropFirst(7)) : ""))
            #expect((verdict.principal == .apiKey) == isAdmitted)
        }
    }

    @Test func `keys that were read again hold from the next request on`() throws {
        let pipeline = Self.pipeline(.jwt(TokenForge.settings()))
        let token = TokenForge.signed(#"{"sub":"alice"}"#)
        let request = SentRequest("GET", "/x").with("Authorization", "Bearer \(token)")
        var scratch = PolicyScratch()
        func isAdmitted() -> Bool {
            request.read { head, bytes in
                let verdict = pipeline.decide(
                    head, in: bytes, from: request.arrival,
                    at: UInt64(TokenForge.now) * 1_000_000_000, scratch: &scratch)
                return verdict.action == .forward(upstream: 1)
            }
        }
        func adopt(_ secret: String) throws {
            var settings = TokenForge.settings()
            settings.keys[0].material = .secret(Secret(secret))
            var routes = [RouteSample("/open").route(0), RouteSample("/*").route(1)]
            routes[1].auth = .jwt(settings)
            scratch.adopt(try #require(AuthTable(routes)))
        }
        #expect(isAdmitted() && isAdmitted())
        try adopt("another secret, as long as it has to be")
        #expect(!isAdmitted())
        try adopt(TokenForge.secret)
        #expect(isAdmitted())
    }
}

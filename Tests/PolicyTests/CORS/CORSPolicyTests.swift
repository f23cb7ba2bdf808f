import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct CORSPolicyTests {
    static func policy(_ change: (inout CORSRules) -> Void = { _ in }) -> CORSPolicy {
        var rules = CORSRules(
            name: "app", origins: [.exact("https://app.test")], methods: ["GET", "PATCH"],
            headers: ["Authorization", "Content-Type"], exposed: ["ETag"], allowsCredentials: true,
            maxAge: 600, enforcesOrigin: false)
        change(&rules)
        return CORSPolicy(rules, index: 3)
    }

    private static func judge(
        _ policy: CORSPolicy, _ request: SentRequest, isSecure: Bool = true
    ) -> (judgement: CORSJudgement, lines: [Substring]) {
        request.read { head, bytes in
            let identity = ClientIdentity(client: nil, isTrustedPeer: false, isSecure: isSecure)
            let judgement = policy.judge(head, in: bytes, identity)
            let text = appended { policy.append(to: &$0, for: judgement.verdict, in: bytes) }
            #expect(text.utf8.count <= policy.bytesMax)
            return (judgement, text.split(separator: "\r\n"))
        }
    }

    private static func preflight(
        _ method: String, _ headers: String? = nil, from origin: String = "https://app.test"
    ) -> SentRequest {
        let request = SentRequest("OPTIONS", "/").with("Origin", origin)
            .with("Access-Control-Request-Method", method)
        return headers.map { request.with("Access-Control-Request-Headers", $0) } ?? request
    }

    private static func reason(_ judgement: CORSJudgement) -> RefusalReason? {
        if case .refuse(let refusal) = judgement.action { refusal.reason } else { nil }
    }

    @Test func `an allowed origin is told so byte for byte, and what its scripts may read`() {
        let (judgement, lines) = Self.judge(
            Self.policy(), SentRequest("POST").with("Origin", "https://app.test"))
        #expect(judgement.verdict.standing == .allowed)
        #expect(judgement.action == nil)
        #expect(
            lines == [
                "Access-Control-Allow-Origin: https://app.test",
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Expose-Headers: RateLimit, RateLimit-Policy, Retry-After, "
                    + "X-Request-ID, ETag",
            ])
    }

    @Test func `a request without an origin is no matter of the policy`() {
        let (judgement, lines) = Self.judge(Self.policy(), SentRequest("POST"))
        #expect(judgement == .none)
        #expect(lines.isEmpty)
    }

    @Test func `a foreign origin is told nothing, and its request goes on unless that is enforced`()
    {
        let request = SentRequest("POST").with("Origin", "https://evil.test")
        let lax = Self.judge(Self.policy(), request)
        #expect(lax.judgement.verdict.standing == .foreign)
        #expect(lax.judgement.action == nil)
        #expect(lax.lines.isEmpty)
        let strict = Self.judge(Self.policy { $0.enforcesOrigin = true }, request)
        #expect(Self.reason(strict.judgement) == .foreignOrigin)
        #expect(RefusalReason.foreignOrigin.code == .forbidden)
    }

    @Test func `two origins are nobody's word`() {
        let twice = SentRequest("POST").with("Origin", "https://app.test")
            .with("Origin", "https://app.test")
        #expect(Self.judge(Self.policy(), twice).judgement.verdict.standing == .foreign)
        let preflight = Self.preflight("GET").with("Origin", "https://evil.test")
        #expect(Self.reason(Self.judge(Self.policy(), preflight).judgement) == .preflightOrigin)
    }

    @Test(arguments: [
        ("https://example.com", "example.com", true, true),
        ("https://example.com", "EXAMPLE.com:443", true, true),
        ("https://example.com:8443", "example.com:8443", true, true),
        ("http://example.com", "example.com:80", false, true),
        // TLS that ended in front of us.
        ("https://example.com", "example.com", false, true),
        ("http://example.com", "example.com", true, false),
        ("https://example.com", "example.com:8443", true, false),
        ("https://example.com", "sub.example.com", true, false),
        ("https://sub.example.com", "example.com", true, false),
        ("https://", "", true, false), ("https://example.com", "", true, false),
        ("HTTPS://example.com", "example.com", true, false),
    ])
    func `a page's own origin is not foreign, though browsers name it`(
        _ origin: String, _ host: String, _ isSecure: Bool, _ isOwn: Bool
    ) {
        let policy = Self.policy { $0.enforcesOrigin = true }
        let request = SentRequest("POST", host: host).with("Origin", origin)
        let (judgement, lines) = Self.judge(policy, request, isSecure: isSecure)
        #expect(judgement.verdict.standing == (isOwn ? .own : .foreign))
        #expect((judgement.action == nil) == isOwn)
        #expect(lines.isEmpty)
    }

    @Test func `null is the page's own where the browser vouches for it`() {
        let policy = Self.policy { $0.enforcesOrigin = true }
        let form = SentRequest("POST").with("Origin", "null")
        #expect(Self.judge(policy, form).judgement.verdict.standing == .foreign)
        let own = form.with("Sec-Fetch-Site", "same-origin")
        #expect(Self.judge(policy, own).judgement.verdict.standing == .own)
        let other = form.with("Sec-Fetch-Site", "same-site")
        #expect(Self.judge(policy, other).judgement.verdict.standing == .foreign)
        // A script cannot set it, but another client can: a named origin is judged by its name.
        let named = SentRequest("POST").with("Origin", "https://evil.test")
            .with("Sec-Fetch-Site", "same-origin")
        #expect(Self.judge(policy, named).judgement.verdict.standing == .foreign)
    }

    @Test func `a granted preflight says what may follow`() {
        let (judgement, lines) = Self.judge(
            Self.policy(), Self.preflight("PATCH", "authorization,content-type"))
        #expect(judgement.verdict.standing == .preflight)
        #expect(judgement.action == .grantPreflight)
        #expect(
            lines == [
                "Access-Control-Allow-Origin: https://app.test",
                "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: GET, HEAD, POST, PATCH",
                "Access-Control-Allow-Headers: Authorization, Content-Type",
                "Access-Control-Max-Age: 600",
            ])
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PATCH"])
    func `listed methods are granted, and three without listing`(_ method: String) {
        #expect(
            Self.judge(Self.policy(), Self.preflight(method)).judgement.action == .grantPreflight)
    }

    @Test(arguments: [
        "patch", "Patch", "get", "post", "PUT", "DELETE", "PATCHX", "PATC", "", "GET, PATCH", "*",
        "TRACE", "CONNECT",
    ])
    func `no other method is granted, in no other letters`(_ method: String) {
        let (judgement, lines) = Self.judge(Self.policy(), Self.preflight(method))
        #expect(Self.reason(judgement) == .preflightMethod)
        #expect(judgement.verdict == CORSVerdict(.preflightRefused, origin: .empty))
        #expect(lines.isEmpty)
    }

    @Test(arguments: [
        nil, "", "content-type", "AUTHORIZATION", "authorization,content-type",
        "Content-Type , ,\tauthorization,",
    ])
    func `listed headers are granted whatever their case`(_ headers: String?) {
        let request = Self.preflight("PATCH", headers)
        #expect(Self.judge(Self.policy(), request).judgement.action == .grantPreflight)
    }

    @Test(arguments: [
        "x-custom", "content-type,x-custom", "content-typ", "content-type2", "content_type",
        "content type", "*", "content-type;x", "cookie", "accept",
    ])
    func `a single header beyond the list refuses a preflight`(_ headers: String) {
        let (judgement, lines) = Self.judge(Self.policy(), Self.preflight("PATCH", headers))
        #expect(Self.reason(judgement) == .preflightHeaders)
        #expect(lines.isEmpty)
    }

    @Test func `headers may come in several lines, the method may not`() {
        let headers = Self.preflight("PATCH", "content-type")
            .with("Access-Control-Request-Headers", "x-custom")
        #expect(Self.reason(Self.judge(Self.policy(), headers).judgement) == .preflightHeaders)
        let methods = Self.preflight("PATCH").with("Access-Control-Request-Method", "GET")
        #expect(Self.reason(Self.judge(Self.policy(), methods).judgement) == .preflightMethod)
    }

    @Test func `OPTIONS without the method that it asks for is no preflight`() {
        let request = SentRequest("OPTIONS", "/").with("Origin", "https://app.test")
        let (judgement, lines) = Self.judge(Self.policy(), request)
        #expect(judgement.verdict.standing == .allowed)
        #expect(judgement.action == nil)
        #expect(lines.count == 3)
    }

    @Test func `everybody is told the same where all origins are allowed`() {
        let policy = Self.policy {
            $0.origins = [.any]
            $0.allowsCredentials = false
            $0.headers = ["*"]
            $0.methods = ["*"]
            $0.exposed = []
        }
        #expect(!policy.variesByOrigin)
        let expected = [
            "Access-Control-Allow-Origin: *",
            "Access-Control-Expose-Headers: RateLimit, RateLimit-Policy, Retry-After, X-Request-ID",
        ]
        for request in [SentRequest(), SentRequest().with("Origin", "https://x.test")] {
            #expect(Self.judge(policy, request).lines.map(String.init) == expected)
        }
        let preflight = Self.judge(policy, Self.preflight("BREW", "x-any", from: "null"))
        #expect(
            preflight.lines == [
                "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: *",
                "Access-Control-Allow-Headers: *", "Access-Control-Max-Age: 600",
            ])
    }

    @Test(arguments: ["authorization", "Authorization", "x-a,AUTHORIZATION"])
    func `a star never stands for Authorization`(_ headers: String) {
        func judged(_ listed: [String]) -> CORSJudgement {
            let policy = Self.policy {
                $0.headers = listed
                $0.allowsCredentials = false
            }
            return Self.judge(policy, Self.preflight("GET", headers)).judgement
        }
        #expect(Self.reason(judged(["*"])) == .preflightHeaders)
        #expect(judged(["*", "Authorization"]).action == .grantPreflight)
    }
}

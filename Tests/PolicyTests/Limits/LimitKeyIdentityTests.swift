import Bytes
import Crypto
import HTTP
import Testing

@testable import Policy

/// Keys that are known behind `auth`.
struct LimitKeyIdentityTests {
    private static let now = UInt64(TokenForge.now) * 1_000_000_000

    private static func digest(_ key: String) -> [UInt8] {
        var digester = Digester()
        let digest = digester.digest(of: Array(key.utf8).span, .sha256)
        return (0..<digest.count).map { digest.bytes[$0] }
    }

    private static let keys = AuthSettings.apiKeys([
        APIKeySetting(name: "alice", digest: digest("key-of-alice")),
        APIKeySetting(name: "bob", digest: digest("key-of-bob")),
    ])

    private static let form = "application/x-www-form-urlencoded"

    /// What a limit's key is of a request that a route with this `auth` was asked for.
    ///
    /// - Parameter others: Requests that the route decides on before the key is read.
    private func text(
        _ key: [LimitKeyPart], _ auth: AuthSettings, _ request: SentRequest,
        others: [SentRequest] = []
    ) -> String {
        var route = RouteSample("/*").route(0)
        route.auth = auth
        let pipeline = Pipeline(
            routes: [route], listeners: [],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
        var scratch = PolicyScratch()
        var material = Buffer(capacity: LimitKeyPlan.materialBytesMax)
        let plan = LimitKeyPlan(KeyQuestion(key: key).settings)
        let body = Array("k=1".utf8)
        // The second time the cache knows the credentials.
        for _ in 0..<2 {
            material.removeAll()
            request.read { head, bytes in
                let verdict = pipeline.decide(
                    head, in: bytes, from: request.arrival, at: Self.now, scratch: &scratch)
                for other in others {
                    other.read { head, bytes in
                        _ = pipeline.decide(
                            head, in: bytes, from: other.arrival, at: Self.now, scratch: &scratch)
                    }
                }
                _ = plan.read(
                    head, in: bytes, verdict, scratch: &scratch, body: body.span, into: &material)
            }
        }
        return String(decoding: material.copy(), as: UTF8.self)
    }

    private func bearing(_ claims: String) -> SentRequest {
        SentRequest().with("Authorization", "Bearer \(TokenForge.signed(claims))")
    }

    @Test func `names of keys are apart from subjects`() {
        let request = SentRequest().with("X-API-Key", "key-of-alice")
        #expect(text([.auth], Self.keys, request) == "=key:alice")
        let token = AuthSettings.jwt(TokenForge.settings())
        #expect(text([.auth], token, bearing(#"{"sub":"alice"}"#)) == "=sub:alice")
        #expect(text([.auth], token, bearing("{}")) == "~10.0.0.1")
    }

    @Test(arguments: [
        (["sub"], "=alice"), (["org", "id"], "=7"), (["admin"], "=true"),
        (["https://example.com/tenant"], "=t 1"), (["org"], "~10.0.0.1"), (["no"], "~10.0.0.1"),
        (["twice"], "~10.0.0.1"),
    ])
    func `claims are those of the token that was admitted`(path: [String], material: String) {
        let claims = """
            {"sub":"alice","org":{"id":7},"admin":true,"https://example.com/tenant":"t\\u00201",
            "twice":1,"twice":1}
            """
        let settings = TokenForge.settings(cookie: "t")
        #expect(text([.jwt(path)], .jwt(settings), bearing(claims)) == material)
        let cookie = SentRequest().with("Cookie", "a=b; t=\(TokenForge.signed(claims))")
        #expect(text([.jwt(path)], .jwt(settings), cookie) == material)
    }

    @Test func `behind the body's stage identities are those of the request, not of a later one`() {
        let other = SentRequest().with("X-API-Key", "key-of-bob")
        var request = SentRequest("POST").with("X-API-Key", "key-of-alice")
        request.fields.append(("Content-Type", Self.form))
        #expect(
            text([.auth, .form("k")], Self.keys, request, others: [other]) == "=9:key:alice1:1")
        let token = AuthSettings.jwt(TokenForge.settings())
        for sub in ["carol", String(repeating: "c", count: 200)] {
            let later = bearing(#"{"sub":"\#(sub)"}"#)
            let request = bearing(#"{"sub":"dave","x":"y"}"#).with("Content-Type", Self.form)
            #expect(
                text([.auth, .form("k")], token, request, others: [later]) == "=8:sub:dave1:1")
            #expect(
                text([.jwt(["sub"]), .form("k")], token, request, others: [later]) == "=4:dave1:1")
            #expect(
                text([.jwt(["x"]), .form("k")], token, request, others: [later]) == "=1:y1:1")
        }
    }

    @Test func `what the cache has forgotten is read once more`() {
        let token = AuthSettings.jwt(TokenForge.settings())
        // More than the cache holds.
        let others = (0..<3000).map { bearing(#"{"sub":"user-\#($0)"}"#) }
        let request = bearing(#"{"sub":"d\u0061ve"}"#).with("Content-Type", Self.form)
        #expect(text([.auth, .form("k")], token, request, others: others) == "=8:sub:dave1:1")
    }
}

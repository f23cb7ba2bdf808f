import Bytes
import Crypto
import Testing

@testable import Policy

@Suite struct AdmissionCacheTests {
    private static func tag(_ text: String) -> SipHash.Tag {
        SipHash.tag(of: Array(text.utf8).span, by: SipHash.Key(1, 2))
    }

    private static func admission(_ times: TokenTimes) -> Admission {
        Admission(principal: .subject, times: times)
    }

    private static func buffer(_ text: String) -> Buffer {
        var buffer = Buffer(capacity: 256)
        buffer.append(Array(text.utf8))
        return buffer
    }

    /// The subject that is found, or `nil`.
    private func find(_ cache: borrowing AdmissionCache, _ text: String, policy: Int32) -> String? {
        var subject = Buffer(capacity: 255)
        guard cache.find(Self.tag(text), policy: policy, name: &subject) != nil else {
            return nil
        }
        return String(decoding: subject.copy(), as: UTF8.self)
    }

    @Test func `a token is found with its subject, by its policy alone`() {
        var cache = AdmissionCache()
        #expect(find(cache, "a", policy: 0) == nil)
        let times = TokenTimes(expiry: 100, start: 0)
        for subject in ["", "x", "12345678", "123456789", String(repeating: "s", count: 255)] {
            cache.insert(
                Self.tag(subject), policy: 3, Self.admission(times), name: Self.buffer(subject),
                at: 0)
            #expect(find(cache, subject, policy: 3) == subject)
            #expect(find(cache, subject, policy: 2) == nil)
            #expect(find(cache, subject + "!", policy: 3) == nil)
        }
    }

    @Test func `it stays as large as it is, and keeps the last token`() {
        var cache = AdmissionCache()
        for index in 0..<5000 {
            cache.insert(
                Self.tag("\(index)"), policy: 0, Self.admission(.always),
                name: Self.buffer("\(index)"), at: 0)
            #expect(find(cache, "\(index)", policy: 0) == "\(index)")
        }
        let kept = (0..<5000).filter { find(cache, "\($0)", policy: 0) == "\($0)" }
        #expect(kept.count <= 512)
        #expect(kept.count > 400)
    }

    @Test func `another configuration finds nothing of the last one`() throws {
        var routes = [RouteSample("/*").route(0)]
        routes[0].auth = .bearer(Secret("the-cron-secret"))
        let first = try #require(AuthTable(routes))
        let second = try #require(AuthTable(routes))
        var cache = AdmissionCache()
        cache.serve(first)
        cache.insert(
            Self.tag("a"), policy: 0, Self.admission(.always),
            name: Self.buffer("a"), at: 0)
        cache.serve(first)
        #expect(find(cache, "a", policy: 0) == "a")
        cache.serve(second)
        #expect(find(cache, "a", policy: 0) == nil)
    }

    @Test func `a token that comes again is looked at for its time again`() {
        let policy = JWTPolicy(TokenForge.settings(), index: 0)
        var scratch = AuthScratch()
        let token = TokenForge.signed(#"{"sub":"alice","exp":1760000100,"nbf":1760000000}"#)
        let answers = [0, 50, 109, 110, 5, -10, -11].map { offset in
            policy.answer(token, at: TokenForge.now + offset, &scratch)
        }
        #expect(
            answers == [
                "alice", "alice", "alice", "jwt_expired", "alice", "alice", "jwt_not_yet_valid",
            ])
    }

    @Test func `a token that one route admits is verified anew by another`() {
        var scratch = AuthScratch()
        let strict = TokenForge.settings(issuer: "https://issuer.example.com/")
        let token = TokenForge.signed(#"{"sub":"alice"}"#)
        #expect(
            JWTPolicy(TokenForge.settings(), index: 0).answer(token, at: TokenForge.now, &scratch)
                == "alice")
        #expect(
            JWTPolicy(strict, index: 1).answer(token, at: TokenForge.now, &scratch) == "jwt_issuer")
    }

    @Test func `a refused token is not kept`() {
        var scratch = AuthScratch()
        let policy = JWTPolicy(TokenForge.settings(), index: 0)
        let token = TokenForge.signed(#"{"sub":"alice"}"#, by: "x")
        for _ in 0..<2 {
            #expect(policy.answer(token, at: TokenForge.now, &scratch) == "jwt_bad_signature")
        }
    }
}

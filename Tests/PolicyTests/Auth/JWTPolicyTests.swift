import Testing

@testable import Policy

@Suite struct JWTPolicyTests {
    private static let now = TokenForge.now

    @Test(arguments: ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
    func `tokens of PyJWT are admitted by the keys of a set`(_ name: String) throws {
        let algorithm = try #require(JWTAlgorithm(rawValue: name))
        let token = try #require(TokenForge.made[name])
        #expect(try TokenForge.settings([algorithm]).answer(token) == "alice")
        let all = JWTAlgorithm.allCases.filter { !$0.takesSecret }
        #expect(try TokenForge.settings(all).answer(token) == "alice")
        let others = all.filter { $0 != algorithm }
        #expect(try TokenForge.settings(others).answer(token) == "jwt_algorithm")
    }

    @Test(arguments: ["HS256", "HS384", "HS512"])
    func `tokens of PyJWT are admitted by their secret`(_ name: String) throws {
        let algorithm = try #require(JWTAlgorithm(rawValue: name))
        let token = try #require(TokenForge.made[name])
        var settings = TokenForge.settings(
            audiences: ["other"], algorithms: [.hs256, .hs384, .hs512])
        #expect(settings.answer(token) == "alice")
        settings.algorithms = [algorithm]
        #expect(settings.answer(token) == "alice")
        settings.keys[0].material = .secret(Secret("another secret of no less than 32 bytes"))
        #expect(settings.answer(token) == "jwt_bad_signature")
    }

    @Test(arguments: [
        ("rsa", "RS256"), ("rsa-pkcs1", "RS256"), ("rsa-next", "PS256"), ("p256", "ES256"),
        ("p384", "ES384"), ("ed25519", "EdDSA"),
    ])
    func `a key in PEM verifies what its owner signed`(_ file: String, _ name: String) throws {
        let key = try JWTKeySetting(pem: TokenForge.file("\(file).pem"), id: nil)
        var settings = try TokenForge.settings([try #require(JWTAlgorithm(rawValue: name))])
        settings.keys = [key]
        let token = try #require(TokenForge.made[name])
        #expect(settings.answer(token) == "alice")
    }

    @Test(arguments: [
        (#"{"sub":"bob"}"#, "bob"), ("{}", "nobody"),
        (#"{"sub":"b ob@example.com"}"#, "b ob@example.com"),
        (#"{"sub":"b\u006fb"}"#, "bob"), (#"{"exp":1760000001}"#, "nobody"),
        (#"{"exp":1759999991}"#, "nobody"), (#"{"exp":1759999990}"#, "jwt_expired"),
        (#"{"exp":1759999990.5}"#, "jwt_expired"), (#"{"exp":1759999991.5}"#, "nobody"),
        (#"{"nbf":1760000010}"#, "nobody"), (#"{"nbf":1760000011}"#, "jwt_not_yet_valid"),
        (#"{"nbf":1760000010.25}"#, "jwt_not_yet_valid"),
        (#"{"iat":1760000011}"#, "jwt_not_yet_valid"),
        (#"{"exp":1760000000,"nbf":1759990000,"iat":1750000000,"jti":null,"x":[{}]}"#, "nobody"),
    ])
    func `claims are weighed with the leeway`(_ claims: String, _ expected: String) {
        #expect(TokenForge.settings().answer(TokenForge.signed(claims)) == expected)
    }

    @Test(arguments: [
        (#"{"iss":"a","aud":"b"}"#, "nobody"), (#"{"iss":"a","aud":["x","b"]}"#, "nobody"),
        (#"{"iss":"a","aud":["c"]}"#, "nobody"), (#"{"iss":"a"}"#, "jwt_audience"),
        (#"{"iss":"a","aud":"bb"}"#, "jwt_audience"), (#"{"iss":"a","aud":[]}"#, "jwt_audience"),
        (#"{"iss":"a","aud":["b",1]}"#, "jwt_audience"),
        (#"{"iss":"a","aud":{"b":1}}"#, "jwt_audience"),
        (#"{"aud":"b"}"#, "jwt_issuer"), (#"{"iss":"A","aud":"b"}"#, "jwt_issuer"),
        (#"{"iss":["a"],"aud":"b"}"#, "jwt_issuer"), (#"{"iss":null,"aud":"b"}"#, "jwt_issuer"),
    ])
    func `issuer and audience are compared to the letter`(_ claims: String, _ expected: String) {
        let settings = TokenForge.settings(issuer: "a", audiences: ["b", "c"])
        #expect(settings.answer(TokenForge.signed(claims)) == expected)
    }

    @Test func `without an audience of ours a token for somebody is refused`() {
        #expect(TokenForge.settings().answer(TokenForge.signed(#"{"aud":"x"}"#)) == "jwt_audience")
    }

    @Test func `kid chooses the key, and without it there must be one alone`() {
        var settings = TokenForge.settings()
        let other = "the other secret, of no less than 32 bytes"
        settings.keys = [("one", TokenForge.secret), ("two", other)].map { id, secret in
            JWTKeySetting(id: id, material: .secret(Secret(secret)), algorithm: nil)
        }
        func answer(_ header: String, by secret: String) -> String {
            settings.answer(TokenForge.signed(header, #"{"sub":"a"}"#, by: secret))
        }
        let one = #"{"alg":"HS256","kid":"one"}"#
        #expect(answer(one, by: TokenForge.secret) == "a")
        #expect(answer(one, by: other) == "jwt_bad_signature")
        #expect(answer(#"{"alg":"HS256","kid":"\u0074wo"}"#, by: other) == "a")
        #expect(answer(#"{"alg":"HS256","kid":"three"}"#, by: other) == "jwt_unknown_key")
        #expect(answer(#"{"alg":"HS256"}"#, by: other) == "jwt_unknown_key")
        settings.keys.removeFirst()
        #expect(answer(#"{"alg":"HS256"}"#, by: other) == "a")
        settings.keys[0].id = nil
        #expect(answer(#"{"alg":"HS256","kid":"any"}"#, by: other) == "a")
    }

    @Test(arguments: [
        ("rsa-1024.pem", JWTKeyProblem.rsaTooShort(bits: 1024)), ("p521.pem", .kindNotSpoken),
        ("make-tokens.py", .notPEM),
    ])
    func `keys that are too weak or of another kind are refused`(
        _ file: String, _ problem: JWTKeyProblem
    ) {
        #expect(throws: problem) { try JWTKeySetting(pem: TokenForge.file(file), id: nil) }
    }

    @Test(arguments: [
        ("[]", JWTKeyProblem.notJSON), ("{}", .noneUsable), (#"{"keys":[]}"#, .noneUsable),
        (#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#, .noneUsable),
        (#"{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}]}"#, .noneUsable),
        (#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#, .keyIncomplete),
        (#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, .rsaTooShort(bits: 17)),
        (#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}"#, .privateKey),
    ])
    func `sets without a sound key are refused`(_ text: String, _ problem: JWTKeyProblem) {
        #expect(throws: problem) { try JWTKeySetting.keys(ofSet: Array(text.utf8)) }
    }

    @Test func `a set leaves out keys for other uses`() throws {
        let keys = try JWTKeySetting.keys(ofSet: Array(TokenForge.file("jwks.json").utf8))
        #expect(keys.compactMap(\.id) == ["rsa", "rsa-next", "p256", "p384", "ed25519"])
    }

    @Test func `secrets are not shown by whatever prints a setting`() {
        var shown = "\(TokenForge.settings())"
        dump(TokenForge.settings(), to: &shown)
        #expect(!shown.contains("shared by the two"))
        #expect(!shown.contains("115, 101, 99"))
    }
}

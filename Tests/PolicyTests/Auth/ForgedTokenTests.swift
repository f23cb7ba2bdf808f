import Crypto
import Testing

@testable import Policy

/// A token that nobody must be admitted by, and what is said of it.
private struct Forgery: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let token: String
    let reason: String
    /// Whether it is shown to a route with public keys, rather than to one with a secret.
    let isForKeys: Bool

    init(_ name: String, _ token: String, _ reason: String, keys isForKeys: Bool = false) {
        testDescription = name
        self.token = token
        self.reason = reason
        self.isForKeys = isForKeys
    }
}

private let claims = #"{"sub":"alice","exp":1760003600}"#
private let good = TokenForge.signed(claims)
private let head = TokenForge.base64(#"{"alg":"HS256"}"#)
private let body = TokenForge.base64(claims)
private let signature = good.split(separator: ".")[2]

/// What is wrong with the header.
private let headers: [Forgery] =
    [
        "none", "None", "NONE", "nOnE", "none ", "", "hs256", "HS256 ", "HS2560", "RS256", "ES256",
        "HS1",
        "dir", "null",
    ].map { name in
        Forgery(
            "alg \"\(name)\"", TokenForge.signed(#"{"alg":"\#(name)"}"#, claims), "jwt_algorithm")
    } + [
        Forgery(
            "alg none, no signature", "\(TokenForge.base64(#"{"alg":"none"}"#)).\(body).",
            "jwt_malformed"),
        Forgery("no alg", TokenForge.signed(#"{"typ":"JWT"}"#, claims), "jwt_algorithm"),
        Forgery("alg a number", TokenForge.signed(#"{"alg":256}"#, claims), "jwt_malformed"),
        Forgery("alg a list", TokenForge.signed(#"{"alg":["HS256"]}"#, claims), "jwt_malformed"),
        Forgery(
            "alg twice", TokenForge.signed(#"{"alg":"none","alg":"HS256"}"#, claims),
            "jwt_malformed"),
        Forgery(
            "alg twice, once escaped",
            TokenForge.signed(#"{"alg":"HS256","\u0061lg":"none"}"#, claims),
            "jwt_malformed"),
        Forgery(
            "typ twice", TokenForge.signed(#"{"alg":"HS256","typ":"a","typ":"b"}"#, claims),
            "jwt_malformed"),
        Forgery(
            "crit", TokenForge.signed(#"{"alg":"HS256","crit":["exp"]}"#, claims), "jwt_critical"),
        Forgery(
            "crit, empty", TokenForge.signed(#"{"alg":"HS256","crit":[]}"#, claims),
            "jwt_critical"),
        Forgery(
            "crit, escaped", TokenForge.signed(#"{"alg":"HS256","cr\u0069t":[]}"#, claims),
            "jwt_critical"),
        Forgery(
            "kid a number", TokenForge.signed(#"{"alg":"HS256","kid":1}"#, claims),
            "jwt_malformed"),
        Forgery("header a list", TokenForge.signed(#"[{"alg":"HS256"}]"#, claims), "jwt_malformed"),
        Forgery("header no JSON", TokenForge.signed(#"{"alg":"HS256",}"#, claims), "jwt_malformed"),
        Forgery(
            "header and more", TokenForge.signed(#"{"alg":"HS256"}{}"#, claims), "jwt_malformed"),
        Forgery(
            "header too deep",
            TokenForge.signed(
                #"{"alg":"HS256","x":"# + String(repeating: "[", count: 40)
                    + String(repeating: "]", count: 40) + "}", claims), "jwt_malformed"),
        Forgery(
            "header oversize",
            TokenForge.signed(
                #"{"alg":"HS256","x":"\#(String(repeating: "a", count: 1024))"}"#, claims),
            "jwt_too_large"),
        Forgery(
            "header of many members",
            TokenForge.signed(
                #"{"alg":"HS256""# + (0..<20).map { #","a\#($0)":1"# }.joined() + "}", claims),
            "jwt_malformed"),
    ]

/// What is wrong with the form.
private let forms: [Forgery] = [
    Forgery("nothing", "", "jwt_malformed"), Forgery("points alone", "..", "jwt_malformed"),
    Forgery("two parts", "\(head).\(body)", "jwt_malformed"),
    Forgery("trailing point", good + ".", "jwt_malformed"),
    Forgery("leading point", "." + good, "jwt_malformed"),
    Forgery("five parts", "\(head).\(body).\(signature).\(body).\(signature)", "jwt_malformed"),
    Forgery("no claims", TokenForge.seal("\(head)."), "jwt_malformed"),
    Forgery("no signature", "\(head).\(body).", "jwt_malformed"),
    Forgery("padded header", TokenForge.seal("\(head)=.\(body)"), "jwt_malformed"),
    Forgery(
        "padded claims", TokenForge.seal("\(head).\(TokenForge.base64("{ }"))=="),
        "jwt_malformed"),
    Forgery("padded signature", good + "=", "jwt_malformed"),
    Forgery("white space", "\(head).\(body) .\(signature)", "jwt_bad_signature"),
    Forgery("claims of the standard alphabet", TokenForge.seal("\(head).e30+"), "jwt_malformed"),
    Forgery("claims with bits unused", TokenForge.seal("\(head).e31"), "jwt_malformed"),
    Forgery(
        "signature with bits unused", String(good.dropLast()) + next(good.last), "jwt_malformed"),
    Forgery("signature truncated", String(good.dropLast(3)), "jwt_bad_signature"),
    Forgery("signature of one byte", "\(head).\(body).AA", "jwt_bad_signature"),
    Forgery(
        "signature of zeros", "\(head).\(body).\(String(repeating: "A", count: 43))",
        "jwt_bad_signature"),
    Forgery(
        "signature in hexadecimal", "\(head).\(body).\(String(repeating: "0f", count: 32))",
        "jwt_bad_signature"),
    Forgery(
        "signature oversize", "\(head).\(body).\(String(repeating: "A", count: 4000))",
        "jwt_malformed"),
    Forgery(
        "claims exchanged", "\(head).\(TokenForge.base64(#"{"sub":"root"}"#)).\(signature)",
        "jwt_bad_signature"),
    Forgery(
        "oversize", TokenForge.signed("{\"x\":\"\(String(repeating: "a", count: 8192))\"}"),
        "jwt_too_large"),
    Forgery("signed by an empty secret", TokenForge.signed(claims, by: ""), "jwt_bad_signature"),
]

/// What is wrong with the claims, however well they are signed.
private let statements: [Forgery] = [
    (#"{"exp":"1760003600"}"#, "jwt_bad_claims"), (#"{"exp":1e12}"#, "jwt_bad_claims"),
    (#"{"exp":1.7600036e9}"#, "jwt_bad_claims"), (#"{"exp":2e308}"#, "jwt_bad_claims"),
    (#"{"exp":99999999999999999999999}"#, "jwt_bad_claims"), (#"{"exp":-1}"#, "jwt_bad_claims"),
    (#"{"exp":1760003600000}"#, "jwt_bad_claims"), (#"{"exp":null}"#, "jwt_bad_claims"),
    (#"{"exp":true}"#, "jwt_bad_claims"), (#"{"exp":[1760003600]}"#, "jwt_bad_claims"),
    (#"{"exp":1759999000}"#, "jwt_expired"), (#"{"exp":1759999990.99}"#, "jwt_expired"),
    (#"{"exp":0}"#, "jwt_expired"), (#"{"exp":1760003600,"exp":1}"#, "jwt_bad_claims"),
    (#"{"exp":1,"\u0065xp":1760003600}"#, "jwt_bad_claims"),
    (#"{"nbf":1760003600}"#, "jwt_not_yet_valid"),
    (#"{"iat":1760003600}"#, "jwt_not_yet_valid"), (#"{"nbf":"0"}"#, "jwt_bad_claims"),
    (#"{"aud":"https://somebody.else"}"#, "jwt_audience"), (#"{"aud":[]}"#, "jwt_audience"),
    (#"{"sub":"a\r\nX-Admin: 1"}"#, "jwt_subject"), (#"{"sub":"a\u0000"}"#, "jwt_subject"),
    (#"{"sub":""}"#, "jwt_subject"), (#"{"sub":" a"}"#, "jwt_subject"),
    (#"{"sub":"é"}"#, "jwt_subject"),
    (#"{"sub":7}"#, "jwt_subject"), (#"{"sub":"a","sub":"root"}"#, "jwt_bad_claims"),
    ("{\"sub\":\"\(String(repeating: "a", count: 256))\"}", "jwt_subject"),
    ("[]", "jwt_bad_claims"), ("null", "jwt_bad_claims"), (#"{"a":1}}"#, "jwt_bad_claims"),
    ("\u{feff}{}", "jwt_bad_claims"),
    (
        String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40),
        "jwt_bad_claims"
    ),
].map { claims, reason in Forgery(String(claims.prefix(60)), TokenForge.signed(claims), reason) }

/// What tries to have a public key, or a signature in another form, taken for something else.
private let confusions: [Forgery] = {
    let ec = (TokenForge.made["ES256"] ?? "").split(separator: ".").map(String.init)
    let rs = (TokenForge.made["RS256"] ?? "").split(separator: ".").map(String.init)
    let pem = TokenForge.file("rsa.pem")
    // SEQUENCE of two INTEGERs of 32 bytes: what most libraries sign.
    let raw: [UInt8] =
        [0x30, 0x44, 0x02, 0x20] + [UInt8](repeating: 0x11, count: 32) + [0x02, 0x20]
    let der = TokenForge.base64(raw + [UInt8](repeating: 0x11, count: 32))
    let zeros = TokenForge.base64([UInt8](repeating: 0, count: 64))
    return [
        Forgery(
            "HS256 by the public key's text", TokenForge.signed(claims, by: pem), "jwt_algorithm",
            keys: true),
        Forgery(
            "HS256 by the public key's text, with its kid",
            TokenForge.signed(#"{"alg":"HS256","kid":"rsa"}"#, claims, by: pem), "jwt_algorithm",
            keys: true),
        Forgery("RS256 at a route with a secret", rs.joined(separator: "."), "jwt_algorithm"),
        Forgery("r and s of 0", "\(ec[0]).\(ec[1]).\(zeros)", "jwt_bad_signature", keys: true),
        Forgery(
            "DER in place of r and s", "\(ec[0]).\(ec[1]).\(der)", "jwt_bad_signature", keys: true),
        Forgery(
            "RSA's signature for ECDSA", "\(ec[0]).\(ec[1]).\(rs[2])", "jwt_bad_signature",
            keys: true),
        Forgery("another key's kid", swapped(rs, kid: "rsa-next"), "jwt_bad_signature", keys: true),
        Forgery(
            "a kid that nobody has", swapped(rs, kid: "../../etc/passwd"), "jwt_unknown_key",
            keys: true),
        Forgery(
            "a key for encryption", swapped(rs, kid: "for-encryption"), "jwt_unknown_key",
            keys: true),
        Forgery(
            "the shared key of the set", swapped(rs, kid: "shared"), "jwt_unknown_key", keys: true),
        Forgery("no kid where several fit", swapped(rs, kid: nil), "jwt_unknown_key", keys: true),
        Forgery(
            "an algorithm that its key does not have", swapped(rs, "RS384"), "jwt_unknown_key",
            keys: true),
        Forgery(
            "a key that it brings along",
            swapped(rs, kid: "x", more: #","jwk":{"kty":"oct","k":"AA"}"#),
            "jwt_unknown_key", keys: true),
    ]
}()

/// The same token under another header.
private func swapped(
    _ parts: [String], _ algorithm: String = "RS256", kid: String? = "rsa", more: String = ""
) -> String {
    let id = kid.map { #","kid":"\#($0)""# } ?? ""
    return "\(TokenForge.base64(#"{"alg":"\#(algorithm)"\#(id)\#(more)}"#)).\(parts[1]).\(parts[2])"
}

/// A character whose lowest bit, which nothing is read from at the end of 32 bytes, is another.
private func next(_ character: Character?) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let index = alphabet.firstIndex { $0 == character } ?? 0
    return String(alphabet[index ^ 1])
}

@Suite struct ForgedTokenTests {
    private static let all = headers + forms + statements + confusions

    @Test func `there are many forgeries, and the token that they are made of is good`() {
        #expect(Self.all.count >= 80)
        #expect(TokenForge.settings().answer(good) == "alice")
    }

    @Test(arguments: all) private func `a forgery is refused for what is wrong with it`(
        _ forgery: Forgery
    ) throws {
        let algorithms: [JWTAlgorithm] = [.rs256, .rs384, .ps256, .es256, .es384, .eddsa]
        let settings =
            forgery.isForKeys ? try TokenForge.settings(algorithms) : TokenForge.settings()
        #expect(settings.answer(forgery.token) == forgery.reason)
    }

    @Test func `no byte of a token can be changed`() {
        var scratch = AuthScratch()
        let policy = JWTPolicy(TokenForge.settings(), index: 0)
        let bytes = Array(good.utf8)
        for index in bytes.indices {
            for flip: UInt8 in [1, 2, 0x20, 0x80] {
                var forged = bytes
                forged[index] ^= flip
                let answer = policy.decide(forged.span, at: TokenForge.now, scratch: &scratch)
                guard case .refused = answer else {
                    Issue.record("byte \(index) may be \(forged[index])")
                    continue
                }
            }
        }
        #expect(policy.answer(good, at: TokenForge.now, &scratch) == "alice")
    }
}

import Bytes
import Crypto

@testable import Policy

/// What holds for any bytes that are shown as a token; the fuzzer and the corpus's test ask it.
///
/// The first byte says how the rest is used: as a whole token, or as the header and claims of one
/// that is then signed, so that what stands behind the signature is reached as well.
enum TokenInvariants {
    private static let secret = "a secret for tokens that a fuzzer makes up"
    private static let now: Int64 = 1_760_000_000

    private static let policy = JWTPolicy(
        JWTSettings(
            keys: [
                JWTKeySetting(id: nil, material: .secret(Secret(secret)), algorithm: nil),
                JWTKeySetting(id: "k", material: .secret(Secret("k" + secret)), algorithm: nil),
            ],
            algorithms: [.hs256], issuer: nil, audiences: [], leeway: 0, cookie: nil),
        index: 0)

    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let rest = Array(input.dropFirst())
        if let fault = checkSet(rest) { return fault }
        guard first & 1 == 1 else { return checkForged(rest) }
        let header = Array(#"{"alg":"HS256","kid":"x"}"#.utf8)
        let token = first & 2 == 2 ? signed(header, rest) : signed(rest, Array("{}".utf8))
        return checkTwice(token)
    }

    /// Without the secret nobody is admitted.
    private static func checkForged(_ token: [UInt8]) -> String? {
        var scratch = AuthScratch()
        if case .admitted = policy.decide(token.span, at: now, scratch: &scratch) {
            return "a token was admitted that nobody signed"
        }
        return scratch.principal.isEmpty ? nil : "a refusal leaves a name behind"
    }

    /// What the cache says of a token is what verifying it says; a subject is safe in a field.
    private static func checkTwice(_ token: [UInt8]) -> String? {
        var scratch = AuthScratch()
        let answer = policy.decide(token.span, at: now, scratch: &scratch)
        let subject = scratch.principal.copy()
        scratch.principal.removeAll()
        guard policy.decide(token.span, at: now, scratch: &scratch) == answer,
            scratch.principal.copy() == subject
        else { return "a token is not what it was a moment ago" }
        let isSafe = subject.count <= 255 && subject.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
        return isSafe ? nil : "a subject could end its field"
    }

    /// A set of keys is read or refused.
    private static func checkSet(_ bytes: [UInt8]) -> String? {
        guard let keys = try? JWTKeySetting.keys(ofSet: bytes) else { return nil }
        return keys.isEmpty ? "a set without keys was taken" : nil
    }

    private static func signed(_ header: [UInt8], _ claims: [UInt8]) -> [UInt8] {
        let message = encoded(header) + [0x2e] + encoded(claims)
        var digester = Digester()
        let key = HMACKey(Array(secret.utf8), .sha256)
        let code = digester.authenticate(message.span, by: key)
        return message + [0x2e] + encoded((0..<code.count).map { code.bytes[$0] })
    }

    /// RFC 4648 §5, without padding.
    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = (0..<3).reduce(0) { $0 << 8 | ($1 < group.count ? Int(group[$1]) : 0) }
            for place in 0...group.count {
                text.append(alphabet[bits >> (18 - 6 * place) & 63])
            }
        }
        return text
    }
}

import Bytes
import Crypto
import Foundation

@testable import Policy

/// Makes tokens as an issuer would, or as nobody should.
enum TokenForge {
    static let now: Int64 = 1_760_000_000
    /// That of `make-tokens.py`.
    static let secret = "a secret of 64 characters, shared by the two who sign and verify"
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/jwt").standardized

    static func file(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// The tokens of PyJWT, by their algorithm.
    static let made: [String: String] = {
        var tokens: [String: String] = [:]
        for line in file("tokens.txt").split(separator: "\n") {
            let words = line.split(separator: " ")
            tokens[String(words[0])] = String(words[1])
        }
        return tokens
    }()

    static func base64(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
            .replacing("/", with: "_")
    }

    static func base64(_ text: String) -> String { base64(Array(text.utf8)) }

    /// A token of these very texts, signed with a secret.
    static func signed(
        _ header: String, _ claims: String, by secret: String = secret
    ) -> String {
        seal("\(base64(header)).\(base64(claims))", by: Array(secret.utf8))
    }

    /// The same with the plainest header.
    static func signed(_ claims: String, by secret: String = secret) -> String {
        signed(#"{"alg":"HS256"}"#, claims, by: secret)
    }

    /// The same for parts that are encoded already, in whatever way.
    static func seal(_ signed: String, by secret: [UInt8] = Array(secret.utf8)) -> String {
        var digester = Digester()
        let key = HMACKey(secret, .sha256)
        let code = digester.authenticate(Array(signed.utf8).span, by: key)
        return "\(signed).\(base64((0..<code.count).map { code.bytes[$0] }))"
    }

    /// Settings for one secret.
    static func settings(
        issuer: String? = nil, audiences: [String] = [], leeway: Int64 = 10, cookie: String? = nil,
        algorithms: [JWTAlgorithm] = [.hs256]
    ) -> JWTSettings {
        JWTSettings(
            keys: [JWTKeySetting(id: nil, material: .secret(Secret(secret)), algorithm: nil)],
            algorithms: algorithms, issuer: issuer, audiences: audiences, leeway: leeway,
            cookie: cookie)
    }

    /// Settings for the keys of the JWK Set.
    static func settings(_ algorithms: [JWTAlgorithm]) throws -> JWTSettings {
        JWTSettings(
            keys: try JWTKeySetting.keys(ofSet: Array(file("jwks.json").utf8)),
            algorithms: algorithms, issuer: "https://issuer.example.com/",
            audiences: ["https://api.example.com"], leeway: 10, cookie: nil)
    }
}

extension JWTSettings {
    /// What a policy of these settings makes of a token: whom it admits, or the refusal's token.
    func answer(_ token: String, at now: Int64 = TokenForge.now) -> String {
        var scratch = AuthScratch()
        return JWTPolicy(self, index: 0).answer(token, at: now, &scratch)
    }
}

extension JWTPolicy {
    func answer(_ token: String, at now: Int64, _ scratch: inout AuthScratch) -> String {
        scratch.principal.removeAll()
        switch decide(Array(token.utf8).span, at: now, scratch: &scratch) {
        case .admitted(.unnamed): return "nobody"
        case .admitted: return String(decoding: scratch.principal.copy(), as: UTF8.self)
        case .refused(let reason): return "\(reason.token)"
        }
    }
}

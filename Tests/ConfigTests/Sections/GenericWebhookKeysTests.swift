import Policy
import Testing

@testable import Config

struct GenericWebhookKeysTests {
    private static let secret = "0f3c9a1d2b4e6f8a0f3c9a1d2b4e6f8a"

    private static func hmac(_ name: String) -> SignatureForm.Algorithm {
        SignatureForm.Algorithm.named.first { $0.0 == name }?.1 ?? .token
    }

    private func settings(
        _ keys: String, secret: String = secret, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> WebhookSettings {
        let result = load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            upstreams: { app: { servers: ["127.0.0.1:3000"] } }
            webhooks: { hook: { provider: generic, secrets: ["\(secret)"], \(keys) } }
            routes: [ { name: app, webhook: hook, upstream: app } ]
            """)
        #expect(result.problems == [], sourceLocation: sourceLocation)
        return try #require(result.snapshot?.webhooks.first, sourceLocation: sourceLocation)
    }

    @Test func `the least is a field with the HMAC of the body in hexadecimal`() throws {
        let settings = try settings("header: X-A, algorithm: hmac-sha256")
        var scheme = WebhookScheme(
            forms: [SignatureForm(Self.hmac("hmac-sha256"), .hex, .text)],
            signature: .field(["X-A"]),
            signed: [.body])
        #expect(settings.scheme == scheme && settings.tolerance == nil)
        scheme.id = EventIDPlace(.field(["X-Id"]), isSigned: false)
        #expect(
            try self.settings("header: X-A, algorithm: hmac-sha256, id: \"header:X-Id\"").scheme
                == scheme)
    }

    @Test func `a list has a separator and each signature a prefix`() throws {
        let settings = try settings(
            """
            header: X-A, algorithm: hmac-sha512, encoding: base64url, prefix: "v1,",
            list_separator: " ", key_encoding: hex
            """)
        #expect(
            settings.scheme
                == WebhookScheme(
                    forms: [SignatureForm(Self.hmac("hmac-sha512"), .base64url, .hex, mark: "v1,")],
                    signature: .list(["X-A"], separator: 0x20), signed: [.body]))
    }

    @Test func `pairs are named, and one of them may be the timestamp`() throws {
        let settings = try settings(
            """
            header: X-A, algorithm: hmac-sha1, prefix: v1, pair_separator: "=",
            list_separator: ";", timestamp_pair: t, timestamp_unit: ms, signed: "{ts}.{body}",
            id: "json:event.id", key_encoding: base64
            """)
        var scheme = WebhookScheme(
            forms: [SignatureForm(Self.hmac("hmac-sha1"), .hex, .base64(prefix: ""), mark: "v1")],
            signature: .pairs(
                "X-A", separator: UInt8(ascii: ";"), pairSeparator: UInt8(ascii: "=")),
            signed: [.timestamp, .literal("."), .body])
        scheme.timestamp = TimestampPlace(.pair("t"), .milliseconds)
        scheme.id = EventIDPlace(.json([["event", "id"]]), isSigned: true)
        #expect(settings.scheme == scheme && settings.tolerance == 300)
    }

    @Test func `a field may hold the timestamp, as a date`() throws {
        let settings = try settings(
            """
            header: X-A, algorithm: hmac-sha256, timestamp_header: X-T, timestamp_unit: date,
            signed: "{ts}{body}", tolerance: 1min
            """)
        #expect(settings.scheme.timestamp == TimestampPlace(.field(["X-T"]), .date))
        #expect(settings.tolerance == 60)
    }

    @Test func `pairs stand apart by commas unless the file says other`() throws {
        let settings = try settings(
            "header: X-A, algorithm: hmac-sha256, prefix: v1, pair_separator: \"=\"")
        #expect(
            settings.scheme.signature
                == .pairs("X-A", separator: UInt8(ascii: ","), pairSeparator: UInt8(ascii: "=")))
    }

    @Test func `a token is compared and signs nothing`() throws {
        let settings = try settings("header: X-A, algorithm: token, id: \"json:id\"")
        #expect(settings.scheme.forms == [SignatureForm(.token, .text, .text)])
        #expect(settings.scheme.signed == [.body], "by which a replay is known")
        #expect(settings.scheme.id?.isSigned == false)
    }

    @Test(arguments: [
        ("{body}", "json:id", true), ("{body}", "header:X-Id", false),
        ("{id}{body}", "header:X-Id", true), ("{header:x-id}{body}", "header:X-Id", true),
        ("{header:X-Other}{body}", "header:X-Id", false),
    ])
    func `an id is signed if the template covers it`(
        _ template: String, _ id: String, _ isSigned: Bool
    ) throws {
        let settings = try settings(
            "header: X-A, algorithm: hmac-sha256, signed: \"\(template)\", id: \"\(id)\"")
        #expect(settings.scheme.id?.isSigned == isSigned)
    }

    @Test(arguments: [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "key_encoding: hex"),
        ("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "key_encoding: base64"),
        ("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "encoding: hex"),
    ])
    func `a public key may be written in several ways`(_ key: String, _ keys: String) throws {
        let settings = try settings("header: X-A, algorithm: ed25519, \(keys)", secret: key)
        if case .publicKey = settings.keys[0].material {} else { Issue.record("no public key") }
    }

    @Test func `the URL counts where it is signed`() throws {
        let settings = try settings(
            """
            header: X-A, algorithm: hmac-sha256, encoding: base64, signed: "{method}{url}{body}",
            public_url: "https://a.example"
            """)
        #expect(settings.naming.publicURL == "https://a.example")
    }
}

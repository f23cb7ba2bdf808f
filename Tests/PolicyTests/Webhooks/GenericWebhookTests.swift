import Bytes
import Crypto
import Testing

@testable import Policy

/// Schemes as a configuration describes them, and what no provider of the table has.
@Suite struct GenericWebhookTests {
    private static let secret = "a generic secret"

    private func scheme(
        _ signed: String, _ form: SignatureForm = SignatureForm(.hmac(.sha256), .hex, .text),
        at place: SignaturePlace = .field(["X-Sign"])
    ) throws -> WebhookScheme {
        WebhookScheme(
            forms: [form], signature: place, signed: try SignedPart.parts(of: signed))
    }

    private func code(_ text: String, _ algorithm: DigestAlgorithm = .sha256) -> [UInt8] {
        var digester = Digester()
        let code = digester.authenticate(
            Array(text.utf8).span, by: HMACKey(Array(Self.secret.utf8), algorithm))
        return (0..<code.count).map { code.bytes[$0] }
    }

    private func hex(_ text: String, _ algorithm: DigestAlgorithm = .sha256) -> String {
        appended { buffer in buffer.append(hex: code(text, algorithm).span) }
    }

    private func verifier(
        _ scheme: WebhookScheme, _ change: (inout WebhookSettings) -> Void = { _ in }
    ) throws -> WebhookVerifier {
        var settings = try WebhookSettings.sample(scheme, [Self.secret])
        change(&settings)
        return WebhookVerifier(settings)
    }

    @Test func `each part stands where the template has it`() throws {
        var scheme = try scheme("{method} {url} {ts} {id} {header:X-A} {json:a.b} {body}")
        scheme.timestamp = TimestampPlace(.field(["X-Time"]), .milliseconds)
        scheme.id = EventIDPlace(.field(["X-ID"]), isSigned: true)
        let body = #"{"a": {"b": "caf\u00e9", "c": 1}}"#
        let signed = "PUT http://api.example.com/p?q=1 17 id-1 an a caf\u{e9} \(body)"
        let sample = DeliverySample(
            method: "PUT", target: Array("/p?q=1".utf8), body: Array(body.utf8)
        ).with("X-Time", "17").with("x-id", "id-1").with("X-A", "an a").with("X-SIGN", hex(signed))
        var scratch = WebhookScratch()
        let verifier = try verifier(scheme)
        // What holds the space that is behind it could end elsewhere.
        #expect(sample.ruling(by: verifier, &scratch) == .refused(.partUnreadable))
        scheme.signed[9] = .literal("\n")
        let other = sample.with("X-SIGN", "")
        var good = other
        good.headers.removeLast(2)
        good = good.with(
            "X-Sign", hex(signed.replacing("an a caf", with: "an a\ncaf")))
        scheme = try self.scheme("{method} {url} {ts} {id} {header:X-A}\n{json:a.b} {body}")
        scheme.timestamp = TimestampPlace(.field(["X-Time"]), .milliseconds)
        scheme.id = EventIDPlace(.field(["X-ID"]), isSigned: true)
        #expect(good.ruling(by: try self.verifier(scheme), &scratch) == .verified)
        #expect(scratch.told.id == "id-1" && scratch.told.replay == "i:id-1")
        #expect(
            good.with("X-A", "2").ruling(by: try self.verifier(scheme))
                == .refused(.partRepeated))
    }

    @Test(arguments: [
        (SignatureForm.Encoding.hex, "sha256="), (.base64, ""), (.base64url, "v1."),
    ])
    func `signatures are read in each encoding, behind their mark`(
        _ encoding: SignatureForm.Encoding, _ mark: String
    ) throws {
        let form = SignatureForm(.hmac(.sha512), encoding, .text, mark: mark)
        let verifier = try verifier(scheme("{body}", form))
        var sample = DeliverySample(body: Array("x".utf8))
        let bytes = code("x", .sha512)
        let text = appended { buffer in
            switch encoding {
            case .hex, .text: buffer.append(hex: bytes.span)
            case .base64: Base64.appendText(of: bytes.span, .standard, to: &buffer)
            case .base64url: Base64.appendText(of: bytes.span, .url, to: &buffer)
            }
        }
        func ruling(_ value: String) -> WebhookRuling {
            sample.headers = []
            return sample.with("X-Sign", value).ruling(by: verifier)
        }
        #expect(ruling(mark + text) == .verified)
        #expect(ruling(mark + text + "A") == .refused(.signatureUnreadable))
        #expect(ruling("x" + mark + text) == .refused(.signatureUnreadable))
        #expect(ruling(mark + " ") == .refused(.signatureUnreadable))
        #expect(ruling("") == .refused(.signatureMissing))
        switch encoding {
        case .hex, .text:
            #expect(ruling(mark + text.uppercased()) == .verified)
            let half = text.prefix(64).uppercased() + text.dropFirst(64)
            #expect(ruling(mark + half) == .refused(.signatureUnreadable))
        case .base64: #expect(ruling(text.replacing("=", with: "")) != .verified)
        case .base64url: #expect(ruling(mark + text + "==") == .verified)
        }
    }

    @Test func `a token is compared as it is`() throws {
        var scheme = WebhookScheme(
            forms: [SignatureForm(.token, .text, .text)], signature: .field(["X-Token"]),
            signed: [])
        scheme.id = EventIDPlace(.json([["id"]]), isSigned: false)
        let verifier = try verifier(scheme)
        var scratch = WebhookScratch()
        let sample = DeliverySample(body: Array(#"{"id": 12}"#.utf8))
        #expect(sample.with("X-Token", Self.secret).ruling(by: verifier, &scratch) == .verified)
        #expect(scratch.told.id == "12")
        // Nothing is signed: the body tells one event from another.
        #expect(scratch.told.replay.hasPrefix("d:"))
        let first = scratch.replay
        let other = DeliverySample(body: Array(#"{"id": 13}"#.utf8))
        #expect(other.with("X-Token", Self.secret).ruling(by: verifier, &scratch) == .verified)
        #expect(scratch.replay != first)
        for token in ["a generic secres", "a generic secret x", "A generic secret", "x"] {
            #expect(sample.with("X-Token", token).ruling(by: verifier) == .refused(.signatureWrong))
        }
    }

    @Test func `a URL is the one that the request's sender knows`() throws {
        let scheme = try scheme("{url}")
        func ruling(
            _ signed: String, _ sample: DeliverySample, publicURL: String? = nil
        ) throws -> WebhookRuling {
            let verifier = try verifier(scheme) { $0.naming.publicURL = publicURL }
            return sample.with("X-Sign", hex(signed)).ruling(by: verifier)
        }
        var sample = DeliverySample(target: Array("/a%20b?c=%2f".utf8))
        let rest = "/a%20b?c=%2f"
        for host in ["http://api.example.com", "http://api.example.com:80"] {
            #expect(try ruling(host + rest, sample) == .verified)
        }
        for host in ["https://api.example.com", "http://api.example.com:8080", "http://other"] {
            #expect(try ruling(host + rest, sample) == .refused(.signatureWrong))
        }
        sample.host = Array("[::1]:8443".utf8)
        sample.isSecure = true
        for host in ["https://[::1]:8443", "https://[::1]"] {
            #expect(try ruling(host + rest, sample) == .verified)
        }
        sample.forwardedHost = Array("public.example.com".utf8)
        for host in ["https://public.example.com", "https://public.example.com:443"] {
            #expect(try ruling(host + rest, sample) == .verified)
        }
        for (url, known) in [
            ("http://h", "http://h"), ("http://h/", "http://h:80"), ("https://h/p", "https://h/p"),
            ("https://h/p/", "https://h:443/p"), ("https://h:8443/p/", "https://h:8443/p"),
            ("https://h:8443/p/", "https://h/p"), ("https://[::1]", "https://[::1]:443"),
        ] {
            #expect(try ruling(known + rest, sample, publicURL: url) == .verified, "\(url)")
        }
        sample.forwardedHost = []
        sample.host = []
        #expect(try ruling("http://" + rest, sample) == .refused(.partMissing))
        sample.host = Array("h".utf8)
        sample.target = []
        #expect(try ruling("https://h/", sample) == .verified)
    }

    @Test func `a challenge is sent back to who knows the token`() throws {
        let verifier = try verifier(scheme("{body}")) {
            $0.challenge = ChallengeSettings(
                query: "hub.challenge", tokenQuery: "hub.verify_token", token: Secret("tok en"))
        }
        var scratch = WebhookScratch()
        func ruling(_ target: String, method: String = "GET") -> WebhookRuling? {
            DeliverySample(method: method, target: Array(target.utf8))
                .challenge(verifier, &scratch)
        }
        let good = "/?hub.mode=subscribe&hub.challenge=1158%2b2&hub.verify_token=tok%20en"
        #expect(ruling(good) == .handshake)
        #expect(scratch.told.answer == "1158+2")
        #expect(ruling(good, method: "POST") == nil)
        #expect(ruling("/?a=b") == nil && ruling("/") == nil)
        for (target, refusal) in [
            ("/?hub.challenge=1", WebhookRefusal.challengeUnreadable),
            ("/?hub.verify_token=tok+en", .challengeUnreadable),
            ("/?hub.challenge=1&hub.verify_token=token", .challengeTokenWrong),
            ("/?hub.challenge=1&hub.verify_token=", .challengeTokenWrong),
            (good + "&hub.challenge=2", .challengeUnreadable),
            ("/?hub.challenge=%0d%0a&hub.verify_token=tok+en", .challengeUnreadable),
            ("/?hub.challenge=%zz&hub.verify_token=tok+en", .challengeUnreadable),
            (
                "/?hub.challenge=\(String(repeating: "1", count: 1025))&hub.verify_token=tok+en",
                .challengeUnreadable
            ),
        ] {
            #expect(ruling(target) == .refused(refusal), "\(target)")
            #expect(scratch.told.answer.isEmpty)
        }
    }

    @Test func `an id that says too much is told as nothing, and is known by its digest`() throws {
        var scheme = try scheme("{body}")
        scheme.id = EventIDPlace(.json([["a", "id"], ["id"]]), isSigned: true)
        let verifier = try verifier(scheme)
        var scratch = WebhookScratch()
        func told(_ body: String) -> (id: String, replay: String, answer: String) {
            let sample = DeliverySample(body: Array(body.utf8)).with("X-Sign", hex(body))
            #expect(sample.ruling(by: verifier, &scratch) == .verified, "\(body)")
            return scratch.told
        }
        #expect(told(#"{"a": {"id": "x"}, "id": "y"}"#).replay == "i:x")
        #expect(told(#"{"a": {}, "id": "y_1:2.3-4"}"#).replay == "i:y_1:2.3-4")
        let long = String(repeating: "l", count: 65)
        #expect(told(#"{"id": "\#(long)"}"#).id == long)
        #expect(told(#"{"id": "\#(long)"}"#).replay.count == 66)
        #expect(told(#"{"id": "a b"}"#).id == "")
        #expect(told(#"{"id": "a b"}"#).replay.hasPrefix("i:"))
        for none in [#"{"id": "\u0041"}"#, #"{"id": null}"#, "{}", "", "[1]", #"{"id": "#] {
            #expect(told(none).replay.hasPrefix("d:"))
            #expect(told(none).id.isEmpty)
        }
        let deep = String(repeating: "[", count: 100_000)
        #expect(told(#"{"z": \#(deep), "id": 1}"#).replay.hasPrefix("d:"))
    }
}

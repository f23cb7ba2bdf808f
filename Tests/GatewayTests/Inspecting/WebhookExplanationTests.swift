import Config
import Foundation
import Policy
import Testing

@testable import Gateway

struct WebhookExplanationTests {
    private static let snapshot = Loading.load(
        text: """
            environment: development
            listeners: { public: { bind: "127.0.0.1:8080" } }
            upstreams: { app: { servers: ["127.0.0.1:3000"] } }
            webhooks:
              stripe:
                provider: stripe
                secrets: ["whsec_0f3c9a1d2b4e6f8a"]
                challenge: { query: q, token_query: t, token: "0f3c9a1d2b4e6f8a" }
              token: { provider: gitlab, secrets: ["0f3c9a1d2b4e6f8a"], mode: shadow, replay: off }
              mailgun: { provider: mailgun, secrets: ["0f3c9a1d2b4e6f8a"], replay_ttl: 12h }
            routes:
              - { name: stripe, match: { path: /stripe }, webhook: stripe, upstream: app }
              - { name: token, match: { path: /token }, webhook: token, upstream: app }
              - { name: mailgun, match: { path: /mailgun }, webhook: mailgun, upstream: app }
              - name: guarded
                match: { path: /guarded }
                auth: { bearer: "0f3c9a1d2b4e6f8a" }
                webhook: stripe
                upstream: app
            """, path: "a.yaml", environment: [:]
    ).snapshot

    private func inquiry(_ request: String, _ fields: [String]) -> Inquiry {
        let words = request.split(separator: " ").map(String.init)
        return Inquiry(
            method: words[0], url: "https://a.example" + words[1], fields: fields, client: nil,
            listener: nil, now: 1_760_000_000_000_000_000)
    }

    private func explain(_ request: String, _ fields: [String] = []) throws -> String {
        try Inspection.explain(inquiry(request, fields), by: #require(Self.snapshot))
    }

    private func forecast(_ request: String, _ fields: [String] = []) throws -> Forecast {
        try Inspection.forecast(inquiry(request, fields), by: #require(Self.snapshot))
    }

    private static let signed = "Stripe-Signature: t=1,v1=\(String(repeating: "ab", count: 32))"

    @Test func `a delivery that could be genuine goes to the app`() throws {
        let text = try explain("POST /stripe", [Self.signed, "Apus-Webhook: forged"])
        let section = text.components(separatedBy: "\n\n").first { $0.hasPrefix("webhook\n") }
        #expect(
            section == """
                webhook
                  name          stripe
                  provider      stripe
                  signature     pairs in Stripe-Signature: v1… by hmac-sha256 in hex of {ts}.{body}
                  timestamp     the pair t, off by 5min at most
                  replays       known by json:id, for 3d
                  body          held, up to 1MiB
                  this request  is taken for genuine here: with its body it would be verified
                """)
        #expect(text.contains("\n  Apus-Webhook: provider=stripe; id=\"<id>\"\n"))
        #expect(!text.contains("forged"))
        #expect(try forecast("POST /stripe", [Self.signed]).upstream == "app")
    }

    @Test func `a request without a signature is refused`() throws {
        let text = try explain("POST /stripe")
        #expect(text.contains("\n  this request  is refused: signature_missing\n"))
        #expect(text.contains("\n  HTTP/1.1 401 Unauthorized\n"))
        let forecast = try forecast("POST /stripe")
        #expect(forecast.route == "stripe" && forecast.status == 401 && forecast.upstream == nil)
    }

    @Test func `in shadow mode it passes`() throws {
        let text = try explain("POST /token")
        #expect(text.contains("\n  signature     X-Gitlab-Token: the secret itself\n"))
        #expect(text.contains("\n  replays       pass: replay is off\n"))
        #expect(text.contains("\n  this request  passes, but is logged: signature_missing\n"))
        #expect(!text.contains("Apus-Webhook: "))
        #expect(try forecast("POST /token").upstream == "app")
    }

    @Test func `what only a body tells is taken for granted`() throws {
        let text = try explain("POST /mailgun")
        #expect(text.contains("\n  replays       known by json:signature.token, for 12h\n"))
        #expect(try forecast("POST /mailgun").upstream == "app")
    }

    @Test func `a challenge is answered as it would be`() throws {
        let text = try explain("GET /stripe?q=hello&t=0f3c9a1d2b4e6f8a")
        #expect(
            text.contains("\n  this request  asks whether the address is yours, and is answered"))
        #expect(text.contains("\nbody\n  hello\n"))
        #expect(try forecast("GET /stripe?q=hello&t=0f3c9a1d2b4e6f8a").status == 200)
        #expect(try forecast("GET /stripe?q=hello&t=wrong").status == 401)
    }

    @Test func `auth comes first`() throws {
        let text = try explain("POST /guarded", [Self.signed])
        #expect(text.contains("\n  this request  does not come as far\n"))
        #expect(try forecast("POST /guarded", [Self.signed]).status == 401)
        let bearer = "Authorization: Bearer 0f3c9a1d2b4e6f8a"
        #expect(try forecast("POST /guarded", [Self.signed, bearer]).upstream == "app")
    }
}

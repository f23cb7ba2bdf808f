import Foundation
import Policy
import Testing

@testable import Config

struct WebhooksSectionTests {
    private static let fixtures = sourceRoot.appending(path: "Tests/Fixtures")
    private static let secret = "0f3c9a1d2b4e6f8a"

    /// The settings of the one webhook of a configuration that is otherwise in order.
    private func settings(
        _ webhook: String, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> WebhookSettings {
        let result = load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            upstreams: { app: { servers: ["127.0.0.1:3000"] } }
            webhooks: { hook: { \(webhook) } }
            routes: [ { name: app, webhook: hook, upstream: app } ]
            """, environment: environment)
        #expect(result.problems == [], sourceLocation: sourceLocation)
        let snapshot = try #require(result.snapshot, sourceLocation: sourceLocation)
        #expect(snapshot.routes[0].webhook == 0, sourceLocation: sourceLocation)
        return try #require(snapshot.webhooks.first, sourceLocation: sourceLocation)
    }

    /// What each provider needs besides the defaults.
    private static func keys(of provider: String) -> String {
        switch provider {
        case "standard", "svix": return "secrets: [\"whsec_MGYzYzlhMWQyYjRlNmY4YTBmM2M5YTFk\"]"
        case "discord": return "secrets: [\"\(String(repeating: "d7", count: 31))5a\"]"
        case "sendgrid": return "secrets: [\"${file:\(fixtures.path)/jwt/p256.pem}\"]"
        case "paypal":
            return "webhook_id: 8PT597110X, cert_file: \(fixtures.path)/webhooks/certificate.pem"
        case "generic":
            return "secrets: [\"\(secret)\"], header: X-Signature, algorithm: hmac-sha256"
        default: return "secrets: [\"\(secret)\"]"
        }
    }

    @Test(arguments: WebhookProvider.table.map(\.name) + ["generic"])
    func `every provider has its defaults`(_ name: String) throws {
        let settings = try settings("provider: \(name), \(Self.keys(of: name))")
        #expect(settings.name == "hook" && settings.provider == name)
        #expect(settings.keys.count == 1)
        #expect(settings.bodyBytesMax == 1 << 20 && settings.mode == .enforce)
        #expect(settings.challenge == nil)
        let provider = WebhookProvider.named(name)
        #expect(settings.tolerance == provider?.tolerance)
        if let provider { #expect(settings.scheme == provider.scheme) }
        #expect(
            settings.replay
                == ReplaySettings(
                    secondsKept: provider?.secondsKept ?? 86_400, duplicateWait: .seconds(5)))
    }

    @Test func `there are nineteen providers beside generic`() {
        #expect(Set(WebhookProvider.table.map(\.name)).count == 19)
    }

    @Test func `a webhook has what the file says`() throws {
        let settings = try settings(
            """
            provider: stripe, secrets: ["whsec_0f3c9a1d2b4e6f8a", "whsec_1f3c9a1d2b4e6f8b"],
            tolerance: 1500ms, max_body: 16MiB, replay_ttl: 30d, duplicate_wait: 0s, mode: shadow,
            challenge:
              { query: hub.challenge, token_query: hub.verify_token, token: "\(Self.secret)" }
            """)
        #expect(settings.keys.count == 2)
        #expect(settings.tolerance == 2, "whole seconds, rounded up")
        #expect(settings.bodyBytesMax == 16 << 20 && settings.mode == .shadow)
        #expect(
            settings.replay
                == ReplaySettings(secondsKept: 30 * 86_400, duplicateWait: .zero))
        #expect(
            settings.challenge
                == ChallengeSettings(
                    query: "hub.challenge", tokenQuery: "hub.verify_token",
                    token: Secret(Self.secret)))
    }

    @Test(arguments: [
        "https://api.example.com", "https://api.example.com/", "http://[::1]:8080/a/b",
    ])
    func `the URL that a provider knows stays as it is written`(_ url: String) throws {
        let twilio = try settings(
            "provider: twilio, secrets: [\"\(Self.secret)\"], public_url: \"\(url)\"")
        #expect(twilio.naming.publicURL == url)
    }

    @Test func `Square's URL may have a query`() throws {
        let square = try settings(
            """
            provider: square, secrets: ["\(Self.secret)"], public_url: "https://a.example/hook?a=b"
            """)
        #expect(square.naming.publicURL == "https://a.example/hook?a=b")
    }

    @Test func `secrets keep the text that they were written as, and their files`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data("whsec_0f3c9a1d2b4e6f8a\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = try settings(
            """
            provider: stripe, secrets: ["${A}", "${file:\(file.path)}", "x${file:\(file.path)}$${"]
            """, environment: ["A": "whsec_1f3c9a1d2b4e6f8b"])
        #expect(
            settings.source.written == ["${A}", "${file:\(file.path)}", "x${file:\(file.path)}$${"])
        #expect(settings.source.files == [file.path])
    }

    @Test func `a certificate is known by its file`() throws {
        let settings = try settings("provider: paypal, \(Self.keys(of: "paypal"))")
        #expect(settings.source.written == [])
        #expect(settings.source.files == [Self.fixtures.path + "/webhooks/certificate.pem"])
        #expect(settings.naming.webhookID == "8PT597110X")
        if case .certificate = settings.keys[0].material {} else { Issue.record("no certificate") }
    }

    @Test func `routes may share a webhook, beside auth`() throws {
        let snapshot = try #require(
            load(
                """
                listeners: { public: { bind: "127.0.0.1:8080" } }
                upstreams: { app: { servers: ["127.0.0.1:3000"] } }
                webhooks:
                  a: { provider: github, secrets: ["\(Self.secret)"] }
                  b: { provider: github, secrets: ["\(Self.secret)"] }
                routes:
                  - { name: a, match: { path: /a }, webhook: b, upstream: app }
                  - name: b
                    match: { path: /b }
                    webhook: b
                    auth: { bearer: "\(Self.secret)" }
                    upstream: app
                  - { name: c, match: { path: /c }, webhook: a, upstream: app }
                  - { name: d, upstream: app }
                """
            ).snapshot)
        #expect(snapshot.routes.map(\.webhook) == [1, 1, 0, nil])
        #expect(snapshot.routes[1].auth != nil)
        #expect(snapshot.webhooks.map(\.name) == ["a", "b"])
    }

    @Test func `memory for bodies is 64 MiB unless the file says other`() {
        #expect(load(minimal).snapshot?.limits.heldBytesMax == 64 << 20)
        let snapshot = load(minimal + "limits: { webhooks_memory: 1MiB }").snapshot
        #expect(snapshot?.limits.heldBytesMax == 1 << 20)
    }

    @Test func `public keys are not looked at for being easy to guess`() throws {
        let key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        let settings = try settings("provider: standard, secrets: [\"whpk_\(key)\"]")
        if case .publicKey = settings.keys[0].material {} else { Issue.record("no public key") }
    }
}

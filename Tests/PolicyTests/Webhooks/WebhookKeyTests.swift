import Crypto
import Testing

@testable import Policy

@Suite struct WebhookKeyTests {
    private func problem(_ text: String, _ provider: String) -> WebhookKeyProblem? {
        guard let provider = WebhookProvider.named(provider) else { return nil }
        do throws(WebhookKeyProblem) {
            _ = try WebhookKey(text, for: provider.scheme)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("", "stripe", WebhookKeyProblem.empty), ("", "standard", .empty),
        ("whsec_", "standard", .empty), ("whsec_!", "standard", .notBase64(prefix: "whsec_")),
        ("not base64", "svix", .notBase64(prefix: "")),
        ("whpk_QUJD", "standard", .ed25519Length),
        ("whpk_!", "standard", .notBase64(prefix: "whpk_")), ("zz", "discord", .notHex),
        ("abc", "discord", .notHex), ("abcd", "discord", .ed25519Length),
        ("secret", "sendgrid", .notPublicKey), ("QUJD", "sendgrid", .notPublicKey),
        ("secret", "paypal", .notCertificate),
        ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----", "sendgrid", .privateKey),
        (
            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "sendgrid",
            .kindNotSpoken
        ),
    ])
    func `a text that is no secret is refused for a reason`(
        _ text: String, _ provider: String, _ expected: WebhookKeyProblem
    ) {
        #expect(problem(text, provider) == expected)
    }

    @Test func `prefix and padding may be left out where that says no less`() {
        #expect(problem("whsec_QUJDRA", "standard") == nil)
        #expect(problem("QUJDRA==", "standard") == nil)
        #expect(problem("anything at all", "github") == nil)
    }

    @Test func `GitLab's two kinds of secrets are told apart by their form`() throws {
        let scheme = try #require(WebhookProvider.named("gitlab")).scheme
        let signing = try WebhookKey("whsec_QUJDRA==", for: scheme)
        let token = try WebhookKey("QUJDRA==", for: scheme)
        #expect(signing.form.algorithm == .hmac(.sha256))
        #expect(token.form.algorithm == .token)
    }

    @Test func `Stripe's secret is its text, prefix and all`() throws {
        let scheme = try #require(WebhookProvider.named("stripe")).scheme
        #expect(try WebhookKey("whsec_QUJDRA==", for: scheme).form.keyForm == .text)
    }

    @Test func `no problem is told in the same words as another`() {
        let problems: [WebhookKeyProblem] = [
            .empty, .notHex, .notBase64(prefix: ""), .notBase64(prefix: "a"), .prefixMissing("a"),
            .ed25519Length, .notPublicKey, .notCertificate, .privateKey, .kindNotSpoken,
        ]
        #expect(Set(problems.map(\.reason)).count == problems.count)
    }
}

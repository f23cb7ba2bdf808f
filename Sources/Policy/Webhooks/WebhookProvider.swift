import Crypto

/// A provider whose way of signing is known.
package struct WebhookProvider: Sendable {
    package let name: String
    package let scheme: WebhookScheme
    package let tolerance: Int64?
    package let secondsKept: Int64

    package static let table: [WebhookProvider] = [
        "standard", "svix", "stripe", "github", "gitlab", "slack", "twilio", "shopify", "sendgrid",
        "discord", "square", "paddle", "zoom", "mailgun", "linear", "paypal", "vercel",
        "woocommerce", "webflow",
    ].map(made)

    package static func named(_ name: String) -> WebhookProvider? {
        table.first { $0.name == name }
    }

    private static func made(_ name: String) -> WebhookProvider {
        let keyForm: WebhookKeyForm = name == "paypal" ? .certificate : .text
        let isTimed = !["github", "gitlab", "twilio", "shopify", "square"].contains(name)
        var scheme = WebhookScheme(
            forms: [SignatureForm(.hmac(.sha256), .hex, keyForm)], signature: .field(["X-Sig"]),
            signed: [.body])
        if isTimed { scheme.timestamp = TimestampPlace(.field(["X-Ts"])) }
        if name == "twilio" || name == "square" { scheme.signed = [.url, .body] }
        if name == "paypal" { scheme.signed = [.webhookID, .bodyCRC32] }
        return WebhookProvider(
            name: name, scheme: scheme, tolerance: isTimed ? 300 : nil, secondsKept: 86_400)
    }
}

package enum WebhookKeyProblem: Error, Equatable, Sendable {
    case empty
    package var reason: String { "is empty" }
}

extension WebhookKey {
    package init(_ text: String, for scheme: WebhookScheme) throws(WebhookKeyProblem) {
        guard !text.isEmpty, let form = scheme.forms.first else { throw .empty }
        self.init(material: .token(Secret(text)), form: form)
    }
}

package enum SignedTemplateProblem: Error, Equatable, Sendable {
    case other
    package var reason: String { "is no template" }
}

extension SignedPart {
    package static func parts(of text: String) throws(SignedTemplateProblem) -> [SignedPart] {
        guard text.contains("{body}") else { throw .other }
        return [.body]
    }
}

package final class WebhookVerifier: Sendable {
    package let settings: WebhookSettings
    package init(_ settings: WebhookSettings) { self.settings = settings }
}

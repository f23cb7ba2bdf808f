import Config
import Crypto
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// A worker with webhooks, and a provider that signs as Stripe does.
enum SignedWorld {
    static let secret = "whsec_a_long_secret_of_a_test"

    /// `/hook` and `/other` are the routes of one webhook, `/watch` of one that only tells.
    static func settings(_ own: String = "", keys: String = "", more: String = "") -> String {
        Settings.text(
            connections: 200, timeouts: "body_min_rate: none",
            extra: """
                webhooks:
                  stripe: { provider: stripe, secrets: ["\(secret)"], max_body: 64KiB\(own) }
                  watch: { provider: stripe, secrets: ["\(secret)"], max_body: 4KiB, mode: shadow }
                \(more)
                """
        ).replacing(
            "  - { name: app,",
            with: """
                  - { name: hook, match: { path: /hook }, webhook: stripe\(keys), upstream: app }
                  - { name: watch, match: { path: /watch }, webhook: watch, upstream: app }
                  - { name: app,
                """)
    }

    static func event(_ id: String, _ more: String = "") -> String {
        "{\"id\":\"\(id)\",\"object\":\"event\"\(more)}"
    }

    /// A delivery, signed at the time of the simulation.
    static func delivery(
        _ body: String, to path: String = "/hook", at seconds: Int64, fields: String = "",
        by secret: String = secret
    ) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n"
            + "\(fields)\(signature(of: body, at: seconds, by: secret))\r\n\(body)"
    }

    /// The field with its line end.
    static func signature(
        of body: String, at seconds: Int64, by secret: String = secret
    ) -> String {
        var digester = Digester()
        let code = digester.authenticate(
            Array("\(seconds).\(body)".utf8).span, by: HMACKey(Array(secret.utf8), .sha256))
        let digits = (0..<code.count).map { index in
            let text = String(code.bytes[index], radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return "Stripe-Signature: t=\(seconds),v1=\(digits.joined())\r\n"
    }
}

extension World {
    /// Seconds since 1970 of the simulated wall clock.
    var wallSeconds: Int64 { Int64(worker.transport.wallTime / 1_000_000_000) }

    /// Has a client deliver an event.
    @discardableResult
    func deliver(_ body: String, to path: String = "/hook", fields: String = "") throws -> Client {
        try connect(
            sending: SignedWorld.delivery(body, to: path, at: wallSeconds, fields: fields))
    }

    func verifications(_ result: String, of webhook: String = "stripe") -> Int? {
        metric("apus_webhook_verifications_total{webhook=\"\(webhook)\",result=\"\(result)\"}")
    }
}

import Bytes
import Crypto
package import HTTP

/// Verifies the deliveries of one webhook.
///
/// Compiled once, immutable, shared by all loops; what changes from delivery to delivery is in
/// ``WebhookScratch``. What is wrong is told in a fixed order: what is missing, what is malformed,
/// whose signature is wrong, what is not of now. So only what is genuine is ever called stale.
package final class WebhookVerifier: Sendable {
    package let settings: WebhookSettings
    private let plans: [WebhookPlan]
    private let asking: WebhookChallenge?

    /// Compiles what the settings say.
    package init(_ settings: WebhookSettings) {
        self.settings = settings
        plans = settings.scheme.all.compactMap { WebhookPlan($0, settings) }
        asking = settings.challenge.map(WebhookChallenge.init)
    }

    /// Whether a request is what the provider sent, just now.
    ///
    /// - Parameters:
    ///   - bytes: What the head's ranges are of.
    ///   - body: The whole body as it came, no coding taken off.
    ///   - identity: For the URL that was signed, where the request must tell it.
    ///   - now: Nanoseconds since 1970.
    /// - Complexity: One HMAC of what is signed for each key, two where the URL is signed; one pass
    ///   over a JSON body up to what is looked for.
    package func verify(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, from identity: ClientIdentity, at now: UInt64,
        scratch: inout WebhookScratch
    ) -> WebhookRuling {
        scratch.begin()
        defer { scratch.end() }
        var refusal = WebhookRefusal.signatureMissing
        for plan in plans {
            do throws(WebhookRefusal) {
                let message = try plan.locate(
                    head, in: bytes, body: body, from: identity, scratch: &scratch)
                return try plan.judge(
                    message, in: bytes, body: body, settings, at: now, scratch: &scratch)
            } catch {
                // What lacks the one provider's way of signing was not signed that way.
                if refusal == .signatureMissing { refusal = error }
            }
        }
        return .refused(refusal)
    }

    /// Answers a GET that asks whether the endpoint is the operator's: see ``ChallengeSettings``.
    ///
    /// - Returns: `nil` if the request is none; else a handshake, or why it is refused.
    package func challenge(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        scratch: inout WebhookScratch
    ) -> WebhookRuling? {
        scratch.begin()
        return asking?.answer(head, in: bytes, scratch: &scratch)
    }
}

extension WebhookScratch {
    /// Forgets the delivery before.
    fileprivate mutating func begin() {
        id.removeAll()
        answer.removeAll()
        answerType = "text/plain"
        replay = .none
    }

    /// Gives back what only long bodies need.
    fileprivate mutating func end() {
        if text.capacity > Self.keptBytesMax { text = Buffer() }
        if whole.capacity > Self.keptBytesMax { whole = Buffer() }
        if form.capacity > Self.keptBytesMax { form = Buffer() }
    }
}

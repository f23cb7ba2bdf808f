import Bytes
import Crypto
package import HTTP

/// Verifies the deliveries of one webhook.
///
/// Compiled once, immutable, shared by all loops; what changes from delivery to delivery is in
/// ``WebhookScratch``.
package final class WebhookVerifier: Sendable {
    package let settings: WebhookSettings

    /// Compiles what the settings say.
    package init(_ settings: WebhookSettings) {
        self.settings = settings
    }

    /// Whether a request is what the provider sent, just now.
    ///
    /// - Parameters:
    ///   - bytes: What the head's ranges are of.
    ///   - body: The whole body as it came, no coding taken off.
    ///   - identity: For the URL that was signed, where the request must tell it.
    ///   - now: Nanoseconds since 1970.
    package func verify(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, from identity: ClientIdentity, at now: UInt64,
        scratch: inout WebhookScratch
    ) -> WebhookRuling {
        .refused(.signatureMissing)
    }

    /// Answers a GET that asks whether the endpoint is the operator's: see ``ChallengeSettings``.
    ///
    /// - Returns: `nil` if the request is none; else a handshake, or why it is refused.
    package func challenge(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        scratch: inout WebhookScratch
    ) -> WebhookRuling? {
        nil
    }
}

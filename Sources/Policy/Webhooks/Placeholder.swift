package import Bytes
package import HTTP

package struct WebhookScratch: ~Copyable {
    package var id = Buffer(capacity: 128)
    package var replay = ReplayText.placeholder
    package var answer = Buffer(capacity: 1024)
    package var answerType: StaticString = "text/plain"
    package init() {}
}
extension ReplayText {
    static var placeholder: ReplayText {
        guard let t = ReplayText(Array("d:0".utf8).span) else { preconditionFailure("x") }
        return t
    }
}
package enum WebhookRuling { case verified, handshake, refused(WebhookRefusal) }
package enum WebhookRefusal: UInt8, CaseIterable {
    case missing
    package enum Result { case missing, malformed, badSignature, stale }
    package var result: Result { .missing }
    package var token: StaticString { "signature_missing" }
}
extension WebhookVerifier {
    package func verify(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, from identity: ClientIdentity, at now: UInt64,
        scratch: inout WebhookScratch
    ) -> WebhookRuling { .verified }
    package func challenge(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        scratch: inout WebhookScratch
    ) -> WebhookRuling? { nil }
}

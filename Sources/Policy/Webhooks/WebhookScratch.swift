package import Bytes
import Crypto

/// Storage that verifying reuses from delivery to delivery, and where it leaves what it found; one
/// a loop.
///
/// Nothing is allocated per delivery but room for parts of a body that must be decoded or laid end
/// to end, which is kept up to ``keptBytesMax``.
package struct WebhookScratch: ~Copyable {
    /// The longest id that the app is told.
    package static let idBytesMax = 128
    /// The longest answer to a handshake.
    static let answerBytesMax = 2048
    /// Of a signature that was decoded: one of 8192 bits fits, and whatever form tells that a
    /// longer one is none.
    static let signatureBytesMax = 6200
    static let keptBytesMax = 1 << 17

    /// The event's id as the app is told of it: visible ASCII, at most ``idBytesMax``; empty if
    /// there is none.
    package var id = Buffer(capacity: WebhookScratch.idBytesMax)
    /// What the event is known by; ``ReplayID/none`` if `replay` is off.
    package var replay = ReplayID.none
    /// What a handshake is answered with.
    package var answer = Buffer(capacity: WebhookScratch.answerBytesMax)
    /// What verifying knows, and misses, of certificates that deliveries name.
    package var certificates = CertificateShelf()
    /// Of ``answer``.
    package var answerType: StaticString = "text/plain"

    var digester = Digester()
    var verifier = SignatureVerifier()
    /// A signature, decoded.
    var signature = Buffer(capacity: WebhookScratch.signatureBytesMax)
    /// What is signed and stands nowhere as it is signed: see ``WebhookMessage``.
    var text = Buffer()
    /// All that is signed, end to end, for signatures that must have it so.
    var whole = Buffer()
    /// Parameters of a form, decoded: see `TwilioForm`.
    var form = Buffer()
    var parameters: [TwilioForm.Parameter] = []

    /// Allocates what every delivery uses.
    package init() {}
}

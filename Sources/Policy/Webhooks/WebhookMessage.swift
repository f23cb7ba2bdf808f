import Bytes

/// Where a part of a delivery stands: what it says is nowhere copied.
enum MessagePart: Equatable {
    /// Not looked for, or not there.
    case nowhere
    /// In the bytes of the head.
    case head(ByteRange)
    case body(ByteRange)
    /// In ``WebhookScratch/text``: decoded, or put together.
    case text(ByteRange)
}

/// Where in a delivery stands what is verified, as
/// ``WebhookPlan/locate(_:in:body:from:scratch:)`` finds it.
struct WebhookMessage {
    var signature = MessagePart.nowhere
    var timestamp = MessagePart.nowhere
    var id = MessagePart.nowhere
    /// The URL of the certificate.
    var certificate = MessagePart.nowhere
    /// Of the signed parts, by their places: headers, values of JSON, what is put together.
    var parts = InlineArray<16, MessagePart>(repeating: .nowhere)
    var target = WebhookTarget()
}

/// What of a request's head the URL is made of that was signed.
struct WebhookTarget {
    var method = ByteRange.empty
    var path = ByteRange.empty
    var query = ByteRange.empty
    /// Scheme and authority in ``WebhookScratch/text``, without and with a port.
    var bare = ByteRange.empty
    var ported = ByteRange.empty

    /// Of the two, one way to write the URL.
    func origin(_ writing: Int) -> ByteRange { writing == 0 ? bare : ported }
}

package import Bytes

/// What a server says on a connection that has subscribed to the channels of webhooks' events.
package enum ReplayNews: Sendable, Equatable {
    /// The subscription stands, or the connection does.
    case fine
    /// An event was accepted and is known for so many milliseconds, or is to be forgotten with 0.
    ///
    /// `key` is a range of the tape's text: what the event stands under in Redis.
    case event(key: ByteRange, milliseconds: UInt64)
    /// The server refuses the subscription.
    case refused(StoreError)

    /// Reads the reply of `PSUBSCRIBE` and `PING`, or a message (redis.io, "Redis Pub/Sub").
    ///
    /// - Returns: `nil` for anything else.
    package init?(_ tape: ReplyTape) {
        let items = tape.items
        if items.count == 1, case .error(let range) = items[0] {
            self = .refused(StoreError(tape.text.span.extracting(range.indices)))
            return
        }
        guard items.count >= 3, case .array(items.count - 1) = items[0],
            case .string(let kind) = items[1]
        else { return nil }
        let isMessage = tape.text.span.isEqual(kind, "pmessage")
        if !isMessage, items.count == 4, tape.text.span.isEqual(kind, "psubscribe") {
            self = .fine
        } else if !isMessage, items.count == 3, tape.text.span.isEqual(kind, "pong") {
            self = .fine
        } else if isMessage, items.count == 5, case .string(let key) = items[3],
            case .string(let payload) = items[4]
        {
            // Others may publish there too.
            let milliseconds = tape.text.span.decimal(payload)
            self = milliseconds.map { .event(key: key, milliseconds: $0) } ?? .fine
        } else {
            return nil
        }
    }
}

extension Span where Element == UInt8 {
    /// A number of up to 15 digits, which no sum overflows.
    fileprivate func decimal(_ range: ByteRange) -> UInt64? {
        guard (1...15).contains(range.count) else { return nil }
        var value: UInt64 = 0
        for index in range.indices {
            guard (0x30...0x39).contains(self[index]) else { return nil }
            value = value * 10 + UInt64(self[index] - 0x30)
        }
        return value
    }
}

package import Bytes

/// One value of a reply; texts are ranges of ``ReplyTape/text``.
package enum ReplyItem: Sendable, Equatable {
    case integer(Int64)
    case string(ByteRange)
    case status(ByteRange)
    case error(ByteRange)
    case null
    /// The items that follow it, so many values of its own, are its elements.
    case array(count: Int)
}

/// A reply put down flat, each array before its elements.
package struct ReplyTape: Sendable {
    /// The reply itself first; empty before the first reply.
    package private(set) var items: [ReplyItem] = []
    /// What the texts stand in.
    package private(set) var text: [UInt8] = []
    private let limits: ReplyLimits

    init(_ limits: ReplyLimits) {
        self.limits = limits
        items.reserveCapacity(min(limits.itemCountMax, 32))
        text.reserveCapacity(min(limits.textBytesMax, ReplyLimits.messageBytesMax))
    }

    /// Forgets the reply and keeps its storage.
    mutating func clear() {
        items.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    /// - Returns: Whether there is room for it.
    mutating func append(_ item: ReplyItem) -> Bool {
        guard items.count < limits.itemCountMax else { return false }
        items.append(item)
        return true
    }

    /// - Returns: Whether so many elements may follow.
    mutating func append(arrayOf count: Int) -> Bool {
        guard count <= limits.itemCountMax - items.count else { return false }
        return append(.array(count: count))
    }

    /// Takes a text in; of a status or an error what is worth telling.
    ///
    /// - Returns: Whether there is room for it.
    mutating func append(
        text bytes: borrowing Span<UInt8>, as item: (ByteRange) -> ReplyItem, isMessage: Bool
    ) -> Bool {
        let count = isMessage ? min(bytes.count, ReplyLimits.messageBytesMax) : bytes.count
        guard count <= limits.textBytesMax - text.count else { return false }
        let start = text.count
        for index in 0..<count { text.append(bytes[index]) }
        return append(item(ByteRange(start: start, count: count)))
    }
}

/// How large a reply may be.
package struct ReplyLimits: Sendable, Equatable {
    /// Values, arrays included.
    let itemCountMax: Int
    /// Bytes of all texts together.
    let textBytesMax: Int
    /// Bytes of a value that has not arrived whole.
    let unreadBytesMax: Int

    /// What is kept of a status or an error.
    static let messageBytesMax = 256

    /// For answers to scripts, and to all that a connection begins with.
    package static let call = ReplyLimits(
        itemCountMax: 32, textBytesMax: 1024, unreadBytesMax: 4096)
    /// For what sentinels and clusters tell of themselves: a thousand ranges of slots.
    package static let topology = ReplyLimits(
        itemCountMax: 32_768, textBytesMax: 1 << 20, unreadBytesMax: 65_536)
}

/// Why what a server sends can be read no further.
package enum ReplyProblem: Error, Sendable, Equatable {
    /// It is no RESP.
    case garbled
    /// A reply beyond ``ReplyLimits``.
    case tooLarge
}

import Bytes

/// What an error reply says, by its first word.
package enum StoreError: Sendable, Equatable {
    /// The server does not know the script of this digest.
    case noScript
    /// The slot is another master's for good.
    case moved(Redirection)
    /// The slot is on its way to another master, who knows the key.
    case ask(Redirection)
    case readOnly, loading, masterDown, clusterDown, tryAgain
    case outOfMemory, notSaving
    case authRequired, wrongPassword, noPermission
    /// A script runs for too long.
    case busy
    case tooManyClients
    case other

    /// Reads the text of an error reply.
    package init(_ text: borrowing Span<UInt8>) {
        let message = Self.cause(of: text)
        let word = Self.word(of: text, from: message)
        if text.isEqual(word, "MOVED") || text.isEqual(word, "ASK") {
            guard let to = Redirection(text, from: word.end) else {
                self = .other
                return
            }
            self = text.isEqual(word, "MOVED") ? .moved(to) : .ask(to)
            return
        }
        if let known = Self.words.first(where: { text.isEqual(word, $0.0) }) {
            self = known.1
        } else if text.isEqual(ByteRange(message, text.count), startingWith: "ERR max number of") {
            self = .tooManyClients
        } else {
            self = .other
        }
    }

    private static let words: [(StaticString, StoreError)] = [
        ("NOSCRIPT", .noScript), ("READONLY", .readOnly), ("LOADING", .loading),
        ("MASTERDOWN", .masterDown), ("CLUSTERDOWN", .clusterDown), ("TRYAGAIN", .tryAgain),
        ("OOM", .outOfMemory), ("MISCONF", .notSaving), ("NOREPLICAS", .notSaving),
        ("NOAUTH", .authRequired), ("WRONGPASS", .wrongPassword), ("NOPERM", .noPermission),
        ("BUSY", .busy),
    ]

    /// Where the word begins that names the error.
    ///
    /// Servers before 7 wrap what a script's call was refused with: `ERR Error running script (call
    /// to f_…): @user_script:1: -OOM command not allowed`.
    private static func cause(of text: borrowing Span<UInt8>) -> Int {
        guard
            text.isEqual(ByteRange(0, text.count), startingWith: "ERR Error running script"),
            text.count > 4
        else { return 0 }
        for index in 0..<(text.count - 3)
        where text[index] == 0x3a && text[index + 1] == 0x20 && text[index + 2] == 0x2d {
            return index + 3
        }
        return 0
    }

    private static func word(of text: borrowing Span<UInt8>, from start: Int) -> ByteRange {
        var end = start
        while end < text.count, text[end] != 0x20 { end += 1 }
        return ByteRange(start, end)
    }
}

/// Where a cluster sends a command: `MOVED 3999 10.0.0.3:6379`.
package struct Redirection: Sendable, Equatable {
    /// 0 to 16 383.
    package let slot: UInt16
    /// Its host is empty if it is the one that answered.
    package let server: ServerName

    /// Reads what follows the first word.
    init?(_ text: borrowing Span<UInt8>, from start: Int) {
        guard start < text.count, text[start] == 0x20 else { return nil }
        var index = start + 1
        var slot = 0
        let slotStart = index
        while index < text.count, index - slotStart < 5, (0x30...0x39).contains(text[index]) {
            slot = slot * 10 + Int(text[index] - 0x30)
            index += 1
        }
        guard index > slotStart, index < text.count, text[index] == 0x20,
            slot < HashSlot.count,
            let server = ServerName(hostAndPort: text, ByteRange(index + 1, text.count))
        else { return nil }
        self.slot = UInt16(slot)
        self.server = server
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes of the range are this text.
    func isEqual(_ range: ByteRange, _ text: StaticString) -> Bool {
        range.count == text.utf8CodeUnitCount && isEqual(range, startingWith: text)
    }

    /// Whether the bytes of the range begin with this text.
    fileprivate func isEqual(_ range: ByteRange, startingWith text: StaticString) -> Bool {
        guard range.count >= text.utf8CodeUnitCount, range.end <= count else { return false }
        var index = range.start
        for byte in text.description.utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }
}

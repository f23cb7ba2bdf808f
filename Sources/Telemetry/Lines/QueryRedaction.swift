/// Finds the keys in a query whose values are secrets.
///
/// A key is percent-decoded and taken apart into words at anything but letters, and at the humps of
/// camel case: `access_token`, `accessToken`, `user%5Bpassword%5D` and `X-Amz-Signature` all name
/// one. A text with anything percent-encoded in it is for ``SecretFinder``, which looks closer.
struct QueryRedaction: Sendable {
    private let words = SecretWords()
    /// Hashes of configured keys; a collision hides a value too many.
    private let additional: [UInt64]

    init(additionalKeys: [String]) {
        additional = additionalKeys.map { key in
            var hash = KeyHash()
            for byte in key.utf8 { _ = hash.add(byte) }
            return hash.whole
        }
    }

    /// Where the next secret value begins, or `end`.
    ///
    /// A key begins at `start` and after `&`, `;`, `?`, `#` and `=`, and ends with `=`.
    func nextSecret(in text: borrowing Span<UInt8>, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset < end {
            let key = readKey(in: text, from: offset, to: end)
            guard key.end < end, text[key.end] == 0x3D else {
                offset = key.end &+ 1
                continue
            }
            if key.isSuspect, hides(text.extracting(offset..<key.end)) { return key.end &+ 1 }
            let valueStart = key.end &+ 1
            let valueEnd = endOfPart(in: text, from: valueStart, to: end)
            // What stands before a second `=` may be a key too.
            let isKey = valueEnd < end && text[valueEnd] == 0x3D
            offset = isKey ? valueStart : valueEnd &+ 1
        }
        return end
    }

    /// Reads up to the next `&`, `;`, `?`, `#` or `=`, or `end`, and notices what may name a
    /// secret.
    @inline(__always)
    private func readKey(
        in text: borrowing Span<UInt8>, from start: Int, to end: Int
    ) -> (end: Int, isSuspect: Bool) {
        var isSuspect = !additional.isEmpty
        var letters = 0
        let beginnings = words.beginnings.span
        var offset = start
        while offset < end {
            let byte = text[offset]
            if byte < 64, Self.marks & 1 << UInt64(byte) != 0 {
                if byte != 0x25 { break }
                isSuspect = true
            }
            letters = (letters << 5 | Int(byte & 31)) & 0x7FFF
            if beginnings[letters >> 6] & 1 << UInt64(letters & 63) != 0 { isSuspect = true }
            offset &+= 1
        }
        return (offset, isSuspect)
    }

    /// The next `&`, `;`, `?`, `#` or `=`, or `end`.
    private func endOfPart(in text: borrowing Span<UInt8>, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset < end {
            let byte = text[offset]
            if byte < 64, Self.marks & 1 << UInt64(byte) != 0, byte != 0x25 { break }
            offset &+= 1
        }
        return offset
    }

    /// Bits of `#`, `%`, `&`, `;`, `=` and `?`.
    private static var marks: UInt64 {
        1 << 0x23 | 1 << 0x25 | 1 << 0x26 | 1 << 0x3B | 1 << 0x3D | 1 << 0x3F
    }

    /// Whether the value of this key must not be shown.
    func hides(_ key: borrowing Span<UInt8>) -> Bool {
        var reader = WordReader()
        var hash = KeyHash()
        var isSecret = false
        var offset = 0
        while offset < key.count {
            let (byte, length) = decodedByte(key, at: offset, before: key.count)
            offset &+= length
            // Brackets and points name a member: `user[ssn]` is as secret as `ssn`.
            if hash.add(byte), isConfigured(hash.ended) { isSecret = true }
            if let word = reader.add(byte), words.containsWhole(word) { isSecret = true }
            if words.containsPart(endingIn: reader.word) { isSecret = true }
        }
        if isSecret || words.containsWhole(reader.word) { return true }
        return isConfigured(hash.part) || isConfigured(hash.whole)
    }

    private func isConfigured(_ hash: UInt64) -> Bool {
        !additional.isEmpty && additional.contains(hash)
    }
}

/// The byte that a text means at `offset`, however often it is percent-encoded, and how many bytes
/// of the text that takes.
@inline(__always)
func decodedByte(
    _ text: borrowing Span<UInt8>, at offset: Int, before end: Int
) -> (byte: UInt8, length: Int) {
    let byte = text[offset]
    var next = offset &+ 1
    guard byte == 0x25 else { return (byte, 1) }
    while next &+ 1 < end, let high = hexadecimalValue(text[next]),
        let low = hexadecimalValue(text[next &+ 1])
    {
        next &+= 2
        let value = high << 4 | low
        // An encoded percent sign may be the first of the next encoding.
        if value != 0x25 { return (value, next &- offset) }
    }
    return (byte, next &- offset)
}

/// Hashes of a key's letters and digits without case (FNV-1a): of all, and of the part since the
/// last bracket or point.
private struct KeyHash {
    private(set) var whole = start
    private(set) var part = start
    /// Of the part that the last bracket or point ended.
    private(set) var ended = start

    private static var start: UInt64 { 0xCBF2_9CE4_8422_2325 }

    /// - Returns: Whether a part has ended.
    mutating func add(_ byte: UInt8) -> Bool {
        let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        switch lower {
        // What joins words says nothing: `user_id`, `user-id` and `userId` are one.
        case 0x2D, 0x5F: return false
        case 0x2E, 0x5B, 0x5D:
            (ended, part) = (part, Self.start)
            whole = Self.mixed(whole, lower)
            return true
        default:
            whole = Self.mixed(whole, lower)
            part = Self.mixed(part, lower)
            return false
        }
    }

    private static func mixed(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}

@inline(__always)
private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x41...0x46: byte &- 0x37
    case 0x61...0x66: byte &- 0x57
    default: nil
    }
}

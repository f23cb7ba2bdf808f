import Bytes

/// Finds the secrets in a text that a quick look cannot clear: values behind secret keys and user
/// names in URLs, whatever of it is percent-encoded, and however often.
///
/// It reads what the bytes mean and reports where they stand. A key begins after any mark that
/// could stand before one, and ends with `=`, or with `:` after a quote as in JSON.
struct SecretFinder {
    /// Where a value ends: bits of the bytes below 64 that may follow it in this kind of text.
    ///
    /// A mark counts only as it is: an encoded one belongs to the value.
    struct Ends {
        let bits: UInt64

        /// An ampersand.
        static var query: Ends { Ends(bits: 1 << 0x26) }
        /// An ampersand, a semicolon and a slash.
        static var path: Ends { Ends(bits: 1 << 0x26 | 1 << 0x3B | 1 << 0x2F) }
        /// An ampersand, a semicolon, a closing bracket and a space.
        static var words: Ends { Ends(bits: 1 << 0x26 | 1 << 0x3B | 1 << 0x29 | 1 << 0x20) }
    }

    private let ends: Ends
    private let end: Int
    private var offset: Int
    private var keyStart: Int
    /// The byte before `offset`, decoded.
    private var last: UInt8 = 0

    init(from start: Int, to end: Int, ends: Ends) {
        self.ends = ends
        self.end = end
        offset = start
        keyStart = start
    }

    /// The next part that must not be shown; `nil` if there is no more.
    ///
    /// - Complexity: Each byte is read three times at most, in all calls together.
    mutating func next(
        in text: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction
    ) -> Range<Int>? {
        while offset < end {
            let (byte, length) = decodedByte(text, at: offset, before: end)
            let previous = last
            let place = offset
            offset &+= length
            last = byte
            switch byte {
            case 0x3D:
                if let value = value(in: text, afterKeyUpTo: place, redaction) { return value }
            // `:` after `"` or `'`
            case 0x3A where previous == 0x22 || previous == 0x27:
                if let value = value(in: text, afterKeyUpTo: place, redaction) { return value }
            // `/` after `/`
            case 0x2F:
                keyStart = offset
                if previous == 0x2F, let user = user(in: text) { return user }
            // `&`, `;`, `?`, `#`, `,`, `{`, `(`, space
            case 0x26, 0x3B, 0x3F, 0x23, 0x2C, 0x7B, 0x28, 0x20: keyStart = offset
            default: break
            }
        }
        return nil
    }

    /// The value that begins here, if the key before it names a secret.
    private mutating func value(
        in text: borrowing Span<UInt8>, afterKeyUpTo keyEnd: Int,
        _ redaction: borrowing QueryRedaction
    ) -> Range<Int>? {
        let isSecret = redaction.hides(text.extracting(keyStart..<keyEnd))
        // What stands before a second `=` may be a key too.
        keyStart = offset
        guard isSecret else { return nil }
        let start = offset
        while offset < end {
            let byte = text[offset]
            if byte < 64, ends.bits & 1 << UInt64(byte) != 0 { break }
            offset &+= 1
        }
        last = 0
        return start..<offset
    }

    /// The user's name and password in an authority that begins here.
    private func user(in text: borrowing Span<UInt8>) -> Range<Int>? {
        var place = offset
        var userEnd: Int?
        while place < end {
            let (byte, length) = decodedByte(text, at: place, before: end)
            switch byte {
            // `/`, `?`, `#`, `&`, space, `"`
            case 0x2F, 0x3F, 0x23, 0x26, 0x20, 0x22: place = end
            case 0x40:
                userEnd = place
                place &+= length
            default: place &+= length
            }
        }
        guard let userEnd, userEnd > offset else { return nil }
        return offset..<userEnd
    }
}

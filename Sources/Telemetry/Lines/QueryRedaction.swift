/// Finds the keys in a query whose values are secrets.
///
/// A key is percent-decoded once and taken apart into words at anything but letters, and at the
/// humps of camel case: `access_token`, `accessToken`, `user%5Bpassword%5D` and `X-Amz-Signature`
/// all name one.
struct QueryRedaction: Sendable {
    private let words = SecretWords()
    /// Hashes of configured keys, decoded and in lower case; a collision hides a value too many.
    private let additional: [UInt64]

    init(additionalKeys: [String]) {
        additional = additionalKeys.map { key in
            var hash = KeyHash()
            for byte in key.utf8 { hash.add(byte) }
            return hash.value
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
            let byte = decodedByte(key, &offset)
            hash.add(byte)
            if let word = reader.add(byte), words.containsWhole(word) { isSecret = true }
            if words.containsPart(endingIn: reader.word) { isSecret = true }
        }
        if isSecret || words.containsWhole(reader.word) { return true }
        return !additional.isEmpty && additional.contains(hash.value)
    }

    /// The byte at `offset`, percent-decoded once; moves the offset behind it.
    private func decodedByte(_ text: borrowing Span<UInt8>, _ offset: inout Int) -> UInt8 {
        let byte = text[offset]
        offset &+= 1
        guard byte == 0x25, offset &+ 1 < text.count else { return byte }
        guard let high = hexadecimalValue(text[offset]),
            let low = hexadecimalValue(text[offset &+ 1])
        else { return byte }
        offset &+= 2
        return high << 4 | low
    }
}

/// The last eight letters of a word, in lower case, in one integer: compared at once.
private struct LetterTail {
    var letters: UInt64 = 0
    var count = 0

    var last: UInt8 { UInt8(truncatingIfNeeded: letters) }

    mutating func add(_ letter: UInt8) {
        letters = letters << 8 | UInt64(letter)
        count &+= 1
    }

    mutating func dropLast() {
        letters >>= 8
        count &-= 1
    }
}

/// Takes a key's bytes and gives its words as they end.
private struct WordReader {
    /// The word so far.
    private(set) var word = LetterTail()
    private var lastWasUpper = false

    /// - Returns: The word that ended before this byte, if one did.
    mutating func add(_ byte: UInt8) -> LetterTail? {
        let lower = byte | 0x20
        guard lower >= 0x61, lower <= 0x7A else { return take(startingWith: LetterTail()) }
        let isUpper = byte < 0x61
        defer { lastWasUpper = isUpper }
        var ended: LetterTail?
        if isUpper, !lastWasUpper, word.count > 0 {
            ended = take(startingWith: LetterTail())
        } else if !isUpper, lastWasUpper, word.count > 1 {
            // `APIKey`: the capital before a small letter begins the word that it is in.
            var begun = LetterTail()
            begun.add(word.last)
            word.dropLast()
            ended = take(startingWith: begun)
        }
        word.add(lower)
        return ended
    }

    private mutating func take(startingWith begun: LetterTail) -> LetterTail {
        let ended = word
        word = begun
        return ended
    }
}

/// The words that name secrets.
private struct SecretWords: Sendable {
    /// Secret as whole words only: `key` hides `api_key` but not `keyboard`.
    private let whole: [UInt64]
    /// Secret wherever they stand in a word, with the mask of their length: `sessionid`,
    /// `authtoken`.
    private let parts: [(letters: UInt64, mask: UInt64)]
    /// Last letters of the above, as bits, so that most letters need no more than a look here.
    private let wholeEnds: UInt32
    private let partEnds: UInt32
    /// The first three letters of each word: one bit for each of the 2¹⁵ that five bits a letter
    /// make.
    let beginnings: [UInt64]

    init() {
        // At most eight letters each; a longer word is named by eight of its letters.
        let whole: [StaticString] = [
            "key", "keys", "code", "codes", "sig", "auth", "oauth", "jwt", "otp", "totp", "pin",
            "pwd", "pass", "sid", "sess", "hmac", "bearer", "authcode", "passcode",
        ]
        let parts: [StaticString] = [
            "token", "secret", "passw", "passphra", "signatur", "credenti", "session", "apikey",
            "ccesskey", "ivatekey", "uthoriza",
        ]
        self.whole = whole.map(packed)
        self.parts = parts.map { text in
            (packed(text), UInt64.max >> (64 - 8 * UInt64(text.utf8CodeUnitCount)))
        }
        wholeEnds = self.whole.reduce(0) { $0 | endBit(of: $1) }
        partEnds = self.parts.reduce(0) { $0 | endBit(of: $1.letters) }
        var beginnings = [UInt64](repeating: 0, count: 512)
        for word in whole + parts {
            let three = word.withUTF8Buffer { bytes in
                unsafe bytes.prefix(3).reduce(0) { $0 << 5 | Int($1 & 31) }
            }
            beginnings[three >> 6] |= 1 << UInt64(three & 63)
        }
        self.beginnings = beginnings
    }

    func containsWhole(_ word: LetterTail) -> Bool {
        guard word.count >= 3, word.count <= 8, wholeEnds & endBit(of: word.letters) != 0 else {
            return false
        }
        return whole.contains(word.letters)
    }

    func containsPart(endingIn word: LetterTail) -> Bool {
        guard partEnds & endBit(of: word.letters) != 0 else { return false }
        for part in parts where word.letters & part.mask == part.letters { return true }
        return false
    }
}

/// A hash of a key's bytes, ASCII letters without case (FNV-1a).
private struct KeyHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) {
        let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        value = (value ^ UInt64(lower)) &* 0x100_0000_01B3
    }
}

/// The bit for the last letter; a byte that is no letter shares a bit, which costs a comparison
/// only.
private func endBit(of letters: UInt64) -> UInt32 { 1 << UInt32(letters & 31) }

/// The last eight bytes of a text, the last of them lowest.
private func packed(_ text: StaticString) -> UInt64 {
    text.withUTF8Buffer { bytes in
        unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

private func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x41...0x46: byte &- 0x37
    case 0x61...0x66: byte &- 0x57
    default: nil
    }
}

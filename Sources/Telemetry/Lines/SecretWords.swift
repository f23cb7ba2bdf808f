/// The last eight letters of a word, in lower case, in one integer: compared at once.
struct LetterTail {
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
struct WordReader {
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
struct SecretWords: Sendable {
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
            "pwd", "pass", "sid", "sess", "hmac", "bearer", "authcode", "passcode", "pincode",
            "authkey", "appkey", "passkey", "privkey", "cred", "creds", "mfa", "cvv", "cvc",
        ]
        let parts: [StaticString] = [
            "token", "secret", "passw", "passphra", "signatur", "credenti", "session", "apikey",
            "ccesskey", "ivatekey", "uthoriza", "sessid", "cesscode",
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

/// The bit for the last letter; a byte that is no letter shares a bit, which costs a comparison
/// only.
private func endBit(of letters: UInt64) -> UInt32 { 1 << UInt32(letters & 31) }

/// The last eight bytes of a text, the last of them lowest.
private func packed(_ text: StaticString) -> UInt64 {
    text.withUTF8Buffer { bytes in
        unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

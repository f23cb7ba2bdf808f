import Bytes
import HTTP

extension Field {
    /// Whether the name only looks like the known one: such a line is nobody's word.
    ///
    /// In raw values, as the set operations of another module's type are calls through its
    /// conformance.
    @inline(__always) var isDisguised: Bool {
        traits.rawValue & FieldTraits.disguised.rawValue != 0
    }

    /// Whether the line goes no further than this hop.
    @inline(__always) var isWithheld: Bool {
        let withheld = FieldTraits.disguised.rawValue | FieldTraits.nominated.rawValue
        return traits.rawValue & withheld != 0
    }
}

extension Span<UInt8> {
    /// Whether exactly these bytes stand at `range`.
    func holds(_ expected: borrowing Span<UInt8>, at range: ByteRange) -> Bool {
        guard expected.count == range.count else { return false }
        var offset = 0
        while offset < range.count {
            let difference = word(at: range.start &+ offset) ^ expected.word(at: offset)
            guard Word.start(of: difference, range.count &- offset) == 0 else { return false }
            offset &+= 8
        }
        return true
    }

    /// Whether exactly this ASCII text stands at `range`.
    func holds(_ text: StaticString, at range: ByteRange) -> Bool {
        range.count == text.utf8CodeUnitCount && begins(with: text, at: range)
    }

    /// Whether what stands at `range` begins with this ASCII text.
    func begins(with text: StaticString, at range: ByteRange) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count >= count else { return false }
        var offset = 0
        while offset < count {
            let rest = count &- offset
            let difference = word(at: range.start &+ offset) ^ Word.of(text, from: offset)
            guard Word.start(of: difference, rest) == 0 else { return false }
            offset &+= 8
        }
        return true
    }

    /// Whether these bytes stand at `range` in any mixture of ASCII cases.
    ///
    /// - Parameter expected: In lower case.
    func holdsFolded(_ expected: borrowing Span<UInt8>, at range: ByteRange) -> Bool {
        guard expected.count == range.count else { return false }
        var offset = 0
        while offset < range.count {
            let lowered = Word.lowered(word(at: range.start &+ offset))
            let difference = lowered ^ expected.word(at: offset)
            guard Word.start(of: difference, range.count &- offset) == 0 else { return false }
            offset &+= 8
        }
        return true
    }

    /// Whether this ASCII text stands at `range` in any mixture of cases.
    ///
    /// - Parameter text: In lower case.
    func holdsFolded(_ text: StaticString, at range: ByteRange) -> Bool {
        range.count == text.utf8CodeUnitCount && beginsFolded(text, at: range)
    }

    /// Whether what stands at `range` begins with this ASCII text in any mixture of cases.
    ///
    /// - Parameter text: In lower case.
    func beginsFolded(_ text: StaticString, at range: ByteRange) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count >= count else { return false }
        var offset = 0
        while offset < count {
            let lowered = Word.lowered(word(at: range.start &+ offset))
            let difference = lowered ^ Word.of(text, from: offset)
            guard Word.start(of: difference, count &- offset) == 0 else { return false }
            offset &+= 8
        }
        return true
    }

    /// Whether every byte at `range` is of a set.
    ///
    /// - Parameter set: Has all of `a-z 0-9 - .`, which are told eight at a time.
    func holdsOnly(_ set: ByteSet, in range: ByteRange) -> Bool {
        var place = range.start
        while place < range.end {
            let count = min(8, range.end &- place)
            let word = Word.start(of: word(at: place), count)
            let padding = Word.repeating(0x61) & ~Word.start(of: .max, count)
            let undotted = Word.replacing(0x2e, with: 0x2d, in: word | padding)
            if !Word.isLowerCaseName(undotted) {
                for index in place..<place &+ count where !set.contains(self[index]) {
                    return false
                }
            }
            place &+= 8
        }
        return true
    }

    /// Where a byte first stands in `range`; its end if it does not.
    func first(_ byte: UInt8, in range: ByteRange) -> Int {
        var place = range.start
        while place < range.end {
            let marks = Word.marks(of: byte, in: word(at: place))
            if marks != 0 { return min(place &+ Word.firstMark(marks), range.end) }
            place &+= 8
        }
        return range.end
    }

    /// Where a byte, which is not 0, last stands in `range`; `nil` if it does not.
    func last(_ byte: UInt8, in range: ByteRange) -> Int? {
        var end = range.end
        while end > range.start {
            let start = Swift.max(range.start, end &- 8)
            let word = Word.start(of: word(at: start), end &- start)
            let marks = Word.allMarks(of: byte, in: word)
            if marks != 0 { return start &+ 7 &- marks.leadingZeroBitCount >> 3 }
            end = start
        }
        return nil
    }

    /// `range` without the spaces and tabs at its ends (`OWS` of RFC 9110 §5.6.3).
    func trimmed(_ range: ByteRange) -> ByteRange {
        var start = range.start
        var end = range.end
        while start < end, ASCIIByte.isBlank(self[start]) { start += 1 }
        while end > start, ASCIIByte.isBlank(self[end - 1]) { end -= 1 }
        return ByteRange(start, end)
    }
}

extension Word {
    /// The first `byteCount` bytes of a word, zeros behind them; all of it from 8 on.
    @inline(__always) static func start(of word: UInt64, _ byteCount: Int) -> UInt64 {
        byteCount < 8 ? prefix(word, byteCount) : word
    }

    /// The word with its ASCII capitals in lower case and every other byte as it is.
    @inline(__always) static func lowered(_ word: UInt64) -> UInt64 {
        // Bit 7 after each sum: the low seven bits are at least, or above, a bound. No sum leaves
        // its byte.
        let bits = word & repeating(0x7f)
        let isFromA = bits &+ repeating(0x80 - 0x41)
        let isBeyondZ = bits &+ repeating(0x80 - 0x5b)
        return word | (isFromA & ~isBeyondZ & ~word & repeating(0x80)) >> 2
    }
}

/// The few facts of ASCII that matching needs.
enum ASCIIByte {
    static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The value of a hexadecimal digit, 0 to 15.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    static func decimalDigit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        return digit < 10 ? digit : nil
    }
}

import Bytes

/// Character classes of RFC 9110 §5.6 and RFC 3986 §2, and comparisons with literals.
enum Grammar {
    static let crlf: UInt16 = 0x0a0d
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let colon: UInt8 = 0x3a

    /// `tchar`: letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 §5.6.2).
    static var token: ByteSet { ByteSet(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe) }

    /// What a host's name is made of here: `unreserved` of RFC 3986 §2.3.
    ///
    /// A `reg-name` may also hold `sub-delims` and percent-encoding; no name in use does, and
    /// readers differ on both.
    static var host: ByteSet { ByteSet(low: 0x03ff_6000_0000_0000, high: 0x47ff_fffe_87ff_fffe) }

    static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// 0 to 15, or `nil` for what is no hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    /// Whether a run of bytes, not empty, is a token.
    static func isToken(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard !range.isEmpty else { return false }
        for index in range.indices where !token.contains(bytes[index]) { return false }
        return true
    }

    /// The range without the white space around it (OWS, RFC 9110 §5.6.3).
    static func trimmed(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int) -> ByteRange {
        var first = start
        var last = end
        while first < last, isSpace(bytes[first]) { first &+= 1 }
        while first < last, isSpace(bytes[last &- 1]) { last &-= 1 }
        return ByteRange(first, last)
    }

    /// Whether a run of bytes is `literal`, 1 to 16 bytes in lower case, whatever its own case.
    @inline(__always)
    static func matches(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange, _ literal: StaticString
    ) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard range.count == count else { return false }
        let first = bytes.word(at: range.start)
        if count < 8 { return Word.lowerCased(Word.prefix(first, count)) == Word.of(literal) }
        guard Word.lowerCased(first) == Word.of(literal) else { return false }
        guard count > 8 else { return true }
        let second = Word.padded(bytes.word(at: range.start &+ 8), count &- 8)
        return Word.lowerCased(second) == Word.padded(Word.of(literal, from: 8), count &- 8)
    }
}

/// The elements of a comma-separated list (RFC 9110 §5.6.1), trimmed; empty ones come as empty
/// ranges.
///
/// For lists of tokens: a comma within quotes separates too.
struct ListElements {
    private var offset: Int
    private let end: Int

    init(_ value: ByteRange) {
        offset = value.start
        end = value.end
    }

    /// - Returns: The next element, or `nil` behind the last one.
    mutating func next(_ bytes: borrowing Span<UInt8>) -> ByteRange? {
        guard offset <= end else { return nil }
        var comma = offset
        while comma < end, bytes[comma] != 0x2c { comma &+= 1 }
        let element = Grammar.trimmed(bytes, offset, comma)
        offset = comma &+ 1
        return element
    }
}

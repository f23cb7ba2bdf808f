import Bytes

/// What of a path lets two readers read it in two ways.
///
/// A path with nothing of it is its own
/// reading.
struct PathShape: OptionSet, Sendable {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// An escape of a byte that has no other spelling in a path (RFC 3986 §3.3), such as `%20`:
    /// every reader takes it for that byte or for nothing else.
    static let plainEscape = PathShape(rawValue: 1)
    /// An escape of a byte that could have been sent as it is, of a backslash, or of `%` itself.
    static let hiddenByte = PathShape(rawValue: 2)
    /// A segment that is `.` or `..`, be it spelt with escapes.
    static let dotSegment = PathShape(rawValue: 4)
    /// `//`, `\` or `;`, which some apps merge, take for a slash, or cut off with what follows.
    static let laxity = PathShape(rawValue: 8)

    /// Whether a path has nothing of a shape and no escape, told eight bytes at a time.
    ///
    /// - Parameter range: Begins with a slash. Without raw NUL, which no target has.
    /// - Returns: `true` for most paths; for some others `false` as well, whose shape is empty all
    ///   the same.
    @inline(__always) static func isPlain(_ bytes: borrowing Span<UInt8>, _ range: ByteRange)
        -> Bool
    {
        // In a word of ASCII, subtracting 1 from every byte sets bit 7 of those that are 0, and of
        // one of 1 above such a byte, which here is a dot behind a slash or beside another oddity.
        // Other bytes than ASCII may set it as well: they only take the longer way.
        let ones = Word.repeating(1)
        var slashBefore: UInt64 = 0
        var place = range.start
        while place < range.end {
            let word = Word.start(of: bytes.word(at: place), range.end &- place)
            let slashes = (word ^ Word.repeating(0x2f)) &- ones
            // A dot is one bit below the slash.
            let dotsOrSlashes = ((word | ones) ^ Word.repeating(0x2f)) &- ones
            let odd =
                ((word ^ Word.repeating(0x25)) &- ones) | ((word ^ Word.repeating(0x3b)) &- ones)
                | ((word ^ Word.repeating(0x5c)) &- ones)
                | ((slashes << 8 | slashBefore) & dotsOrSlashes)
            if odd & Word.repeating(0x80) != 0 { return false }
            slashBefore = slashes >> 56
            place &+= 8
        }
        return true
    }

    /// One pass over the path.
    ///
    /// - Parameter range: Begins with a slash.
    /// - Throws: `.badEscape`, `.nulInPath`.
    init(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) throws(PathProblem) {
        self = []
        var index = range.start
        // Dots since the last slash, or 3 once the segment cannot be a dot-segment.
        var dots = 3
        while index < range.end {
            var byte = bytes[index]
            index += 1
            if byte == 0x25 {
                byte = try PathEscape.decoded(bytes, index, end: range.end)
                insert(PathEscape.hasOtherSpelling(byte) ? .hiddenByte : .plainEscape)
                index += 2
            }
            switch byte {
            case 0x2f, 0x5c:
                if dots == 0 || byte == 0x5c { insert(.laxity) }
                if dots == 1 || dots == 2 { insert(.dotSegment) }
                dots = 0
            case 0x2e: dots = min(dots + 1, 3)
            case 0x3b:
                // `..;x` is a dot-segment to whoever cuts the parameter off.
                insert(.laxity)
                dots = 3
            case 0: throw .nulInPath
            default: dots = 3
            }
        }
        if dots == 1 || dots == 2 { insert(.dotSegment) }
    }
}

/// Why a path has no reading; each is answered 400.
enum PathProblem: Error {
    case badEscape, nulInPath, aboveRoot

    var reason: RefusalReason {
        switch self {
        case .badEscape: .badEscape
        case .nulInPath: .nulInPath
        case .aboveRoot: .pathAboveRoot
        }
    }
}

/// Percent-encoding in paths (RFC 3986 §2.1).
enum PathEscape {
    /// The byte that the two digits at `index` stand for; they must lie before `end`.
    static func decoded(
        _ bytes: borrowing Span<UInt8>, _ index: Int, end: Int
    ) throws(PathProblem) -> UInt8 {
        guard index + 2 <= end, let high = ASCIIByte.hexDigit(bytes[index]),
            let low = ASCIIByte.hexDigit(bytes[index + 1])
        else { throw .badEscape }
        return high << 4 | low
    }

    /// Whether the byte may stand in a path without an escape, or must be taken for such a byte.
    ///
    /// `pchar` and the slash (RFC 3986 §3.3) may. `%` and the backslash count as well: an escape
    /// hides them from some readers and not from others.
    static func hasOtherSpelling(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x24...0x3b, 0x3d, 0x40...0x5a, 0x5c, 0x5f, 0x61...0x7a, 0x7e: true
        default: false
        }
    }
}

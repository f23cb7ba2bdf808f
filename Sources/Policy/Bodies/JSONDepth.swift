import Bytes

/// Counts how deep the brackets of a JSON text are nested while it passes in pieces.
///
/// No validator: it knows strings, and which bytes can stand outside of them, so that no reader
/// finds brackets where this one saw a string. Comments, single quotes and raw control characters,
/// which lenient readers take, are refused for that reason. NUL is as well: texts in UTF-16 and
/// UTF-32 have it in every bracket.
///
/// - Size: 8 bytes; nothing is kept of the text.
struct JSONDepth {
    private enum Place: UInt8 { case outside, inString, escaped }

    private let depthMax: UInt16
    private var depth: UInt16 = 0
    private var place = Place.outside
    /// Bytes at the start that may be, and so far were, those of a byte order mark; 3 once one
    /// cannot come any more.
    private var markCount: UInt8 = 0

    init(depthMax: UInt16) { self.depthMax = depthMax }

    /// Reads on.
    ///
    /// - Throws: ``RefusalReason/jsonTooDeep``, or ``RefusalReason/jsonMalformed`` for a text whose
    ///   strings could be found elsewhere.
    mutating func read(_ bytes: borrowing Span<UInt8>) throws(RefusalReason) {
        var offset = 0
        while offset < bytes.count {
            switch place {
            case .outside:
                try readOutside(bytes[offset])
                offset &+= 1
            case .inString:
                offset = try readString(bytes, from: offset)
            case .escaped:
                guard bytes[offset] >= 0x20 else { throw .jsonMalformed }
                place = .inString
                offset &+= 1
            }
        }
    }

    private mutating func readOutside(_ byte: UInt8) throws(RefusalReason) {
        if markCount < 3 {
            guard !isMark(byte) else { return }
        }
        switch byte {
        case 0x22: place = .inString
        case 0x5b, 0x7b:
            guard depth < depthMax else { throw .jsonTooDeep }
            depth &+= 1
        case 0x5d, 0x7d:
            guard depth > 0 else { throw .jsonMalformed }
            depth &-= 1
        default:
            guard Self.others.contains(byte) else { throw .jsonMalformed }
        }
    }

    /// Whether the byte belongs to a byte order mark, which readers may pass over (RFC 8259 §8.1).
    private mutating func isMark(_ byte: UInt8) -> Bool {
        let mark: UInt8 = markCount == 0 ? 0xef : markCount == 1 ? 0xbb : 0xbf
        guard byte == mark else {
            // A part of a mark is not undone: what follows it here cannot stand outside a string.
            markCount = 3
            return false
        }
        markCount &+= 1
        return true
    }

    /// Reads up to what ends or interrupts the string.
    private mutating func readString(
        _ bytes: borrowing Span<UInt8>, from start: Int
    ) throws(RefusalReason) -> Int {
        var offset = start
        while offset < bytes.count {
            let word = bytes.word(at: offset)
            // The zeros behind the end are marked as well, which the comparison below sorts out.
            let marks =
                Word.marks(of: 0x22, in: word) | Word.marks(of: 0x5c, in: word)
                | Word.marks(below: 0x20, in: word)
            offset &+= Word.firstMark(marks)
            guard marks != 0, offset < bytes.count else { continue }
            switch bytes[offset] {
            case 0x22: place = .outside
            case 0x5c: place = .escaped
            default: throw .jsonMalformed
            }
            return offset &+ 1
        }
        return bytes.count
    }

    /// White space, separators, and what numbers and words are made of: letters too, as many
    /// writers know `NaN` and `Infinity`.
    private static let others = ByteSet(
        " \t\r\n,:+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

import Bytes

/// Reads signatures as they are sent.
enum SignatureText {
    /// Appends the bytes that a text stands for.
    ///
    /// There is one text for each run of bytes, but for hexadecimal in capitals throughout: no
    /// character can be another one and the signature the same.
    ///
    /// - Returns: `false` if it is no such text, or longer than the buffer.
    static func append(
        _ range: ByteRange, of bytes: borrowing Span<UInt8>, _ encoding: SignatureForm.Encoding,
        to buffer: inout Buffer
    ) -> Bool {
        switch encoding {
        case .hex: return appendHex(range, of: bytes, to: &buffer)
        case .base64: return Base64.append(bytes, range, .standard, to: &buffer)
        case .base64url:
            var end = range.end
            // Padding, if there is any, fills up the last group.
            if range.count % 4 == 0 {
                while end > range.start, range.end &- end < 2, bytes[end &- 1] == 0x3d { end &-= 1 }
            }
            return Base64.append(bytes, ByteRange(range.start, end), .url, to: &buffer)
        case .text:
            guard range.count <= buffer.room else { return false }
            buffer.append(bytes, range)
            return true
        }
    }

    private static func appendHex(
        _ range: ByteRange, of bytes: borrowing Span<UInt8>, to buffer: inout Buffer
    ) -> Bool {
        guard range.count % 2 == 0, range.count / 2 <= buffer.room else { return false }
        var isSmall = true
        var isCapital = true
        var place = range.start
        while place < range.end {
            // Eight digits at once; zeros fill up the last ones.
            let count = min(8, range.end &- place)
            let padding = Word.repeating(0x30) & ~Word.start(of: .max, count)
            let word = Word.start(of: bytes.word(at: place), count) | padding
            let nibbles = (word & 0x0f0f_0f0f_0f0f_0f0f) &+ (word &>> 6 & ones) &* 9
            // The text that stands for these values is the one that was sent, or it is none. A byte
            // that is no digit may carry into the next one, and is unequal by itself.
            let letters = (nibbles &+ Word.repeating(6)) &>> 4 & ones
            let digits = nibbles &+ Word.repeating(0x30)
            isSmall = isSmall && digits &+ letters &* 39 == word
            isCapital = isCapital && digits &+ letters &* 7 == word
            var packed = (nibbles &<< 4 | nibbles &>> 8) & 0x00ff_00ff_00ff_00ff
            packed = (packed | packed &>> 8) & 0x0000_ffff_0000_ffff
            buffer.append(packed | packed &>> 16, bytes: count / 2)
            place &+= 8
        }
        return isSmall || isCapital
    }

    @inline(__always) private static var ones: UInt64 { Word.repeating(1) }
}

/// Goes through the signatures of a request, those of one form.
struct SignatureList {
    private var place: Int
    private let end: Int
    private let separator: UInt8?
    private let pairSeparator: UInt8?

    /// - Parameter range: All of the field's value.
    init(_ source: SignaturePlace, _ range: ByteRange) {
        place = range.start
        end = range.end
        switch source {
        case .field, .json: (separator, pairSeparator) = (nil, nil)
        case .list(_, let separator): (self.separator, pairSeparator) = (separator, nil)
        case .pairs(_, let separator, let pairs):
            (self.separator, pairSeparator) = (separator, pairs)
        }
    }

    /// The next one that is marked so, without its mark; others are passed over.
    mutating func next(
        marked mark: borrowing Span<UInt8>, in bytes: borrowing Span<UInt8>
    ) -> ByteRange? {
        while place < end {
            var stop = end
            if let separator { stop = bytes.first(separator, in: ByteRange(place, end)) }
            let entry = bytes.trimmed(ByteRange(place, stop))
            place = stop &+ 1
            if entry.isEmpty { continue }
            if let pairSeparator {
                let middle = bytes.first(pairSeparator, in: entry)
                guard middle < entry.end, bytes.holds(mark, at: ByteRange(entry.start, middle))
                else { continue }
                return ByteRange(middle &+ 1, entry.end)
            }
            let start = entry.start &+ mark.count
            guard start <= entry.end, bytes.holds(mark, at: ByteRange(entry.start, start)) else {
                continue
            }
            return ByteRange(start, entry.end)
        }
        return nil
    }
}

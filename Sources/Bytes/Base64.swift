/// Base64 (RFC 4648), decoded strictly: one text for each run of bytes.
///
/// White space, characters of the other alphabet and bits that nothing is read from are refused. A
/// text that several readers decode differently could be signed as one and read as the other.
package enum Base64 {
    /// Which 64 characters, and whether `=` fills up the last group.
    package enum Alphabet: Sendable {
        /// RFC 4648 §4, padded to whole groups of four.
        case standard
        /// RFC 4648 §5, without padding, as JOSE has it (RFC 7515 §2).
        case url
    }

    /// Appends the bytes that a text stands for.
    ///
    /// - Returns: `false` if it is no such text, or its bytes do not fit; what was appended until
    ///   then is then of no use.
    package static func append(
        _ text: borrowing Span<UInt8>, _ range: ByteRange, _ alphabet: Alphabet,
        to output: inout Buffer
    ) -> Bool {
        var end = range.end
        if case .standard = alphabet {
            guard range.count % 4 == 0 else { return false }
            var paddings = 0
            while paddings < 2, end > range.start, text[end &- 1] == 0x3d {
                end &-= 1
                paddings &+= 1
            }
        }
        guard (end &- range.start) % 4 != 1 else { return false }
        guard (end &- range.start) / 4 * 3 + 2 <= output.room else { return false }
        let table = alphabet.isURL ? urlValues : standardValues
        let values = table.span
        var place = range.start
        while place &+ 4 <= end {
            let first = UInt32(values[Int(text[place])])
            let second = UInt32(values[Int(text[place &+ 1])])
            let third = UInt32(values[Int(text[place &+ 2])])
            let fourth = UInt32(values[Int(text[place &+ 3])])
            guard first | second | third | fourth < 64 else { return false }
            let bits = first &<< 18 | second &<< 12 | third &<< 6 | fourth
            let bytes = bits &>> 16 & 0xff | bits & 0xff00 | (bits & 0xff) &<< 16
            output.append(UInt64(bytes), bytes: 3)
            place &+= 4
        }
        return appendLast(text, place, end, values, to: &output)
    }

    /// Two or three characters, of whose last one some bits are unused: they must be 0.
    private static func appendLast(
        _ text: borrowing Span<UInt8>, _ place: Int, _ end: Int,
        _ values: borrowing Span<UInt8>, to output: inout Buffer
    ) -> Bool {
        guard place < end else { return true }
        let first = values[Int(text[place])]
        let second = values[Int(text[place &+ 1])]
        guard first | second < 64 else { return false }
        output.append(first &<< 2 | second &>> 4)
        guard place &+ 2 < end else { return second & 0x0f == 0 }
        let third = values[Int(text[place &+ 2])]
        guard third < 64, third & 0x03 == 0 else { return false }
        output.append(second &<< 4 | third &>> 2)
        return true
    }

    /// The bytes that a text stands for; `nil` if it is none.
    ///
    /// Allocates.
    package static func decoded(_ text: [UInt8], _ alphabet: Alphabet) -> [UInt8]? {
        var output = Buffer(capacity: text.count / 4 * 3 + 8)
        guard append(text.span, ByteRange(0, text.count), alphabet, to: &output) else {
            return nil
        }
        return output.copy()
    }

    /// Appends the text that stands for some bytes.
    package static func appendText(
        of bytes: borrowing Span<UInt8>, _ alphabet: Alphabet, to output: inout Buffer
    ) {
        let characters = alphabet.isURL ? urlCharacters : standardCharacters
        var place = 0
        while place < bytes.count {
            let count = min(3, bytes.count &- place)
            var bits = UInt32(bytes[place]) &<< 16
            if count > 1 { bits |= UInt32(bytes[place &+ 1]) &<< 8 }
            if count > 2 { bits |= UInt32(bytes[place &+ 2]) }
            for index in 0...count {
                output.append(characters[Int(bits &>> UInt32(18 &- 6 &* index) & 63)])
            }
            if !alphabet.isURL { for _ in count..<3 { output.append(0x3d) } }
            place &+= 3
        }
    }

    private static let urlCharacters = characters(lastTwo: "-_")
    private static let standardCharacters = characters(lastTwo: "+/")

    private static func characters(lastTwo: String) -> [UInt8] {
        let others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return Array((others + lastTwo).utf8)
    }

    private static let standardValues = values(of: "+/")
    private static let urlValues = values(of: "-_")

    /// The value of each character, 0xff for one that is not of the alphabet.
    private static func values(of lastTwo: String) -> [UInt8] {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in characters(lastTwo: lastTwo).enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }
}

extension Base64.Alphabet {
    fileprivate var isURL: Bool { if case .url = self { true } else { false } }
}

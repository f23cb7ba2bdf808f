import Bytes

/// Parameters as forms and queries have them: `name=value&name=value`, percent-encoded, a `+` being
/// a space (application/x-www-form-urlencoded of the URL standard).
enum FormText {
    /// Where the parameter of a name has its value, encoded; empty for one without `=`.
    ///
    /// - Parameter name: Decoded.
    /// - Returns: `nil` if no parameter has the name, or several have: of these, readers take
    ///   either, so that a client could have one counted and another one meant.
    static func value(
        of name: [UInt8], in bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) -> ByteRange? {
        var found: ByteRange?
        var place = range.start
        while place < range.end {
            let end = bytes.first(0x26, in: ByteRange(place, range.end))
            let equals = bytes.first(0x3d, in: ByteRange(place, end))
            if isName(name, bytes, ByteRange(place, equals)) {
                guard found == nil else { return nil }
                found = ByteRange(min(equals &+ 1, end), end)
            }
            place = end &+ 1
        }
        return found
    }

    /// Appends what stands encoded.
    ///
    /// - Returns: `false` for a `%` without two hexadecimal digits.
    static func append(
        _ range: ByteRange, of bytes: borrowing Span<UInt8>, to value: inout LimitKeyValue
    ) -> Bool {
        var reader = FormBytes(range)
        while let byte = reader.next(in: bytes) { value.append(byte) }
        return !reader.isMalformed
    }

    /// The same into a buffer; one without room notes it.
    static func append(
        _ range: ByteRange, of bytes: borrowing Span<UInt8>, to buffer: inout Buffer
    ) -> Bool {
        var reader = FormBytes(range)
        while let byte = reader.next(in: bytes) { buffer.append(byte) }
        return !reader.isMalformed
    }

    private static func isName(
        _ name: [UInt8], _ bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) -> Bool {
        guard range.count >= name.count else { return false }
        var reader = FormBytes(range)
        var index = 0
        while let byte = reader.next(in: bytes) {
            guard index < name.count, name[index] == byte else { return false }
            index &+= 1
        }
        return index == name.count && !reader.isMalformed
    }
}

/// The bytes that an encoded text stands for, one by one.
struct FormBytes {
    private var offset: Int
    private let end: Int
    /// Whether an escape was none, which is where the reading ended.
    private(set) var isMalformed = false

    init(_ range: ByteRange) {
        offset = range.start
        end = range.end
    }

    mutating func next(in bytes: borrowing Span<UInt8>) -> UInt8? {
        guard offset < end, !isMalformed else { return nil }
        let byte = bytes[offset]
        offset &+= 1
        guard byte == 0x25 else { return byte == 0x2b ? 0x20 : byte }
        guard end &- offset >= 2, let high = ASCIIByte.hexDigit(bytes[offset]),
            let low = ASCIIByte.hexDigit(bytes[offset &+ 1])
        else {
            isMalformed = true
            return nil
        }
        offset &+= 2
        return high &<< 4 | low
    }
}

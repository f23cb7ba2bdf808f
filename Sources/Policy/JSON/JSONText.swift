package import Bytes

/// A string of JSON where it stands, escapes and all.
package struct JSONText: Sendable, Equatable {
    /// Between the quotes.
    package let range: ByteRange
    package let hasEscapes: Bool

    /// Whether it stands for exactly these bytes.
    package func equals(
        _ expected: borrowing Span<UInt8>, in bytes: borrowing Span<UInt8>
    ) -> Bool {
        guard hasEscapes else { return bytes.holds(expected, at: range) }
        var decoded = JSONTextBytes(range)
        var index = 0
        while let byte = decoded.next(in: bytes) {
            guard index < expected.count, expected[index] == byte else { return false }
            index &+= 1
        }
        return index == expected.count
    }

    /// Whether both stand for the same bytes, however they are spelt.
    package func equals(_ other: JSONText, in bytes: borrowing Span<UInt8>) -> Bool {
        var left = JSONTextBytes(range)
        var right = JSONTextBytes(other.range)
        while true {
            let byte = left.next(in: bytes)
            guard byte == right.next(in: bytes) else { return false }
            if byte == nil { return true }
        }
    }

    /// Appends what it stands for, in UTF-8; a buffer without room notes it.
    package func append(to buffer: inout Buffer, in bytes: borrowing Span<UInt8>) {
        guard hasEscapes else { return buffer.append(bytes, range) }
        var decoded = JSONTextBytes(range)
        while let byte = decoded.next(in: bytes) { buffer.append(byte) }
    }

    /// Whether it is UTF-8 (RFC 3629) with whole escapes (RFC 8259 §7).
    func isValid(in bytes: borrowing Span<UInt8>) -> Bool {
        var place = range.start
        while place < range.end {
            let byte = bytes[place]
            if byte == 0x5c {
                guard let escape = JSONEscape(at: place, range.end, in: bytes) else { return false }
                place &+= escape.byteCount
            } else if byte < 0x80 {
                place &+= 1
            } else {
                guard let count = Self.scalarBytes(at: place, range.end, in: bytes) else {
                    return false
                }
                place &+= count
            }
        }
        return true
    }

    /// The length of a scalar of two to four bytes; `nil` if none stands there.
    private static func scalarBytes(
        at place: Int, _ end: Int, in bytes: borrowing Span<UInt8>
    ) -> Int? {
        let lead = bytes[place]
        let count: Int
        // Its bounds keep out overlong forms, surrogates and what is above U+10FFFF.
        let second: ClosedRange<UInt8>
        switch lead {
        case 0xc2...0xdf: (count, second) = (2, 0x80...0xbf)
        case 0xe0: (count, second) = (3, 0xa0...0xbf)
        case 0xed: (count, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: (count, second) = (3, 0x80...0xbf)
        case 0xf0: (count, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: (count, second) = (4, 0x80...0xbf)
        case 0xf4: (count, second) = (4, 0x80...0x8f)
        default: return nil
        }
        guard place &+ count <= end, second.contains(bytes[place &+ 1]) else { return nil }
        for index in place &+ 2..<place &+ count where bytes[index] & 0xc0 != 0x80 { return nil }
        return count
    }
}

/// The bytes that a text stands for, one by one.
struct JSONTextBytes {
    private var offset: Int
    private let end: Int
    /// Bytes of an escape that are still to be told, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ range: ByteRange) {
        offset = range.start
        end = range.end
    }

    mutating func next(in bytes: borrowing Span<UInt8>) -> UInt8? {
        if pendingCount > 0 {
            let byte = UInt8(truncatingIfNeeded: pending)
            pending >>= 8
            pendingCount &-= 1
            return byte
        }
        guard offset < end else { return nil }
        guard bytes[offset] == 0x5c else {
            offset &+= 1
            return bytes[offset &- 1]
        }
        // The reader has seen that the escape is whole.
        guard let escape = JSONEscape(at: offset, end, in: bytes) else { return nil }
        offset &+= escape.byteCount
        (pending, pendingCount) = Self.encoded(escape.scalar)
        return next(in: bytes)
    }

    /// A scalar in UTF-8, its first byte lowest.
    private static func encoded(_ scalar: UInt32) -> (UInt32, Int) {
        func tail(_ shift: UInt32) -> UInt32 { 0x80 | scalar &>> shift & 0x3f }
        switch scalar {
        case 0..<0x80: return (scalar, 1)
        case 0..<0x800: return (0xc0 | scalar &>> 6 | tail(0) &<< 8, 2)
        case 0..<0x10000:
            return (0xe0 | scalar &>> 12 | tail(6) &<< 8 | tail(0) &<< 16, 3)
        default:
            return (
                0xf0 | scalar &>> 18 | tail(12) &<< 8 | tail(6) &<< 16 | tail(0) &<< 24, 4
            )
        }
    }
}

/// One escape: `\n`, `\u00e9`, or two of the latter for a scalar beyond U+FFFF.
private struct JSONEscape {
    let scalar: UInt32
    let byteCount: Int

    init?(at place: Int, _ end: Int, in bytes: borrowing Span<UInt8>) {
        guard place &+ 2 <= end else { return nil }
        var count = 2
        switch bytes[place &+ 1] {
        case 0x22, 0x2f, 0x5c: scalar = UInt32(bytes[place &+ 1])
        case 0x62: scalar = 0x08
        case 0x66: scalar = 0x0c
        case 0x6e: scalar = 0x0a
        case 0x72: scalar = 0x0d
        case 0x74: scalar = 0x09
        case 0x75:
            guard let unit = Self.unit(at: place, end, in: bytes) else { return nil }
            count = 6
            if unit & 0xf800 == 0xd800 {
                guard unit < 0xdc00, let low = Self.unit(at: place &+ 6, end, in: bytes),
                    low & 0xfc00 == 0xdc00
                else { return nil }
                scalar = 0x10000 &+ (unit & 0x3ff) &<< 10 &+ (low & 0x3ff)
                count = 12
            } else {
                scalar = unit
            }
        default: return nil
        }
        byteCount = count
    }

    /// The unit of `\uXXXX`; `nil` if no such escape stands there.
    private static func unit(
        at place: Int, _ end: Int, in bytes: borrowing Span<UInt8>
    ) -> UInt32? {
        guard place &+ 6 <= end, bytes[place] == 0x5c, bytes[place &+ 1] == 0x75 else { return nil }
        var unit: UInt32 = 0
        for index in place &+ 2..<place &+ 6 {
            guard let digit = ASCIIByte.hexDigit(bytes[index]) else { return nil }
            unit = unit &<< 4 | UInt32(digit)
        }
        return unit
    }
}

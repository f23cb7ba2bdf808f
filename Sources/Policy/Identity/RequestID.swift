package import Bytes

/// A request id of our own making: a UUID of version 7 (RFC 9562 §5.7), which sorts by time.
package struct RequestID: Hashable, Sendable {
    /// 48 bits of milliseconds, the version, 12 random bits.
    package let high: UInt64
    /// The variant and 62 random bits.
    package let low: UInt64

    /// - Parameters:
    ///   - milliseconds: Since 1970, of which the low 48 bits count.
    ///   - first: Random bits, of which 12 are used.
    ///   - second: Random bits, of which 62 are used.
    package init(milliseconds: UInt64, _ first: UInt64, _ second: UInt64) {
        high = milliseconds << 16 | 0x7000 | first & 0xfff
        low = 1 << 63 | second >> 2
    }

    /// Bytes of the text.
    package static let textBytes = 36

    /// The 36 bytes of the text, in lower case.
    package var text: InlineArray<36, UInt8> {
        var text = InlineArray<36, UInt8>(repeating: 0x2d)
        var nibble = 0
        for index in 0..<36 where index != 8 && index != 13 && index != 18 && index != 23 {
            let word = nibble < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (nibble & 15)) & 15)
            text[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            nibble += 1
        }
        return text
    }

    package func append(to buffer: inout Buffer) {
        let text = text
        buffer.append(text.span)
    }

    /// Whether a peer's id may be kept: 1 to 128 of `A-Z a-z 0-9 . _ : -`, which nothing needs to escape.
    package static func isAcceptable(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count > 0, range.count <= 128 else { return false }
        for index in range.indices {
            switch bytes[index] {
            case 0x30...0x3a, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: continue
            default: return false
            }
        }
        return true
    }
}

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

    /// The low 32 bits as eight hexadecimal digits, the first of them in the lowest byte.
    private static func digits(_ word: UInt64) -> UInt64 {
        // One nibble into each byte, the last one highest.
        var nibbles = word & 0xffff_ffff
        nibbles = (nibbles << 32 | nibbles >> 16) & 0x0000_ffff_0000_ffff
        nibbles = (nibbles << 16 | nibbles >> 8) & 0x00ff_00ff_00ff_00ff
        nibbles = (nibbles << 8 | nibbles >> 4) & 0x0f0f_0f0f_0f0f_0f0f
        // Bit 0 of every byte above 9; each such byte goes on at `a`, 39 beyond the character after
        // `9`.
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    /// Appends the ``textBytes`` bytes of the text, in lower case: digits 8-4-4-4-12, joined by
    /// hyphens.
    package func append(to buffer: inout Buffer) {
        let hyphen: UInt64 = 0x2d
        let time = Self.digits(high)
        let variant = Self.digits(low >> 32)
        let end = Self.digits(low)
        buffer.append(Self.digits(high >> 32), bytes: 8)
        let second = hyphen | (time << 8) & 0xff_ffff_ff00 | hyphen << 40 | (time >> 32) << 48
        let third = time >> 48 | hyphen << 16 | (variant << 32) >> 8 | hyphen << 56
        buffer.append(second, bytes: 8)
        buffer.append(third, bytes: 8)
        buffer.append(variant >> 32 | end << 32, bytes: 8)
        buffer.append(end >> 32, bytes: 4)
    }

    /// Whether a peer's id may be kept: 1 to 128 of `A-Z a-z 0-9 . _ : -`, which nothing needs to
    /// escape.
    package static func isAcceptable(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count > 0, range.count <= 128 else { return false }
        return bytes.holdsOnly(idBytes, in: range)
    }

    /// Letters, digits and `._:-`.
    private static var idBytes: ByteSet {
        ByteSet(low: 0x07ff_6000_0000_0000, high: 0x07ff_fffe_87ff_fffe)
    }
}

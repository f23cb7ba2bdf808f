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

    /// An id with random bits of a source.
    package init(milliseconds: UInt64, random: inout RandomSource) {
        self.init(milliseconds: milliseconds, random.next(), random.next())
    }

    /// Bytes of the text.
    package static let textBytes = 36

    /// Appends the ``textBytes`` bytes of the text, in lower case: digits 8-4-4-4-12, joined by
    /// hyphens.
    package func append(to buffer: inout Buffer) {
        let hyphen: UInt64 = 0x2d
        let time = Hexadecimal.digits(high)
        let variant = Hexadecimal.digits(low >> 32)
        let end = Hexadecimal.digits(low)
        buffer.append(Hexadecimal.digits(high >> 32), bytes: 8)
        let second = hyphen | (time << 8) & 0xff_ffff_ff00 | hyphen << 40 | (time >> 32) << 48
        let third = time >> 48 | hyphen << 16 | (variant << 32) >> 8 | hyphen << 56
        buffer.append(second, bytes: 8)
        buffer.append(third, bytes: 8)
        buffer.append(variant >> 32 | end << 32, bytes: 8)
        buffer.append(end >> 32, bytes: 4)
    }

    /// Longest id of a peer that is kept.
    package static let bytesMax = 128

    /// Whether a peer's id may be kept: 1 to ``bytesMax`` of `A-Z a-z 0-9 . _ : -`, which nothing
    /// needs to escape.
    package static func isAcceptable(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count > 0, range.count <= bytesMax else { return false }
        return bytes.holdsOnly(idBytes, in: range)
    }

    /// Letters, digits and `._:-`.
    private static var idBytes: ByteSet {
        ByteSet(low: 0x07ff_6000_0000_0000, high: 0x07ff_fffe_87ff_fffe)
    }
}

import Bytes

/// Hexadecimal digits of ids, eight at a time.
enum Hexadecimal {
    /// The low 32 bits as eight digits in lower case, the first of them in the lowest byte.
    static func digits(_ word: UInt64) -> UInt64 {
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

    /// The number that 1 to 16 digits in lower case make; `nil` for any other byte among them.
    static func number(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> UInt64? {
        var number: UInt64 = 0
        for index in range.indices {
            let byte = bytes[index]
            switch byte {
            case 0x30...0x39: number = number << 4 | UInt64(byte &- 0x30)
            case 0x61...0x66: number = number << 4 | UInt64(byte &- 0x57)
            default: return nil
            }
        }
        return number
    }
}

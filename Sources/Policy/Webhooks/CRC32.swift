/// The cyclic redundancy check of ITU-T V.42: it finds what lines garble, and stops no forger.
enum CRC32 {
    static func checksum(_ bytes: borrowing Span<UInt8>) -> UInt32 {
        let table = table.span
        var rest = UInt32.max
        for index in bytes.indices {
            rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ bytes[index])] ^ rest &>> 8
        }
        return ~rest
    }

    /// What the polynomial makes of each byte, the lowest bit first.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in
            rest & 1 == 1 ? rest >> 1 ^ 0xedb8_8320 : rest >> 1
        }
    }
}

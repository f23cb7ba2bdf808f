/// To which of a cluster's 16 384 slots a key belongs.
package enum HashSlot {
    /// Slots of every cluster.
    package static var count: Int { 16_384 }

    /// The slot of a key: CRC-16 of what stands between its first `{` and the next `}`, if that is
    /// anything, else of all of it.
    package static func slot(of key: borrowing Span<UInt8>) -> UInt16 {
        var start = 0
        while start < key.count, key[start] != 0x7b { start += 1 }
        var end = start + 1
        while end < key.count, key[end] != 0x7d { end += 1 }
        guard end < key.count, end > start + 1 else {
            return crc(key, 0, key.count) & 0x3fff
        }
        return crc(key, start + 1, end) & 0x3fff
    }

    /// CRC-16 with the polynomial 0x1021, from 0, neither reflected nor complemented (XMODEM).
    static func crc(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int) -> UInt16 {
        var crc: UInt16 = 0
        for index in start..<end {
            let place = Int(crc >> 8 ^ UInt16(bytes[index]))
            crc = crc << 8 ^ table[place]
        }
        return crc
    }

    private static let table: InlineArray<256, UInt16> = .init { index in
        var crc = UInt16(truncatingIfNeeded: index) << 8
        for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        return crc
    }
}

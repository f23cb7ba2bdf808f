/// A set of ASCII characters, one bit each; bytes from 128 on are never in it.
@usableFromInline package struct ByteSet: Equatable, Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    /// - Parameters:
    ///   - low: Bit n for character n.
    ///   - high: Bit n for character 64 + n.
    @inlinable package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// For tables that are made once.
    ///
    /// - Parameter characters: ASCII; others are left out.
    package init(_ characters: String) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in characters.utf8 where byte < 128 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.init(low: low, high: high)
    }

    /// Whether the byte is one of the set's characters: two shifts, no table in memory.
    @inlinable package func contains(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        let bits = byte < 64 ? low : high
        return bits &>> UInt64(byte & 63) & 1 == 1
    }
}

import Bytes

/// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a keyed function of short inputs whose
/// outputs nobody without the key can foresee, at a fraction of what SHA-256 costs.
package enum SipHash {
    /// 128 secret bits.
    package struct Key: Sendable {
        let low: UInt64
        let high: UInt64

        /// - Parameters:
        ///   - low: The first eight bytes of the key, the first the lowest.
        ///   - high: The last eight.
        package init(_ low: UInt64, _ high: UInt64) {
            self.low = low
            self.high = high
        }
    }

    /// What the function makes of some bytes.
    package struct Tag: Sendable, Equatable {
        package let low: UInt64
        package let high: UInt64

        package init(low: UInt64, high: UInt64) {
            self.low = low
            self.high = high
        }
    }

    /// The tag of some bytes.
    package static func tag(of bytes: borrowing Span<UInt8>, by key: Key) -> Tag {
        var state = State(key)
        var place = 0
        while place <= bytes.count &- 8 {
            state.absorb(bytes.word(at: place))
            place &+= 8
        }
        // Behind the last bytes stands the length, modulo 256.
        let rest = place < bytes.count ? bytes.word(at: place) : 0
        state.absorb(rest | UInt64(truncatingIfNeeded: bytes.count) &<< 56)
        return state.finish()
    }

    /// Four words and the round that mixes them.
    private struct State {
        var a: UInt64
        var b: UInt64
        var c: UInt64
        var d: UInt64

        /// "somepseudorandomlygeneratedbytes", and the mark of the long tag.
        @inline(__always) init(_ key: Key) {
            a = key.low ^ 0x736f_6d65_7073_6575
            b = key.high ^ 0x646f_7261_6e64_6f6d ^ 0xee
            c = key.low ^ 0x6c79_6765_6e65_7261
            d = key.high ^ 0x7465_6462_7974_6573
        }

        @inline(__always) mutating func absorb(_ word: UInt64) {
            d ^= word
            mix()
            mix()
            a ^= word
        }

        @inline(__always) mutating func finish() -> Tag {
            c ^= 0xee
            for _ in 0..<4 { mix() }
            let low = a ^ b ^ c ^ d
            b ^= 0xdd
            for _ in 0..<4 { mix() }
            return Tag(low: low, high: a ^ b ^ c ^ d)
        }

        @inline(__always) private mutating func mix() {
            a &+= b
            b = Self.rotated(b, 13) ^ a
            a = Self.rotated(a, 32)
            c &+= d
            d = Self.rotated(d, 16) ^ c
            a &+= d
            d = Self.rotated(d, 21) ^ a
            c &+= b
            b = Self.rotated(b, 17) ^ c
            c = Self.rotated(c, 32)
        }

        @inline(__always) private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
            word &<< bits | word &>> (64 &- bits)
        }
    }
}

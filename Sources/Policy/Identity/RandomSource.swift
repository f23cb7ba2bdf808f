/// A fast pseudo-random generator (xoshiro256**, Blackman and Vigna): for ids and choices, never
/// for secrets.
///
/// A value, so that a seed replays a run exactly.
package struct RandomSource: RandomNumberGenerator, Sendable {
    /// Never all zero.
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter seed: Any value; spread over the state by SplitMix64, whose outputs are never
    ///   all zero.
    package init(seed: UInt64) {
        var mixer = seed
        state = (
            Self.mixed(&mixer), Self.mixed(&mixer), Self.mixed(&mixer), Self.mixed(&mixer)
        )
    }

    @inline(__always) package mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    private static func mixed(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

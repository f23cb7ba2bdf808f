/// Numbers that look random and are the same in every run (SplitMix64): for all test targets.
package struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 to `bound - 1`.
    package mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }

    /// So many bytes of any value.
    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Up to `countMax` bytes of any value.
    package mutating func bytes(countMax: Int) -> [UInt8] {
        (0..<Int.random(in: 0...countMax, using: &self)).map { _ in
            UInt8.random(in: 0...255, using: &self)
        }
    }

    /// Up to `countMax` bytes, each from `alphabet`.
    package mutating func bytes(of alphabet: [UInt8], countMax: Int) -> [UInt8] {
        (0..<Int.random(in: 0...countMax, using: &self)).compactMap { _ in
            alphabet.randomElement(using: &self)
        }
    }
}

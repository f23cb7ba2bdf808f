/// Microseconds and a part of one, exact: an instant of some clock or a length.
///
/// The part counts in units of `1 / denominator` of the ``BucketShape`` that made it, and is below
/// that denominator.
package struct BucketTime: Sendable, Equatable, BitwiseCopyable {
    package var whole: UInt64
    package var part: UInt32

    package init(whole: UInt64, part: UInt32) {
        self.whole = whole
        self.part = part
    }

    package static let zero = BucketTime(whole: 0, part: 0)

    @inline(__always) package static func < (one: BucketTime, other: BucketTime) -> Bool {
        one.whole < other.whole || one.whole == other.whole && one.part < other.part
    }

    /// Rounded up to the microsecond.
    @inline(__always) package var roundedUp: UInt64 { part > 0 ? whole &+ 1 : whole }

    /// The sum; the caller vouches that it fits.
    ///
    /// No part reaches 10⁹, so two of them are below 2³¹.
    @inline(__always) func plus(_ length: BucketTime, _ denominator: UInt32) -> BucketTime {
        let sum = part &+ length.part
        let hasCarry = sum >= denominator
        return BucketTime(
            whole: whole &+ length.whole &+ (hasCarry ? 1 : 0),
            part: hasCarry ? sum &- denominator : sum)
    }

    /// The difference; the caller vouches that it is not below zero.
    @inline(__always) func minus(_ length: BucketTime, _ denominator: UInt32) -> BucketTime {
        let borrows = part < length.part
        return BucketTime(
            whole: whole &- length.whole &- (borrows ? 1 : 0),
            part: borrows ? part &+ denominator &- length.part : part &- length.part)
    }
}

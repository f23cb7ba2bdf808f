/// A token bucket as one instant: when it will be full again (the theoretical arrival time of the
/// generic cell rate algorithm).
///
/// A bucket that is full at `full` holds at `now` what flows in between, less than its burst:
/// `burst - (full - now) / T` tokens, where one takes `T` to flow in. Nothing is ever added to it:
/// time does that. All buckets of one shape and one clock can be compared, and the later is the
/// emptier.
///
/// The instant read is first brought within `now` and `now + span`. What lies before is full. What
/// lies behind can only be if the clock went back, or the burst became smaller: the bucket is empty
/// then, and no emptier, so that nobody waits longer than a bucket takes to fill.
///
/// - Invariant: after each call `now <= full <= now + span`, and the part is below the shape's
///   denominator.
/// - Units: microseconds of the clock that `now` is of, below 2⁵³; see ``BucketShape`` for why no
///   sum overflows.
package struct Bucket: Sendable, Equatable, BitwiseCopyable {
    package var full: BucketTime

    package init(full: BucketTime) { self.full = full }

    /// One that nobody took from.
    package static let untouched = Bucket(full: .zero)

    /// Takes what something costs, if all of it is there.
    ///
    /// - Parameter price: ``BucketShape/price(of:)``.
    @inline(__always)
    package mutating func take(_ price: BucketTime, of shape: BucketShape, at now: UInt64) -> Bool {
        let end = shape.empty(at: now)
        let start = clamped(to: end, at: now)
        let next = start.plus(price, shape.denominator)
        let isThere = !(end < next)
        full = isThere ? next : start
        return isThere
    }

    /// Undoes a ``take(_:of:at:)``; no bucket becomes more than full.
    package mutating func giveBack(_ price: BucketTime, of shape: BucketShape, at now: UInt64) {
        let start = clamped(to: shape.empty(at: now), at: now)
        let least = BucketTime(whole: now, part: 0).plus(price, shape.denominator)
        full =
            start < least
            ? BucketTime(whole: now, part: 0) : start.minus(price, shape.denominator)
    }

    /// Takes what something costs, as far as it is there.
    package mutating func charge(_ price: BucketTime, of shape: BucketShape, at now: UInt64) {
        let end = shape.empty(at: now)
        let next = clamped(to: end, at: now).plus(price, shape.denominator)
        full = end < next ? end : next
    }

    /// Becomes the emptier of both.
    @inline(__always) package mutating func raise(to other: Bucket) {
        if full < other.full { full = other.full }
    }

    /// Whether nothing is missing, as if nobody had ever taken from it.
    @inline(__always) package func isFull(at now: UInt64) -> Bool { full.roundedUp <= now }

    @inline(__always) func clamped(to end: BucketTime, at now: UInt64) -> BucketTime {
        if full.whole < now { return BucketTime(whole: now, part: 0) }
        return end < full ? end : full
    }
}

/// What clients are told of a bucket.
package struct BucketStanding: Sendable, Equatable {
    /// Whole tokens left.
    package let remaining: UInt64
    /// Seconds until one more whole token is there, rounded up; 0 if the bucket is full.
    package let secondsToNext: UInt32

    package init(remaining: UInt64, secondsToNext: UInt32) {
        self.remaining = remaining
        self.secondsToNext = secondsToNext
    }
}

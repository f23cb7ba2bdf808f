/// What all buckets of a limit have in common: how long a token takes to flow in, and how many fit.
///
/// A token takes `T = period / count` microseconds, in lowest terms `numerator / denominator`.
/// Times are kept as whole microseconds and a part over that denominator, so that nothing is ever
/// rounded: a year of a thousand and one tokens in 13 seconds is exactly that.
///
/// - Bounds, from those of ``LimitSettings``: the denominator is 10⁹ at most; the numerator is
///   below 2⁴⁵, and below 2⁵⁵ if divided among a thousand; the span is ten years at most, and
///   below 2⁵⁹ µs if divided. An instant below 2⁵³ and two spans are below 2⁶¹, so that sums need
///   no check.
package struct BucketShape: Sendable, Equatable {
    /// Of `T`, and of the parts of all times.
    package let denominator: UInt32
    /// `burst * T`: from empty to full.
    package let span: BucketTime
    /// What a full bucket holds.
    package let burst: UInt64

    /// `T` is `numerator / denominator`, in lowest terms.
    private let numerator: UInt64
    private let token: BucketTime
    /// In parts of a microsecond over the denominator: 10¹⁵ at most.
    private let second: UInt64

    /// - Parameters:
    ///   - rate: As ``LimitSettings`` bounds it.
    ///   - burst: 1 to 10⁹, which take ten years to flow in at most.
    package init(rate: Rate, burst: UInt64) {
        self.init(period: rate.period, count: rate.count, burst: burst)
    }

    private init(period: UInt64, count: UInt64, burst: UInt64) {
        precondition(period > 0 && count > 0 && count <= 1_000_000_000, "a rate within its bounds")
        precondition(burst > 0 && burst <= 1_000_000_000, "a burst within its bounds")
        let divisor = Self.greatestCommonDivisor(period, count)
        numerator = period / divisor
        let divided = count / divisor
        denominator = UInt32(truncatingIfNeeded: divided)
        token = BucketTime(
            whole: numerator / divided, part: UInt32(truncatingIfNeeded: numerator % divided))
        second = divided &* 1_000_000
        self.burst = burst
        span = Self.product(of: burst, token, UInt32(truncatingIfNeeded: divided))
    }

    /// The shape of what each of `replicas` gateways may let pass by itself, so that together they
    /// let pass no more than one bucket of this shape.
    ///
    /// The burst is rounded up, and is `costMax` at least: a request that a full bucket here would
    /// admit must not be one that no bucket there ever admits.
    ///
    /// - Parameters:
    ///   - replicas: 1 to 1000.
    ///   - costMax: What the dearest request takes: 1 to ``burst``.
    package func divided(by replicas: Int, costMax: UInt64) -> BucketShape {
        let replicas = UInt64(max(1, min(replicas, 1000)))
        let share = (burst &+ replicas &- 1) / replicas
        return BucketShape(
            period: numerator * replicas, count: UInt64(denominator),
            burst: max(share, min(costMax, burst)))
    }

    /// How much later a bucket is full for so many tokens: 1 to ``burst``.
    package func price(of cost: UInt64) -> BucketTime {
        Self.product(of: min(cost, burst), token, denominator)
    }

    /// When a bucket that is empty at `now` will be full.
    @inline(__always) package func empty(at now: UInt64) -> BucketTime {
        BucketTime(whole: now &+ span.whole, part: span.part)
    }

    /// What is left in a bucket.
    package func standing(of bucket: Bucket, at now: UInt64) -> BucketStanding {
        let (remaining, rest) = tokens(in: timeLeft(in: bucket, at: now))
        guard remaining < burst else { return BucketStanding(remaining: burst, secondsToNext: 0) }
        // The rest is below one token's time, and the sum below 2⁵⁶.
        let seconds = (numerator &- rest &+ second &- 1) / second
        return BucketStanding(remaining: remaining, secondsToNext: UInt32(clamping: seconds))
    }

    /// Microseconds until a price is there, rounded up; 0 if it is.
    package func wait(for price: BucketTime, of bucket: Bucket, at now: UInt64) -> UInt64 {
        let left = timeLeft(in: bucket, at: now)
        return left < price ? price.minus(left, denominator).roundedUp : 0
    }

    /// The bucket here that will be full as soon as one of another clock, of this shape or one that
    /// this was divided from.
    ///
    /// Both hold the same share of their burst then. The time is rounded up to the microsecond, and
    /// brought within what a bucket of this shape can be.
    ///
    /// - Parameters:
    ///   - full: When the other is full, by its clock.
    ///   - otherNow: By the other's clock.
    ///   - now: By the clock here.
    package func bucket(
        fullAt full: BucketTime, by otherNow: UInt64, at now: UInt64
    ) -> Bucket {
        let rounded = full.roundedUp
        let length = rounded > otherNow ? rounded &- otherNow : 0
        guard length <= span.whole else { return Bucket(full: empty(at: now)) }
        return Bucket(full: BucketTime(whole: now &+ length, part: 0))
    }

    /// The time that the tokens left in a bucket took to flow in: 0 to ``span``.
    @inline(__always) private func timeLeft(in bucket: Bucket, at now: UInt64) -> BucketTime {
        let end = empty(at: now)
        return end.minus(bucket.clamped(to: end, at: now), denominator)
    }

    /// How many whole tokens flow in in a time up to ``span``, and what is left of it, counted in
    /// parts of a microsecond over the denominator.
    @inline(__always) private func tokens(in time: BucketTime) -> (UInt64, rest: UInt64) {
        let scaled = time.whole.multipliedFullWidth(by: UInt64(denominator))
        let (low, overflows) = scaled.low.addingReportingOverflow(UInt64(time.part))
        if scaled.high == 0, !overflows { return (low / numerator, low % numerator) }
        return quotient(scaled.high &+ (overflows ? 1 : 0), low)
    }

    /// The same of a time in two words.
    ///
    /// There are no more tokens than a burst, which is why the high word is below the divisor.
    @inline(never) private func quotient(_ high: UInt64, _ low: UInt64) -> (UInt64, rest: UInt64) {
        precondition(high < numerator, "a time up to the span")
        let (quotient, rest) = numerator.dividingFullWidth((high, low))
        return (quotient, rest)
    }

    /// So many tokens' time.
    ///
    /// A count and a part are 10⁹ at most, their product below 2⁶⁰; the whole is a span at most.
    private static func product(
        of count: UInt64, _ token: BucketTime, _ denominator: UInt32
    ) -> BucketTime {
        let parts = count &* UInt64(token.part)
        let denominator = UInt64(denominator)
        return BucketTime(
            whole: count &* token.whole &+ parts / denominator,
            part: UInt32(truncatingIfNeeded: parts % denominator))
    }

    private static func greatestCommonDivisor(_ one: UInt64, _ other: UInt64) -> UInt64 {
        var (divisor, rest) = (one, other)
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        return divisor
    }
}

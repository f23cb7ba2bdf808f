import Glibc

/// A point on the monotonic clock, in nanoseconds since an arbitrary start (clock_gettime(2)).
@usableFromInline package struct MonotonicInstant: Comparable, Hashable, Sendable {
    /// Only differences mean anything, and only until the next boot.
    @usableFromInline package let nanoseconds: UInt64

    @inlinable package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    @inlinable package static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// - Returns: The instant `timeout` later; the last one there is if that lies beyond it.
    @inlinable package func advanced(by timeout: Duration) -> MonotonicInstant {
        advanced(byNanoseconds: timeout.wholeNanoseconds)
    }

    /// - Returns: The instant so much later; the last one there is if that lies beyond it.
    @inlinable package func advanced(byNanoseconds length: UInt64) -> MonotonicInstant {
        let (sum, overflows) = nanoseconds.addingReportingOverflow(length)
        return MonotonicInstant(nanoseconds: overflows ? .max : sum)
    }

    /// Nanoseconds from `earlier` to this instant; 0 if `earlier` is later.
    @inlinable package func nanoseconds(since earlier: MonotonicInstant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }
}

extension Duration {
    /// The length in nanoseconds, within 0 and 2⁶³ - 1.
    @inlinable package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflows) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflows, whole < UInt64(Int64.max) - 1_000_000_000 else {
            return UInt64(Int64.max)
        }
        return whole &+ UInt64(attoseconds / 1_000_000_000)
    }
}

/// The two clocks of the kernel.
package enum Clock {
    /// Reads the clock that never goes back and stands still while the machine sleeps: for
    /// timeouts.
    ///
    /// A loop reads it once a turn and uses that instant for all that the turn decides.
    package static func monotonic() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: read(CLOCK_MONOTONIC))
    }

    /// Nanoseconds since 1970, UTC.
    package static func wall() -> UInt64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

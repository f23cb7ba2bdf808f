package import Linux

/// One turn of a loop: sleep until something is ready, then tell what and when.
package struct Loop: ~Copyable {
    private let poller: Poller
    /// The time at which the current turn began: the one clock read of a turn.
    package private(set) var now: MonotonicInstant
    /// What was ready when the turn began, in kernel order.
    package var reports: Reports

    /// - Parameter reportsMax: How many descriptors one turn serves at most.
    package init(reportsMax: Int) throws(Errno) {
        poller = try Poller()
        now = Clock.monotonic()
        reports = Reports(capacity: reportsMax)
    }

    /// Reports a descriptor's readiness under `token` from the next turn on, until it is closed or
    /// forgotten.
    ///
    /// - Throws: As ``Linux/Poller/watch(_:for:as:)``.
    package func watch(
        _ number: Int32, for interest: Interest, as token: Token
    ) throws(Errno) {
        try poller.watch(number, for: interest, as: token.word)
    }

    /// Stops reporting a descriptor that stays open; what this turn has reported of it already
    /// stays in ``reports``.
    package func forget(_ number: Int32) { poller.forget(number) }

    /// Begins a turn.
    ///
    /// - Parameter deadline: When to return even if nothing is ready; `nil` for never. An instant
    ///   that has passed returns at once.
    package mutating func turn(until deadline: MonotonicInstant?) {
        poller.wait(milliseconds: deadline.map { $0.milliseconds(from: now) }, into: &reports)
        now = Clock.monotonic()
    }
}

extension MonotonicInstant {
    /// Milliseconds from `now` until this instant, rounded up so that a wait never ends early; 0 if
    /// it has passed, at most 24 days.
    func milliseconds(from now: MonotonicInstant) -> Int32 {
        let nanoseconds = self.nanoseconds(since: now)
        let milliseconds = nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1)
        return Int32(min(milliseconds, UInt64(Int32.max)))
    }
}

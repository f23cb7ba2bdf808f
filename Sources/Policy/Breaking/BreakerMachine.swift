/// Whether a store is asked.
package enum BreakerState: UInt8, Sendable, CaseIterable {
    /// It is.
    case admitting
    /// It is not; the cool-down runs.
    case refusing
    /// One command of our own is with it, and nothing else.
    case probing

    /// As in logs and metrics.
    package var name: StaticString {
        switch self {
        case .admitting: "admitting"
        case .refusing: "refusing"
        case .probing: "probing"
        }
    }
}

/// A change that its one recipient logs and counts.
package struct BreakerChange: Sendable, Equatable {
    package let from: BreakerState
    package let to: BreakerState

    package init(from: BreakerState, to: BreakerState) {
        self.from = from
        self.to = to
    }
}

/// What a ``Breaker`` decides: when a store is given up, and when it is tried again.
///
///     admitting ── so many failures within the window ──► refusing ◄── the probe failed ──┐
///         ▲                                                   └─ cool-down over ──► probing
///         └─────────────────────── the probe was answered in time ────────────────────────┘
///
/// What is reported late by who began before a change is no news: only failures count while it
/// admits, and only a probe's end while it probes.
///
/// - Units: nanoseconds of any clock that does not run backwards. Instants that come late, from
///   loops that read their clock before others, do no harm.
/// - Invariant: `cooldown` is within those of the settings; there are no more failures than the
///   settings have, and while it admits fewer of them within a window.
package struct BreakerMachine: Sendable {
    package private(set) var state = BreakerState.admitting
    /// When the cool-down is over, or a probe that nobody spoke of is given up.
    private var due: UInt64 = 0
    /// What the next cool-down lasts, but for jitter.
    private var cooldown: UInt64
    /// The instants of the last failures, the oldest at `oldest` once there are as many as allowed.
    private var failures: [UInt64] = []
    private var oldest = 0
    /// The latest failure, or the change to admitting.
    private var calmSince: UInt64 = 0

    private let failureCountMax: Int
    private let window: UInt64
    private let cooldownFirst: UInt64
    private let cooldownMax: UInt64

    /// A machine that admits.
    package init(_ settings: BreakerSettings) {
        failureCountMax = max(1, settings.failures)
        window = Self.nanoseconds(settings.window)
        cooldownFirst = Self.nanoseconds(settings.cooldown)
        cooldownMax = max(cooldownFirst, Self.nanoseconds(settings.cooldownMax))
        cooldown = cooldownFirst
        failures.reserveCapacity(failureCountMax)
    }

    /// From when on a success has all be as at first; `nil` if it is, or if no success does so.
    package var calmDue: UInt64? {
        guard case .admitting = state else { return nil }
        if failures.isEmpty, cooldown == cooldownFirst { return nil }
        return Self.sum(calmSince, window)
    }

    /// When ``beginProbe(at:)`` will work; `nil` while it admits.
    package var probeDue: UInt64? {
        if case .admitting = state { return nil }
        return due
    }

    /// Notes that a command failed, or that its answer was slow.
    ///
    /// - Parameter jitter: 64 bits by which loops and gateways differ.
    package mutating func noteFailure(at now: UInt64, jitter: UInt64) -> BreakerChange? {
        guard case .admitting = state else { return nil }
        forgetIfCalm(at: now)
        calmSince = max(calmSince, now)
        if failures.count < failureCountMax {
            failures.append(now)
        } else {
            failures[oldest] = now
            oldest = (oldest &+ 1) % failureCountMax
        }
        guard failures.count == failureCountMax, isWithinWindow(failures[oldest], now) else {
            return nil
        }
        return refuse(at: now, jitter: jitter)
    }

    /// Notes that a command was answered in time: after a window without failures, all is as at
    /// first.
    package mutating func noteSuccess(at now: UInt64) -> BreakerChange? {
        guard case .admitting = state else { return nil }
        forgetIfCalm(at: now)
        return nil
    }

    /// Begins a probe, if its time has come; who gets the change is the one who makes it.
    ///
    /// A probe whose end nobody reports within the longest cool-down is given up, and the next
    /// begins: from probing to probing.
    package mutating func beginProbe(at now: UInt64) -> BreakerChange? {
        if case .admitting = state { return nil }
        guard now >= due else { return nil }
        due = Self.sum(now, cooldownMax)
        return change(to: .probing)
    }

    /// Notes how the probe ended.
    package mutating func endProbe(
        succeeded: Bool, at now: UInt64, jitter: UInt64
    ) -> BreakerChange? {
        guard case .probing = state else { return nil }
        guard succeeded else {
            cooldown = min(cooldownMax, Self.sum(cooldown, cooldown))
            return refuse(at: now, jitter: jitter)
        }
        calmSince = now
        return change(to: .admitting)
    }

    private mutating func refuse(at now: UInt64, jitter: UInt64) -> BreakerChange {
        forgetFailures()
        // Four to six fifths of it: the width is scaled by the jitter as a fraction of 2⁶⁴.
        let fifth = cooldown / 5
        let extra = (fifth &* 2).multipliedFullWidth(by: jitter).high
        due = Self.sum(now, cooldown &- fifth &+ extra)
        return change(to: .refusing)
    }

    private mutating func change(to next: BreakerState) -> BreakerChange {
        defer { state = next }
        return BreakerChange(from: state, to: next)
    }

    private mutating func forgetIfCalm(at now: UInt64) {
        guard !isWithinWindow(calmSince, now) else { return }
        forgetFailures()
        cooldown = cooldownFirst
    }

    private mutating func forgetFailures() {
        failures.removeAll(keepingCapacity: true)
        oldest = 0
    }

    private func isWithinWindow(_ earlier: UInt64, _ now: UInt64) -> Bool {
        now <= earlier || now &- earlier < window
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, overflows) = one.addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    /// Up to 2⁶² of them, so that twice as many and a fifth fit.
    private static func nanoseconds(_ length: Duration) -> UInt64 {
        let (seconds, attoseconds) = length.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1 << 32 else { return 1 << 62 }
        return UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
    }
}

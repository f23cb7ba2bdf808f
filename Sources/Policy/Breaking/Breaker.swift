import Synchronization

/// A ``BreakerMachine`` that all loops share.
///
/// What is asked for each request is one load, and so is what a success says; a lock is taken only
/// for what may change something: a failure, the first success a window after one, a probe.
package final class Breaker: Sendable {
    /// The guard of the machine, and of every store to the three below.
    private let machine: Mutex<BreakerMachine>
    private let rawState = Atomic<UInt8>(BreakerState.admitting.rawValue)
    /// ``BreakerMachine/calmDue``; the end of time for none.
    private let calmDue = Atomic<UInt64>(.max)
    /// ``BreakerMachine/probeDue``; the end of time for none.
    private let dueOfProbe = Atomic<UInt64>(.max)

    /// One that admits.
    package init(_ settings: BreakerSettings) {
        machine = Mutex(BreakerMachine(settings))
    }

    /// Whether the store is asked.
    package var state: BreakerState {
        BreakerState(rawValue: rawState.load(ordering: .relaxed)) ?? .admitting
    }

    /// When ``beginProbe(at:)`` will work, for timers; `nil` while it admits.
    package var probeDue: UInt64? {
        let due = dueOfProbe.load(ordering: .relaxed)
        return due == .max ? nil : due
    }

    /// Notes that a command failed, or that its answer was slow.
    ///
    /// - Parameters:
    ///   - now: Nanoseconds of the monotonic clock.
    ///   - jitter: 64 random bits.
    /// - Returns: A change, to exactly one caller for each that there is.
    package func noteFailure(at now: UInt64, jitter: UInt64) -> BreakerChange? {
        change { $0.noteFailure(at: now, jitter: jitter) }
    }

    /// Notes that a command was answered in time.
    package func noteSuccess(at now: UInt64) -> BreakerChange? {
        if now < calmDue.load(ordering: .relaxed) { return nil }
        return change { $0.noteSuccess(at: now) }
    }

    /// Begins a probe, if its time has come: who gets the change makes it, and reports its end.
    ///
    /// Asked before its time it costs a load.
    package func beginProbe(at now: UInt64) -> BreakerChange? {
        if now < dueOfProbe.load(ordering: .relaxed) { return nil }
        return change { $0.beginProbe(at: now) }
    }

    /// Notes how the probe ended.
    ///
    /// - Parameter jitter: 64 random bits.
    package func endProbe(
        succeeded: Bool, at now: UInt64, jitter: UInt64
    ) -> BreakerChange? {
        change { $0.endProbe(succeeded: succeeded, at: now, jitter: jitter) }
    }

    private func change(
        _ body: (inout BreakerMachine) -> BreakerChange?
    ) -> BreakerChange? {
        machine.withLock { machine in
            let change = body(&machine)
            calmDue.store(machine.calmDue ?? .max, ordering: .relaxed)
            dueOfProbe.store(machine.probeDue ?? .max, ordering: .relaxed)
            rawState.store(machine.state.rawValue, ordering: .relaxed)
            return change
        }
    }
}

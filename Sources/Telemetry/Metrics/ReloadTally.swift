import Synchronization

/// How often the configuration was read again while serving, and how that went.
package struct ReloadSample: Sendable, Equatable {
    package var successCount: UInt64 = 0
    package var failureCount: UInt64 = 0
    /// Whether what was read last was taken.
    package var isLastTaken = true
    /// When the one that serves was taken, in microseconds since the epoch.
    package var takenAt: UInt64

    package init(takenAt: UInt64) { self.takenAt = takenAt }
}

/// Counts what ``ReloadSample`` says; anyone's call, on any thread.
package final class ReloadTally: Sendable {
    /// Guard: the mutex; never asked for on a loop with traffic.
    private let state: Mutex<ReloadSample>

    /// Begins with the configuration that the process started with.
    ///
    /// `now` is in microseconds since the epoch, as in the calls below.
    package init(startedAt now: UInt64) { state = Mutex(ReloadSample(takenAt: now)) }

    /// Counts a configuration that serves from now on.
    package func noteTaken(at now: UInt64) {
        state.withLock { sample in
            sample.successCount &+= 1
            sample.isLastTaken = true
            sample.takenAt = now
        }
    }

    /// Counts one that was not taken; the one before goes on serving.
    package func noteRefused() {
        state.withLock { sample in
            sample.failureCount &+= 1
            sample.isLastTaken = false
        }
    }

    /// The present numbers.
    package var sample: ReloadSample { state.withLock { $0 } }
}

package import Linux
import Synchronization

/// A loop for work that is not a request: the admin listener, name resolution, signals, reload.
///
/// It is a task executor: async functions run on its one thread, and suspend until a descriptor is
/// ready or a time has come. It owns no state of a worker; it talks to workers by ``Mailbox``.
///
/// All state is under one mutex. That is cheap enough here, and lets any thread enqueue.
package final class ControlLoop: TaskExecutor, Sendable {
    private struct State: ~Copyable {
        var jobs: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        /// Who waits for a descriptor, by the word it is registered under.
        var waiters: [UInt64: Waiter] = [:]
        var lastWord: UInt64 = 0
        var isStopped = false
    }

    private struct Sleeper {
        let deadline: MonotonicInstant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Waiter {
        let number: Int32
        let deadline: MonotonicInstant?
        /// Told whether the descriptor is ready.
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup
    private let poller: Poller
    private static let wakeupWord: UInt64 = 0

    /// - Throws: `.tooManyOpenFiles` and its kin: the loop needs two descriptors.
    package init() throws(Errno) {
        wakeup = try Wakeup()
        poller = try Poller()
        try poller.watch(wakeup.number, for: .source, as: Self.wakeupWord)
    }

    /// Takes a job from Swift's runtime; any thread may call it.
    ///
    /// It runs on the thread of ``run(_:)``, in the order of the calls.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        wakeup.signal()
    }

    /// Runs `main` and everything it starts on the calling thread, until `main` returns.
    package func run(_ main: @escaping @Sendable () async -> Void) {
        let task = Task(executorPreference: self) {
            await main()
            self.state.withLock { $0.isStopped = true }
        }
        var reports = Reports(capacity: 64)
        while !isStopped {
            runJobs()
            if isStopped { break }
            poller.wait(milliseconds: sleepLength(), into: &reports)
            for index in 0..<reports.count { resume(reports[index]) }
            resumeSleepers()
        }
        task.cancel()
    }

    /// Starts work beside what runs already.
    ///
    /// It ends with the process, at the latest.
    package func begin(_ work: @escaping @Sendable () async -> Void) {
        _ = Task(executorPreference: self) { await work() }
    }

    /// Suspends until the descriptor can be read from.
    package func readable(_ number: Int32) async {
        _ = await ready(number, for: .sourceOnce, until: nil)
    }

    /// Suspends until the descriptor can be written to.
    package func writable(_ number: Int32) async {
        _ = await ready(number, for: .sinkOnce, until: nil)
    }

    /// Suspends until the descriptor can be read from, or the deadline is past.
    ///
    /// - Returns: Whether it can.
    package func readable(_ number: Int32, until deadline: MonotonicInstant) async -> Bool {
        await ready(number, for: .sourceOnce, until: deadline)
    }

    /// Suspends until the descriptor can be written to, or the deadline is past.
    ///
    /// - Returns: Whether it can.
    package func writable(_ number: Int32, until deadline: MonotonicInstant) async -> Bool {
        await ready(number, for: .sinkOnce, until: deadline)
    }

    /// Suspends for at least `length`.
    package func sleep(for length: Duration) async {
        let deadline = Clock.monotonic().advanced(by: length)
        await withCheckedContinuation { continuation in
            state.withLock {
                $0.sleepers.append(Sleeper(deadline: deadline, continuation: continuation))
            }
            wakeup.signal()
        }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func ready(
        _ number: Int32, for interest: Interest, until deadline: MonotonicInstant?
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            let word = state.withLock { state -> UInt64 in
                state.lastWord += 1
                state.waiters[state.lastWord] = Waiter(
                    number: number, deadline: deadline, continuation: continuation)
                return state.lastWord
            }
            do throws(Errno) {
                try poller.watch(number, for: interest, as: word)
            } catch {
                // No memory in the kernel for one more: let the caller's next call find out.
                take(word)?.continuation.resume(returning: true)
            }
        }
    }

    private func runJobs() {
        while true {
            let jobs = state.withLock { state -> [UnownedJob] in
                let jobs = state.jobs
                state.jobs = []
                return jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func resume(_ report: Report) {
        guard report.word != Self.wakeupWord else { return wakeup.clear() }
        guard let waiter = take(report.word) else { return }
        poller.forget(waiter.number)
        waiter.continuation.resume(returning: true)
    }

    private func take(_ word: UInt64) -> Waiter? {
        state.withLock { $0.waiters.removeValue(forKey: word) }
    }

    private func resumeSleepers() {
        let now = Clock.monotonic()
        let due = state.withLock { state -> [Sleeper] in
            let due = state.sleepers.filter { $0.deadline <= now }
            if !due.isEmpty { state.sleepers.removeAll { $0.deadline <= now } }
            return due
        }
        for sleeper in due.sorted(by: { $0.deadline < $1.deadline }) {
            sleeper.continuation.resume()
        }
        for word in overdueWaiters(at: now) {
            guard let waiter = take(word) else { continue }
            poller.forget(waiter.number)
            waiter.continuation.resume(returning: false)
        }
    }

    /// In the order in which they began to wait.
    private func overdueWaiters(at now: MonotonicInstant) -> [UInt64] {
        state.withLock { state in
            state.waiters.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys.sorted()
        }
    }

    /// Milliseconds until the next deadline, rounded up; `nil` if nobody has one.
    private func sleepLength() -> Int32? {
        let next = state.withLock { state -> MonotonicInstant? in
            guard state.jobs.isEmpty else { return MonotonicInstant(nanoseconds: 0) }
            let others = state.waiters.values.compactMap(\.deadline)
            return (state.sleepers.map(\.deadline) + others).min()
        }
        return next.map { $0.milliseconds(from: Clock.monotonic()) }
    }
}

import Foundation
import Glibc
import Testing

/// Runs tests on threads of their own, a few at a time.
///
/// They block on sockets, which would starve the few threads that all tasks share; and too many
/// gateways at once would make every timeout of a test a matter of luck.
struct Staged: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        await Places.shared.enter()
        do {
            try await withTaskExecutorPreference(ThreadExecutor.shared) { try await function() }
        } catch {
            await Places.shared.leave()
            throw error
        }
        await Places.shared.leave()
    }
}

extension Trait where Self == Staged {
    /// Every test of the suite starts servers and talks to them.
    static var staged: Self { Staged() }
}

/// Gives each job a thread.
private final class ThreadExecutor: TaskExecutor {
    static let shared = ThreadExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = Thread {
            unsafe job.runSynchronously(on: ThreadExecutor.shared.asUnownedTaskExecutor())
        }
        thread.start()
    }
}

/// How many tests may be on stage.
private actor Places {
    static let shared = Places()

    private var free = 8
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Something that did not happen in time, or at all.
struct Unmet: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Seconds on a clock that only goes forward.
func uptime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Asks again and again until there is an answer.
///
/// - Parameter seconds: Long enough for a busy machine; a test that passes never waits so long.
func eventually<Value>(
    _ what: String, within seconds: Double = 20, _ ask: () throws -> Value?
) throws -> Value {
    let deadline = uptime() + seconds
    while true {
        if let value = try ask() { return value }
        guard uptime() < deadline else { throw Unmet("not within \(seconds) s: \(what)") }
        _ = poll(nil, 0, 5)
    }
}

/// Waits for a condition.
func eventually(
    _ what: String, within seconds: Double = 20, holds condition: () throws -> Bool
) throws {
    _ = try eventually(what, within: seconds) { try condition() ? true : nil }
}

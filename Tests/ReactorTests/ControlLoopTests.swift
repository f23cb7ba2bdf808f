import Glibc
import Linux
import Synchronization
import Testing

@testable import Reactor

/// Async functions on a loop's one thread.
struct ControlLoopTests {
    /// What happened, from whichever thread.
    private final class Trace: Sendable {
        private let events = Mutex<[String]>([])

        func note(_ event: String) { events.withLock { $0.append(event) } }

        var all: [String] { events.withLock { $0 } }
    }

    @Test func `everything runs on the thread that runs the loop`() throws {
        let loop = try ControlLoop()
        let own = pthread_self()
        let trace = Trace()
        loop.run {
            trace.note(pthread_self() == own ? "own" : "other")
            await loop.sleep(for: .milliseconds(1))
            trace.note(pthread_self() == own ? "own" : "other")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask { trace.note(pthread_self() == own ? "own" : "other") }
                }
            }
        }
        #expect(trace.all == ["own", "own", "own", "own", "own"])
    }

    @Test func `sleepers wake in the order of their deadlines`() throws {
        let loop = try ControlLoop()
        let trace = Trace()
        loop.run {
            await withTaskGroup(of: Void.self) { group in
                for milliseconds in [12, 4, 8, 0] {
                    group.addTask {
                        await loop.sleep(for: .milliseconds(milliseconds))
                        trace.note("\(milliseconds)")
                    }
                }
            }
        }
        #expect(trace.all == ["0", "4", "8", "12"])
    }

    @Test func `a sleep is not shorter than asked for`() throws {
        let loop = try ControlLoop()
        let start = Clock.monotonic()
        loop.run { await loop.sleep(for: .milliseconds(3)) }
        #expect(Clock.monotonic().nanoseconds(since: start) >= 3_000_000)
    }

    @Test func `who waits for a descriptor goes on when it is ready, and can wait again`() throws {
        let loop = try ControlLoop()
        let trace = Trace()
        let bell = Bell(try Wakeup())
        loop.run {
            loop.begin {
                for _ in 0..<2 {
                    trace.note("signal")
                    bell.wakeup.signal()
                    await loop.sleep(for: .milliseconds(1))
                }
            }
            for _ in 0..<2 {
                await loop.readable(bell.wakeup.number)
                bell.wakeup.clear()
                trace.note("ready")
            }
        }
        #expect(trace.all == ["signal", "ready", "signal", "ready"])
    }

    @Test func `a descriptor that is ready already is no wait`() throws {
        let loop = try ControlLoop()
        let bell = Bell(try Wakeup())
        bell.wakeup.signal()
        loop.run {
            await loop.readable(bell.wakeup.number)
            await loop.writable(bell.wakeup.number)
        }
    }

    @Test func `who waits for a descriptor until a deadline is told which came first`() throws {
        let loop = try ControlLoop()
        let trace = Trace()
        let bell = Bell(try Wakeup())
        loop.run {
            let start = Clock.monotonic()
            let soon = start.advanced(by: .milliseconds(3))
            trace.note("\(await loop.readable(bell.wakeup.number, until: soon))")
            trace.note("\(Clock.monotonic() >= soon)")
            let late = start.advanced(by: .seconds(60))
            loop.begin { bell.wakeup.signal() }
            trace.note("\(await loop.readable(bell.wakeup.number, until: late))")
            trace.note("\(await loop.writable(bell.wakeup.number, until: late))")
            trace.note("\(Clock.monotonic() < late)")
        }
        #expect(trace.all == ["false", "true", "true", "true", "true"])
    }

    @Test func `work from another thread wakes the loop`() throws {
        let loop = try ControlLoop()
        let bell = Bell(try Wakeup())
        let trace = Trace()
        _ = try Thread(name: "caller") {
            loop.begin {
                trace.note("called")
                bell.wakeup.signal()
            }
        }
        loop.run { await loop.readable(bell.wakeup.number) }
        #expect(trace.all == ["called"])
    }

    /// Lets closures share a move-only wakeup.
    private final class Bell: Sendable {
        let wakeup: Wakeup

        init(_ wakeup: consuming Wakeup) { self.wakeup = wakeup }
    }
}

import Testing

@testable import Linux

struct WakeupTests {
    @Test func `a signal ends a wait, from another thread too`() throws {
        let bell = Bell(try Wakeup())
        let thread = try Thread(name: "ringer") { bell.wakeup.signal() }
        bell.wakeup.wait(milliseconds: -1)
        thread.join()
    }

    @Test func `many signals are one wake-up, gone once cleared`() throws {
        let bell = try Wakeup()
        for _ in 0..<3 { bell.signal() }
        bell.clear()
        bell.clear()
        let start = Clock.monotonic()
        bell.wait(milliseconds: 1)
        #expect(Clock.monotonic().nanoseconds(since: start) >= 900_000)
    }

    private final class Bell: Sendable {
        let wakeup: Wakeup

        init(_ wakeup: consuming Wakeup) { self.wakeup = wakeup }
    }
}

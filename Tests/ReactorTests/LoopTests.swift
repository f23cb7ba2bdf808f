import Bytes
import Linux
import Testing

@testable import Reactor

struct LoopTests {
    @Test func `a turn tells who is ready, and the time moves with it`() throws {
        var loop = try Loop(reportsMax: 4)
        let bell = try Wakeup()
        let token = Token(.wakeup, SlabIndex(slot: 3, generation: 5))
        try loop.watch(bell.number, for: .source, as: token)
        let start = loop.now
        bell.signal()
        loop.turn(until: nil)
        let word = loop.reports[0].word
        let now = loop.now
        #expect(Token(word: word) == token)
        #expect(now >= start)
        loop.forget(bell.number)
        loop.turn(until: start)
        let count = loop.reports.count
        #expect(count == 0)
    }

    @Test func `a turn does not return before its deadline`() throws {
        var loop = try Loop(reportsMax: 4)
        let deadline = loop.now.advanced(by: .milliseconds(2))
        loop.turn(until: deadline)
        let now = loop.now
        #expect(now >= deadline)
    }

    @Test(arguments: [
        (0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (UInt64.max, Int32.max),
    ])
    func `a wait is rounded up to a millisecond`(_ nanoseconds: UInt64, _ milliseconds: Int32) {
        let now = MonotonicInstant(nanoseconds: 0)
        #expect(MonotonicInstant(nanoseconds: nanoseconds).milliseconds(from: now) == milliseconds)
    }
}

import Bytes
import Testing

@testable import Linux

struct PollerTests {
    /// Words and readiness of what is ready, at once or by and by.
    private func poll(
        _ poller: borrowing Poller, milliseconds: Int32? = 0, capacity: Int = 8
    ) -> [(word: UInt64, readiness: Readiness)] {
        var reports = Reports(capacity: capacity)
        poller.wait(milliseconds: milliseconds, into: &reports)
        return (0..<reports.count).map { (reports[$0].word, reports[$0].readiness) }
    }

    @Test func `a source is reported as long as something is there`() throws {
        let poller = try Poller()
        let bell = try Wakeup()
        try poller.watch(bell.number, for: .source, as: .max)
        #expect(poll(poller).isEmpty)
        bell.signal()
        #expect(poll(poller, milliseconds: nil).map(\.word) == [.max])
        #expect(poll(poller).map(\.word) == [.max])
        bell.clear()
        #expect(poll(poller).isEmpty)
    }

    @Test func `a stream is reported once for each change`() throws {
        let pair = try Pair()
        defer { pair.close() }
        let poller = try Poller()
        try poller.watch(pair.server.number, for: .stream, as: 1)
        #expect(poll(poller, milliseconds: nil).map(\.readiness) == [.writable])
        #expect(poll(poller).isEmpty)
        var byte = Buffer(capacity: 1)
        byte.append("x")
        _ = pair.client.send(1, of: byte)
        #expect(poll(poller, milliseconds: nil).map(\.readiness) == [[.readable, .writable]])
        #expect(poll(poller).isEmpty)
        pair.client.shutdownWrites()
        #expect(poll(poller, milliseconds: nil).allSatisfy { $0.readiness.contains(.ended) })
        #expect(poll(poller).isEmpty)
    }

    @Test func `what is watched once is reported once, and can be watched again`() throws {
        let poller = try Poller()
        let bell = try Wakeup()
        bell.signal()
        for word: UInt64 in 1...2 {
            try poller.watch(bell.number, for: .sourceOnce, as: word)
            #expect(poll(poller, milliseconds: nil).map(\.word) == [word])
            #expect(poll(poller).isEmpty)
            poller.forget(bell.number)
        }
        try poller.watch(bell.number, for: .sinkOnce, as: 3)
        #expect(poll(poller, milliseconds: nil).map(\.readiness) == [.writable])
    }

    @Test func `what is forgotten or closed is reported no more`() throws {
        let poller = try Poller()
        let bell = try Wakeup()
        try poller.watch(bell.number, for: .source, as: 1)
        bell.signal()
        poller.forget(bell.number)
        #expect(poll(poller).isEmpty)
        let pair = try Pair()
        try poller.watch(pair.server.number, for: .stream, as: 2)
        pair.close()
        #expect(poll(poller).isEmpty)
    }

    @Test func `a wait reports no more than there is room for, and the rest later`() throws {
        let poller = try Poller()
        let bells = [Bell(try Wakeup()), Bell(try Wakeup()), Bell(try Wakeup())]
        for (word, bell) in bells.enumerated() {
            bell.wakeup.signal()
            try poller.watch(bell.wakeup.number, for: .stream, as: UInt64(word))
        }
        var words: [UInt64] = []
        while words.count < 3 { words += poll(poller, capacity: 2).map(\.word) }
        #expect(words.sorted() == [0, 1, 2])
    }

    @Test func `a wait ends when its time is over`() throws {
        let poller = try Poller()
        let start = Clock.monotonic()
        #expect(poll(poller, milliseconds: 2).isEmpty)
        #expect(Clock.monotonic().nanoseconds(since: start) >= 1_900_000)
    }

    private final class Bell {
        let wakeup: Wakeup

        init(_ wakeup: consuming Wakeup) { self.wakeup = wakeup }
    }
}

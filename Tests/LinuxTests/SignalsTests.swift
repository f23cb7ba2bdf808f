import Glibc
import Testing

@testable import Linux

struct SignalsTests {
    @Test func `signals come as data, each once, and a broken pipe is none`() async {
        await #expect(processExitsWith: .success) {
            let queue = try SignalQueue()
            #expect(queue.next() == nil)
            for (number, signal) in [
                (SIGTERM, Signal.terminate), (SIGINT, .interrupt), (SIGHUP, .hangUp),
                (SIGUSR1, .user1),
            ] {
                raise(number)
                #expect(queue.next() == signal)
                #expect(queue.next() == nil)
            }
            raise(SIGPIPE)
            #expect(queue.next() == nil)
        }
    }

    @Test func `a waiting signal makes the queue readable`() async {
        await #expect(processExitsWith: .success) {
            let queue = try SignalQueue()
            let poller = try Poller()
            var reports = Reports(capacity: 1)
            try poller.watch(queue.number, for: .source, as: 4)
            poller.wait(milliseconds: 0, into: &reports)
            let before = reports.count
            raise(SIGTERM)
            poller.wait(milliseconds: nil, into: &reports)
            let after = reports.count
            #expect([before, after] == [0, 1])
        }
    }
}

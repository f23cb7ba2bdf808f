import Linux
import Testing

@testable import Reactor

struct MailboxTests {
    @Test func `messages come in the order in which they were posted, once`() throws {
        let mailbox = try Mailbox<Int>()
        for number in 0..<5 { mailbox.post(number) }
        #expect(mailbox.takeAll() == [0, 1, 2, 3, 4])
        #expect(mailbox.takeAll() == [])
    }

    @Test func `a message wakes the loop until it is taken`() throws {
        let mailbox = try Mailbox<Int>()
        let poller = try Poller()
        var reports = Reports(capacity: 4)
        try poller.watch(mailbox.wakeup.number, for: .source, as: 9)
        poller.wait(milliseconds: 0, into: &reports)
        let before = reports.count
        mailbox.post(1)
        poller.wait(milliseconds: nil, into: &reports)
        let during = reports.count
        let word = reports[0].word
        _ = mailbox.takeAll()
        poller.wait(milliseconds: 0, into: &reports)
        let after = reports.count
        #expect([before, during, after] == [0, 1, 0])
        #expect(word == 9)
    }

    @Test func `nothing is lost between threads that post and a loop that takes`() throws {
        let mailbox = try Mailbox<Int>()
        let poller = try Poller()
        try poller.watch(mailbox.wakeup.number, for: .source, as: 1)
        let threads = 4
        let each = 500
        for thread in 0..<threads {
            _ = try Thread(name: "poster-\(thread)") {
                for number in 0..<each { mailbox.post(thread * each + number) }
            }
        }
        var taken: [Int] = []
        var reports = Reports(capacity: 4)
        while taken.count < threads * each {
            poller.wait(milliseconds: nil, into: &reports)
            taken += mailbox.takeAll()
        }
        #expect(taken.sorted() == Array(0..<threads * each))
        for thread in 0..<threads {
            let own = taken.filter { $0 / each == thread }
            #expect(own == own.sorted())
        }
    }
}

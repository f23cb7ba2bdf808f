import Crypto
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

struct ForgettingTests {
    private func id(_ text: String) -> ReplayID {
        let id = ReplayID(Array(text.utf8).span)
        guard let id else { preconditionFailure("a short text") }
        return id
    }

    private func order(_ text: String) -> ForgetOrder { ForgetOrder(webhook: 0, text: id(text)) }

    @Test func `redis forgets what was accepted, and says whether there was anything`() async throws
    {
        let claiming = try Claiming()
        let x = try claiming.open()
        let claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.run()
        let early = order("i:1")
        claiming.world.worker.forget(early)
        claiming.world.run()
        #expect(await early.ruling() == .inFlight)
        claiming.world.worker.commitInStore(claim, seconds: 60)
        claiming.world.run()
        let first = order("i:1")
        claiming.world.post(.forget(first))
        claiming.world.run()
        #expect(await first.ruling() == .forgotten)
        #expect(claiming.holder(of: "i:1") == nil)
        let second = order("i:1")
        claiming.world.post(.forget(second))
        claiming.world.run()
        #expect(await second.ruling() == .unknown)
        #expect(claiming.world.worker.desk.replays.orders.isEmpty)
        claiming.end()
    }

    @Test func `an order is answered whatever becomes of redis`() async throws {
        let claiming = try Claiming()
        claiming.world.redis.answer = { _ in nil }
        let order = order("i:1")
        claiming.world.worker.forget(order)
        claiming.world.pass(.seconds(1))
        #expect(await order.ruling() == .storeAway)
        // The loop has found Redis away, and asks it no more for now.
        let next = self.order("i:2")
        claiming.world.worker.forget(next)
        #expect(await next.ruling() == .storeAway)
        #expect(claiming.world.worker.desk.replays.orders.isEmpty)
    }

    @Test func `the first answer is the one that counts`() async {
        let order = order("i:1")
        order.resolve(.forgotten)
        order.resolve(.storeAway)
        #expect(await order.ruling() == .forgotten)
    }

    @Test func `digests are found by the ids of their providers, the latest of them`() {
        let notes = ReplayNotes(countMax: 3)
        func tag(_ number: UInt64) -> SipHash.Tag { SipHash.Tag(low: number, high: 7) }
        func digest(_ number: UInt64) -> ReplayID { id("d:\(number)") }
        for number: UInt64 in 0..<5 { notes.note(digest(number), as: tag(number)) }
        #expect(notes.digest(of: tag(1)) == nil)
        for number: UInt64 in 2..<5 {
            let expected = digest(number)
            #expect(notes.digest(of: tag(number)) == expected)
        }
        notes.note(digest(9), as: tag(3))
        let replaced = digest(9)
        #expect(notes.digest(of: tag(3)) == replaced)
        #expect(notes.digest(of: tag(2)) != nil)
        #expect(digest(1).isDigest)
        #expect(!id("i:d:1").isDigest)
    }

    @Test func `a table tells claims from what was accepted`() {
        let table = ReplayTable(eventCountMax: 16)
        let key = SipHash.Tag(low: 1, high: 1)
        #expect(table.standing(of: key, at: 1) == .unknown)
        _ = table.claim(key, ReplayTicket(5), until: 100, at: 1)
        #expect(table.standing(of: key, at: 1) == .claimed)
        table.commit(key, until: 100, at: 1)
        #expect(table.standing(of: key, at: 1) == .committed)
        #expect(table.standing(of: key, at: 100) == .unknown)
    }
}

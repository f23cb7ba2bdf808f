import Bytes
import Config
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// Claims and their ends while Redis goes away and comes back.
struct ReplayAwayTests {
    @Test func `what was accepted while Redis was away it learns when it is back`() throws {
        let claiming = try Claiming(.simulated(failures: 1))
        let x = try claiming.open()
        let claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.run()
        #expect(claiming.holder(of: "i:1") == claim.ticket.number)
        claiming.world.redis.isHung = true
        #expect(claiming.askBuckets(1))
        claiming.world.pass(.milliseconds(15))
        #expect(!claiming.admits)
        claiming.world.worker.commitInStore(claim, seconds: 100)
        claiming.world.pass(.seconds(5))
        #expect(claiming.owedCount == 1)
        claiming.world.redis.isHung = false
        claiming.world.pass(.seconds(3))
        #expect(claiming.holder(of: "i:1") == 0)
        // It counts from when the app answered.
        let left = claiming.replays.events[Claiming.key("i:1")].map {
            $0.end - claiming.world.kernel.now.nanoseconds / 1_000_000
        }
        #expect(left.map { $0 > 90_000 && $0 <= 95_000 } == true)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `a claim that was carried out though nobody heard of it is ended`() throws {
        let claiming = try Claiming()
        let (first, second) = (try claiming.open(), try claiming.open())
        claiming.world.redis.isLate = true
        let one = try #require(claiming.claim(first, "i:1"))
        let two = try #require(claiming.claim(second, "i:2"))
        claiming.world.pass(.milliseconds(11))
        #expect(claiming.answer(to: first) == .nothing)
        #expect(claiming.holder(of: "i:1") == one.ticket.number)
        claiming.world.worker.releaseInStore(first, one)
        claiming.world.worker.commitInStore(two, seconds: 1000)
        #expect(claiming.owedCount == 2)
        claiming.world.redis.release()
        claiming.world.pass(.seconds(2))
        #expect(claiming.holder(of: "i:1") == nil)
        #expect(claiming.holder(of: "i:2") == 0)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `a claim is released behind itself by a request that breaks off`() throws {
        let claiming = try Claiming(.simulated(links: 2))
        let x = try claiming.open()
        let index = claiming.world.worker.exchanges.index(of: x)
        let claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.worker.releaseInStore(x, claim)
        claiming.leave(x)
        let isThere = claiming.world.worker.exchanges.contains(index)
        #expect(!isThere)
        #expect(claiming.asks.map(\.operation) == [.claim])
        #expect(claiming.owedCount == 1)
        claiming.world.pass(.milliseconds(200))
        #expect(claiming.asks.map(\.operation) == [.claim, .release])
        #expect(claiming.holder(of: "i:1") == nil)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `an answer to an exchange that has ended is nobody's`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        claiming.world.redis.isLate = true
        #expect(claiming.claim(x, "i:1") != nil)
        claiming.world.run()
        claiming.leave(x)
        // Another one has its slot by now.
        let next = try claiming.open()
        #expect(next == x)
        claiming.world.redis.release()
        claiming.world.run()
        #expect(claiming.answer(to: next) == nil)
        let callCount = claiming.world.worker.exchanges[next].admission.callCount
        #expect(callCount == 0)
        claiming.end()
    }

    @Test func `debts are told one at a time, the oldest first`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        claiming.goAway()
        for number in 0..<20 {
            let claim = claiming.makeClaim("i:\(number)")
            claiming.world.worker.commitInStore(claim, seconds: 1000)
        }
        #expect(claiming.owedCount == 20 && claiming.asks.isEmpty)
        claiming.comeBack()
        var most = 0
        for _ in 0..<400 where claiming.owedCount > 0 {
            claiming.world.run()
            most = max(most, claiming.debtCount - claiming.owedCount)
            claiming.world.pass(.milliseconds(10))
        }
        #expect(most <= 1)
        let keys = claiming.asks.map(\.key)
        #expect(keys == (0..<20).map { Claiming.key("i:\($0)") })
        #expect(claiming.debtCount == 0)
        // Meanwhile others are asked as ever.
        #expect(claiming.claim(x, "i:3") != nil)
        claiming.world.run()
        #expect(claiming.answer(to: x) != nil)
        claiming.end()
    }

    @Test func `debts are bounded, and void when they say nothing any more`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        claiming.goAway()
        for number in 0..<2060 {
            let claim = claiming.makeClaim("i:\(number)")
            claiming.world.worker.commitInStore(claim, seconds: 2)
        }
        #expect(claiming.owedCount == 2048 && claiming.droppedCount == 12)
        #expect(claiming.world.metric("apus_webhook_replay_notes_dropped_total") == 12)
        let short = claiming.makeClaim("i:short", life: 2_000_000_000)
        let long = claiming.makeClaim("i:long", life: 20_000_000_000)
        claiming.world.worker.releaseInStore(x, short)
        claiming.world.worker.releaseInStore(x, long)
        claiming.world.pass(.seconds(3))
        claiming.comeBack()
        claiming.world.pass(.seconds(3))
        #expect(claiming.asks.map(\.key) == [Claiming.key("i:long")])
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `a note that is lost is told again`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        let claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.run()
        claiming.world.redis.isHung = true
        claiming.world.worker.commitInStore(claim, seconds: 100)
        claiming.world.run()
        #expect(claiming.debtCount == 1 && claiming.owedCount == 0)
        claiming.world.kernel.upstreamStreams[0].stream.reset()
        claiming.world.redis.isHung = false
        claiming.world.pass(.seconds(2))
        #expect(claiming.holder(of: "i:1") == 0)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `who is asked to end says first what is owed`() throws {
        let claiming = try Claiming(.simulated(links: 2))
        claiming.goAway()
        for number in 0..<30 {
            let claim = claiming.makeClaim("i:\(number)")
            claiming.world.worker.commitInStore(claim, seconds: 1000)
        }
        claiming.comeBackQuietly()
        #expect(claiming.admits && claiming.owedCount > 0)
        claiming.world.drain()
        #expect(claiming.world.isDone)
        for number in 0..<30 { #expect(claiming.holder(of: "i:\(number)") == 0) }
        #expect(claiming.world.kernel.openCount == 0)
    }

    @Test func `without Redis nothing is asked, and nothing owed`() throws {
        let world = try World()
        #expect(world.worker.desk.replays.debts.count == 0)
        let admits = world.worker.storeAdmits()
        #expect(!admits)
    }
}

extension Claiming {
    /// Has nobody reach Redis any more.
    func goAway() {
        let address = SocketAddress(.redis, port: 6379)
        world.kernel.receptions[address] = .refuses
        for (stream, _) in world.redisStreams { stream.reset() }
        world.pass(.milliseconds(50))
    }

    /// Has Redis be reached again, and waits until it is asked.
    func comeBack() {
        world.kernel.receptions[SocketAddress(.redis, port: 6379)] = .accepts
        for _ in 0..<400 where !admits { world.pass(.milliseconds(10)) }
    }

    /// The same, stopping at the moment from which on it is asked.
    func comeBackQuietly() {
        world.kernel.receptions[SocketAddress(.redis, port: 6379)] = .accepts
        for _ in 0..<10_000 where !admits || world.worker.store.readyLink(0) == nil {
            world.worker.takeTurn()
            _ = world.redis.play(world.kernel.upstreamStreams)
            if world.kernel.wasQuiet, let next = world.kernel.sleepsUntil {
                world.kernel.advance(to: next)
            }
        }
    }
}

extension World {
    /// Connections that Redis has had.
    var redisStreams: [(stream: SimulatedStream, address: SocketAddress)] {
        kernel.upstreamStreams.filter { redis.addresses.contains($0.address) }
    }
}

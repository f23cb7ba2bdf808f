import Bytes
import Config
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// Claims of events in a healthy Redis.
struct ReplayStoreTests {
    @Test func `an event is claimed, is another's, and was accepted`() throws {
        let claiming = try Claiming()
        let (first, second) = (try claiming.open(), try claiming.open())
        let claim = try #require(claiming.claim(first, "i:evt_1"))
        #expect(claiming.answer(to: first) == nil)
        claiming.world.run()
        #expect(claiming.answer(to: first) == .claimed)
        #expect(claiming.claim(second, "i:evt_1") != nil)
        claiming.world.run()
        guard case .inFlight(let left)? = claiming.answer(to: second) else {
            throw Unexpected("\(String(describing: claiming.answer(to: second)))")
        }
        #expect(left > 3_590_000 && left <= 3_600_000)
        claiming.world.worker.commitInStore(claim, seconds: 86_400)
        #expect(claiming.claim(second, "i:evt_1") != nil)
        claiming.world.run()
        #expect(claiming.answer(to: second) == .replayed(milliseconds: 86_400_000))
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    private struct Unexpected: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    @Test func `what a claim asks stands in one command`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        let claim = try #require(claiming.claim(x, "d:abc", life: 60_000_000_000))
        claiming.world.run()
        let request = try #require(claiming.world.redis.requests("EVALSHA").last)
        #expect(
            request.words.dropFirst(2) == [
                "1", "apus:replay:{pay}:d:abc", "claim", "\(claim.ticket.number)", "60000",
            ])
        claiming.end()
    }

    @Test func `a claim that came to nothing leaves the event to the next`() throws {
        let claiming = try Claiming()
        let (first, second) = (try claiming.open(), try claiming.open())
        let claim = try #require(claiming.claim(first, "i:1"))
        claiming.world.run()
        claiming.world.worker.releaseInStore(first, claim)
        #expect(claiming.claim(second, "i:1") != nil)
        claiming.world.run()
        #expect(claiming.answer(to: second) == .claimed)
        // A late one frees nobody else's.
        claiming.world.worker.releaseInStore(first, claim)
        claiming.world.run()
        #expect(claiming.holder(of: "i:1") != nil)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `claims differ, and those of one exchange prolong one another`() throws {
        let claiming = try Claiming()
        let x = try claiming.open()
        var claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.run()
        #expect(claiming.makeClaim("i:1").ticket != claim.ticket)
        #expect(claiming.makeClaim("i:1").key == claim.key)
        #expect(claiming.makeClaim("i:2").key != claim.key)
        claim.end += Claiming.hour / 1000
        let isAsked = claiming.world.worker.claimInStore(x, claim)
        claiming.world.run()
        #expect(isAsked)
        #expect(claiming.answer(to: x) == .claimed)
        claiming.end()
    }

    @Test func `each script is taught once, though calls of both are on their way`() throws {
        let claiming = try Claiming()
        claiming.forgetScripts()
        let slots = try (0..<6).map { _ in try claiming.open() }
        for (number, x) in slots.enumerated() {
            #expect(claiming.askBuckets(number))
            #expect(claiming.claim(x, "i:\(number)") != nil)
        }
        claiming.world.run()
        let texts = claiming.world.redis.requests("EVAL").map { $0.words[1] }
        #expect(texts.count == 2)
        #expect(Set(texts) == [Claiming.bucketScript, Claiming.replayScript])
        let notes = claiming.world.worker.store.journal ?? []
        #expect(notes.count == 12 && notes.allSatisfy { $0.answer == .integers })
        #expect(claiming.admits)
        claiming.end()
    }

    @Test func `a server that forgets scripts again and again is told them`() throws {
        let claiming = try Claiming()
        var count = 0
        let healthy = claiming.world.redis.answer
        claiming.world.redis.answer = { request in
            count += 1
            return request.name == "EVALSHA" && count % 3 == 0
                ? "-NOSCRIPT No matching script.\r\n" : healthy?(request)
        }
        for number in 0..<8 {
            #expect(claiming.claim(try claiming.open(), "i:\(number)") != nil)
            #expect(claiming.askBuckets(number))
        }
        claiming.world.run()
        let notes = claiming.world.worker.store.journal ?? []
        #expect(notes.count == 16)
        for note in notes {
            guard case .delivery = note.asker, note.answer == .integers else { continue }
            #expect(ReplayAnswer(note.reply) == .claimed)
        }
        claiming.world.pass(.seconds(2))
        #expect(claiming.admits)
        claiming.end()
    }

    @Test func `claims share the queue's bound with all other calls`() throws {
        let claiming = try Claiming(.simulated(queue: 5))
        let slots = try (0..<4).map { _ in try claiming.open() }
        for number in 0..<3 { #expect(claiming.askBuckets(number)) }
        let asked = slots.map { claiming.claim($0, "i:\($0)") != nil }
        #expect(asked.filter { $0 }.count == 2)
        claiming.world.run()
        #expect(claiming.claim(slots[3], "i:9") != nil)
        claiming.world.run()
        claiming.end()
    }

    @Test func `a request waits for Redis no longer than it may in all`() throws {
        let claiming = try Claiming(.simulated(failures: 100))
        let x = try claiming.open()
        claiming.world.worker.exchanges[x].admission.storeLeft = 4_000_000
        claiming.world.redis.isHung = true
        #expect(claiming.claim(x, "i:1") != nil)
        claiming.world.pass(.milliseconds(3))
        #expect(claiming.answer(to: x) == nil)
        claiming.world.pass(.milliseconds(2))
        #expect(claiming.answer(to: x) == .nothing)
        claiming.world.redis.isHung = false
        claiming.world.pass(.seconds(1))
        #expect(claiming.admits)
        #expect(claiming.claim(x, "i:1") == nil)
        claiming.end()
    }

    @Test func `a claim that has ended is not asked for`() throws {
        let claiming = try Claiming()
        #expect(claiming.claim(try claiming.open(), "i:1", life: 0) == nil)
        claiming.end()
    }

    @Test(arguments: [
        "*1\r\n:1\r\n", "*3\r\n:1\r\n:1\r\n:1\r\n", "*2\r\n:3\r\n:1\r\n", "*2\r\n:-1\r\n:1\r\n",
        "*2\r\n:1\r\n:-1\r\n", "*2\r\n:2\r\n:9007199254740993\r\n",
    ])
    func `who answers something else is not believed`(_ nonsense: String) throws {
        let claiming = try Claiming(.simulated(failures: 3))
        let x = try claiming.open()
        let healthy = claiming.world.redis.answer
        claiming.world.redis.answer = { request in
            request.words.contains("claim") || request.words.contains("commit")
                ? nonsense : healthy?(request)
        }
        let claim = try #require(claiming.claim(x, "i:1"))
        claiming.world.run()
        #expect(claiming.answer(to: x) == .nothing)
        claiming.world.worker.commitInStore(claim, seconds: 100)
        claiming.world.pass(.milliseconds(200))
        #expect(claiming.debtCount == 1)
        #expect(!claiming.admits)
        claiming.world.redis.answer = healthy
        claiming.world.pass(.seconds(3))
        #expect(claiming.holder(of: "i:1") == 0)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }

    @Test func `calls go to the master of the webhook's slot, and where it sends them`() throws {
        let cluster = StoreClusterTests.Cluster()
        let claiming = try Claiming(
            .simulated(.cluster([.ip(.node(1), port: 7000), .ip(.node(2), port: 7000)])))
        for node in 1...4 as ClosedRange<UInt32> {
            claiming.world.redis.addresses.insert(cluster.address(node))
            claiming.world.kernel.receptions[cluster.address(node)] = .accepts
        }
        let healthy = claiming.world.redis.answer
        claiming.world.redis.answer = { request in
            let reply = cluster.answer(request)
            return request.name.hasPrefix("EVAL") && reply?.first != "-"
                ? healthy?(request) : reply
        }
        claiming.world.pass(.seconds(2))
        let slot = HashSlot.slot(of: Array(Claiming.key("i:1").utf8).span)
        #expect(slot == HashSlot.slot(of: Array("pay".utf8).span))
        let (first, second) = (try claiming.open(), try claiming.open())
        let claim = try #require(claiming.claim(first, "i:1"))
        claiming.world.run()
        #expect(claiming.answer(to: first) == .claimed)
        #expect(
            claiming.world.redis.requests.last?.address == cluster.address(cluster.owner(of: slot)))
        // Moved on its way, then moved for good.
        cluster.visited = [slot]
        #expect(claiming.claim(second, "i:2") != nil)
        claiming.world.run()
        #expect(claiming.answer(to: second) == .claimed)
        #expect(claiming.world.redis.requests.last?.address == cluster.address(3))
        cluster.visited = []
        cluster.owners.swapAt(0, 1)
        claiming.world.worker.commitInStore(claim, seconds: 100)
        claiming.world.run()
        #expect(claiming.holder(of: "i:1") == 0)
        #expect(claiming.debtCount == 0)
        claiming.end()
    }
}

extension Claiming {
    /// Calls the other script, for nobody.
    func askBuckets(_ number: Int) -> Bool {
        var tail = Buffer(capacity: 256)
        tail.appendBulk("1")
        tail.appendBulk("apus:test:{\(number)}")
        tail.appendBulk("\(number)")
        return world.worker.askStore(
            .settlement, tail: tail, argumentCount: 3, slot: 0,
            deadline: world.kernel.now.advanced(by: .milliseconds(10)))
    }
}

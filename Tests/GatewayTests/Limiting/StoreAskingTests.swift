import Bytes
import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// A healthy store, asked.
struct StoreAskingTests {
    @Test func `connections are made before anybody asks`() throws {
        let asking = try Asking(.simulated(links: 3))
        asking.world.run()
        #expect(asking.linkCount == 3)
        #expect(asking.admits)
        #expect(asking.redis.requests("CLIENT").count == 3)
        asking.end()
    }

    @Test func `a call is answered`() throws {
        let asking = try Asking()
        asking.world.run()
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .integers)
        #expect(asking.world.metric("apus_redis_commands_total{result=\"ok\"}") == 1)
        asking.end()
    }

    @Test func `the calls of a turn leave in one write, and are answered in order`() throws {
        let asking = try Asking()
        asking.world.run()
        for _ in 0..<20 { asking.ask() }
        let before = asking.kernel.faults.callCount
        asking.world.worker.takeTurn()
        #expect(asking.kernel.faults.callCount - before == 1)
        asking.world.run()
        #expect(asking.notes.map(\.answer) == Array(repeating: .integers, count: 20))
        asking.end()
    }

    @Test func `calls wait for a connection that is being made`() throws {
        let asking = try Asking()
        asking.world.worker.takeTurn()
        #expect(asking.admits)
        let call = asking.ask()
        #expect(asking.answer(to: call) == nil)
        asking.world.run()
        #expect(asking.answer(to: call) == .integers)
        asking.end()
    }

    @Test func `a greeting says who we are and where the keys are`() throws {
        let asking = try Asking(
            .simulated(credentials: RedisCredentials(user: "me", password: "secret"), database: 3))
        asking.world.run()
        #expect(
            asking.redis.requests.map(\.words) == [
                ["AUTH", "me", "secret"], ["SELECT", "3"], ["CLIENT", "SETNAME", "apus"],
            ])
        asking.end()
    }

    @Test(arguments: ["AUTH", "SELECT"])
    func `nothing is asked where the greeting is refused`(_ name: String) throws {
        let asking = try Asking(
            .simulated(credentials: RedisCredentials(user: nil, password: "secret"), database: 3))
        asking.redis.answer = {
            $0.name == name ? "-WRONGPASS secret\r\n" : RedisPlay.usual($0)
        }
        asking.world.worker.takeTurn()
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.lost))
        #expect(asking.redis.requests("EVALSHA").isEmpty)
        #expect(!asking.admits)
        #expect(!asking.world.lines.contains { $0.contains("secret") })
        asking.end()
    }

    @Test func `a server that takes no names is asked nevertheless`() throws {
        let asking = try Asking()
        asking.redis.answer = {
            $0.name == "CLIENT" ? "-ERR unknown command\r\n" : RedisPlay.usual($0)
        }
        asking.world.run()
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .integers)
        asking.end()
    }

    @Test func `a script that the server does not know is sent once`() throws {
        let asking = try Asking()
        asking.world.run()
        var isKnown = false
        asking.redis.answer = { request in
            if request.name == "EVAL" { isKnown = true }
            if request.name == "EVALSHA", !isKnown { return "-NOSCRIPT No matching script.\r\n" }
            return RedisPlay.usual(request)
        }
        for _ in 0..<10 { asking.ask() }
        asking.world.run()
        #expect(asking.notes.map(\.answer) == Array(repeating: .integers, count: 10))
        #expect(asking.redis.requests("EVAL").count == 1)
        #expect(asking.redis.requests("EVALSHA").count == 19)
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a server that forgets the script again at once is sent it again`() throws {
        let asking = try Asking()
        asking.world.run()
        var calls = 0
        asking.redis.answer = { request in
            calls += 1
            return calls <= 4 && request.name == "EVALSHA"
                ? "-NOSCRIPT No matching script.\r\n" : RedisPlay.usual(request)
        }
        let (first, second) = (asking.ask(), asking.ask())
        asking.world.run()
        #expect(asking.answer(to: first) == .integers && asking.answer(to: second) == .integers)
        #expect(asking.redis.requests("EVAL").count == 2)
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a server that never learns the script has failed`() throws {
        let asking = try Asking()
        asking.world.run()
        asking.redis.answer = {
            $0.name.hasPrefix("EVAL") ? "-NOSCRIPT No matching script.\r\n" : RedisPlay.usual($0)
        }
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.error))
        #expect(!asking.admits)
        asking.end()
    }

    @Test func `links share the calls`() throws {
        let asking = try Asking(.simulated(links: 4))
        asking.world.run()
        for _ in 0..<8 { asking.ask() }
        asking.world.run()
        let numbers = asking.redis.requests("EVALSHA").map(\.stream.number)
        #expect(Set(numbers).count == 4)
        #expect(Dictionary(grouping: numbers) { $0 }.values.allSatisfy { $0.count == 2 })
        asking.end()
    }

    @Test func `a full queue takes no more`() throws {
        let asking = try Asking(.simulated(queue: 5))
        asking.world.run()
        let calls = (0..<8).map { _ in asking.ask() }
        #expect(calls.filter { $0 != nil }.count == 5)
        #expect(!asking.admits)
        asking.world.run()
        #expect(asking.admits)
        asking.end()
    }

    @Test func `tails beyond what a link keeps are not taken`() throws {
        let asking = try Asking(.simulated(queue: 64))
        asking.world.run()
        let calls = (0..<10).map { _ in asking.ask(tailBytes: 8000) }
        let takenCount = calls.filter { $0 != nil }.count
        #expect(takenCount >= 2 && takenCount < 10)
        asking.world.run()
        asking.end()
    }

    @Test func `a call whose time is over already is not taken`() throws {
        let asking = try Asking()
        asking.world.run()
        #expect(asking.ask(within: .zero) == nil)
        asking.end()
    }

    @Test(arguments: 0..<30)
    func `bytes come and go in any pieces`(_ seed: UInt64) throws {
        var faults = SimulatedFaults(seed: seed)
        faults.shortPercent = 50
        faults.blockPercent = 20
        faults.shufflesReports = true
        let asking = try Asking(.simulated(links: 2), faults: faults)
        asking.world.run()
        for _ in 0..<10 {
            for _ in 0..<6 { #expect(asking.ask() != nil) }
            asking.world.pass(.milliseconds(1))
        }
        #expect(asking.notes.count == 60)
        #expect(asking.notes.allSatisfy { $0.answer == .integers })
        asking.end()
    }

    @Test func `without redis there is nothing to ask`() throws {
        let world = try World()
        world.run()
        let admits = world.worker.storeAdmits()
        let linkCount = world.worker.store.links.count
        #expect(!admits)
        #expect(linkCount == 0)
    }
}

import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// A store that fails in one way or another, and comes back.
struct StoreFailingTests {
    private static let address = SocketAddress(.redis, port: 6379)

    @Test func `an overdue call is given up at its deadline, and its late answer dropped`() throws {
        let asking = try Asking()
        asking.world.run()
        asking.redis.isLate = true
        let first = asking.ask()
        asking.world.pass(.milliseconds(9))
        #expect(asking.answer(to: first) == nil)
        asking.world.pass(.milliseconds(2))
        #expect(asking.answer(to: first) == .failed(.timeout))
        #expect(!asking.admits)
        #expect(asking.ask() == nil)
        asking.redis.release()
        asking.world.pass(.milliseconds(100))
        #expect(asking.admits)
        let second = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: second) == .integers)
        #expect(asking.world.metric("apus_redis_commands_total{result=\"timeout\"}") == 1)
        asking.end()
    }

    @Test func `all that are overdue are told at once, and none behind them`() throws {
        let asking = try Asking()
        asking.world.run()
        asking.redis.isHung = true
        let first = asking.ask()
        let second = asking.ask(within: .milliseconds(5))
        asking.world.pass(.milliseconds(4))
        let third = asking.ask()
        asking.world.pass(.milliseconds(2))
        #expect(asking.answer(to: second) == .failed(.timeout))
        #expect(asking.answer(to: first) == nil && asking.answer(to: third) == nil)
        asking.world.pass(.milliseconds(5))
        #expect(asking.answer(to: first) == .failed(.timeout))
        #expect(asking.answer(to: third) == nil)
        asking.redis.isHung = false
        asking.world.run()
        #expect(asking.answer(to: third) == .integers)
        asking.end()
    }

    @Test func `a connection that owes an answer for long is closed`() throws {
        let asking = try Asking()
        asking.world.run()
        let stream = asking.kernel.upstreamStreams[0].stream
        asking.redis.isHung = true
        asking.ask()
        asking.world.pass(.milliseconds(90))
        #expect(!stream.sawEnd && !stream.sawReset)
        asking.world.pass(.milliseconds(40))
        asking.redis.isHung = false
        asking.world.run()
        #expect(stream.sawEnd || stream.sawReset)
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `while a server hangs it is tried less and less often`() throws {
        let asking = try Asking()
        asking.world.run()
        asking.redis.isHung = true
        asking.ask()
        asking.world.pass(.seconds(20))
        let count = asking.kernel.upstreamStreams.count
        #expect(count > 10 && count < 40)
        #expect(asking.callCount == 0)
        asking.redis.isHung = false
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test(arguments: [
        "-READONLY You can't write\r\n", "-LOADING Redis is loading\r\n", "-OOM command\r\n",
        "-NOAUTH Authentication required.\r\n", "-BUSY Redis is busy\r\n", "-ERR what\r\n",
        "-MOVED 1 10.0.9.2:6379\r\n", "-CLUSTERDOWN no\r\n", "-NOPERM no\r\n",
    ])
    func `an error reply makes the loop decide for itself until a write succeeds`(
        _ error: String
    ) throws {
        let asking = try Asking()
        asking.world.run()
        var isIll = true
        asking.redis.answer = { request in
            if isIll, request.name.hasPrefix("EVAL") { return error }
            return RedisPlay.usual(request)
        }
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.error))
        #expect(!asking.admits)
        asking.world.pass(.milliseconds(500))
        #expect(!asking.admits)
        isIll = false
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        let proofs = asking.redis.requests("EVAL").filter(\.isProof)
        #expect(proofs.count > 1)
        #expect(proofs.allSatisfy { $0.words[3] == "apus:probe" })
        asking.end()
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n", "$3\r\nabc\r\n", "*1\r\n$1\r\nx\r\n",
        "*2147483647\r\n", "$1000000000\r\n" + String(repeating: "x", count: 10_000),
        "*2\r\n*1\r\n:1\r\n:2\r\n", "\0",
    ])
    func `what is no answer ends the connection`(_ garbage: String) throws {
        let asking = try Asking()
        asking.world.run()
        var isIll = true
        asking.redis.answer = { request in
            if isIll, request.name == "EVALSHA" { return garbage }
            return RedisPlay.usual(request)
        }
        let calls = [asking.ask(), asking.ask()]
        asking.world.pass(.milliseconds(20))
        isIll = false
        for call in calls {
            let answer = asking.answer(to: call)
            #expect(answer == .failed(.lost) || answer == .failed(.timeout))
        }
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        #expect(asking.kernel.upstreamStreams.count > 1 || garbage == "\0")
        asking.end()
    }

    @Test func `an answer that nobody asked for ends the connection`() throws {
        let asking = try Asking()
        asking.world.run()
        asking.kernel.upstreamStreams[0].stream.send("*1\r\n:1\r\n")
        asking.world.run()
        asking.ask()
        asking.world.pass(.seconds(2))
        #expect(asking.kernel.upstreamStreams[0].stream.sawEnd)
        #expect(asking.admits)
        asking.end()
    }

    @Test(arguments: [0, 1, 3, 5])
    func `a reset in the middle of an answer fails all that wait`(_ byteCount: Int) throws {
        let asking = try Asking()
        asking.world.run()
        asking.redis.isHung = true
        let calls = (0..<3).map { _ in asking.ask() }
        asking.world.run()
        let stream = asking.kernel.upstreamStreams[0].stream
        stream.send(Array(Array("*1\r\n:1\r\n".utf8).prefix(byteCount)))
        asking.world.run()
        stream.reset()
        asking.redis.isHung = false
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .failed(.lost)) }
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test(arguments: [SimulatedKernel.Reception.refuses, .refusesAtOnce, .silent])
    func `a server that cannot be connected to is tried until it can`(
        _ reception: SimulatedKernel.Reception
    ) throws {
        let asking = try Asking()
        asking.kernel.receptions[Self.address] = reception
        asking.world.worker.takeTurn()
        asking.ask()
        asking.world.pass(.seconds(5))
        #expect(!asking.admits)
        asking.kernel.receptions[Self.address] = .accepts
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `an idle connection may be closed without anybody noticing`() throws {
        let asking = try Asking()
        asking.world.pass(.seconds(5))
        asking.kernel.upstreamStreams[0].stream.close()
        asking.world.run()
        #expect(asking.kernel.upstreamStreams.count == 2)
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a server with all its clients leaves those that there are in use`() throws {
        let asking = try Asking(.simulated(links: 3))
        var greetedCount = 0
        asking.redis.answer = { request in
            guard request.name == "CLIENT" else { return RedisPlay.usual(request) }
            greetedCount += 1
            return greetedCount > 1 ? "-ERR max number of clients reached\r\n" : "+OK\r\n"
        }
        asking.world.run()
        #expect(asking.linkCount == 1)
        #expect(asking.admits)
        let call = asking.ask()
        asking.world.pass(.seconds(3))
        #expect(asking.answer(to: call) == .integers)
        #expect(asking.kernel.upstreamStreams.count < 12)
        asking.end()
    }

    @Test(arguments: 0..<60)
    func `whatever call of the kernel fails, each asker is told once and in time`(
        _ failing: Int
    ) throws {
        var faults = SimulatedFaults()
        faults.failingCall = failing
        let asking = try Asking(.simulated(links: 2), faults: faults)
        for _ in 0..<12 {
            asking.world.worker.takeTurn()
            asking.ask()
            asking.ask()
            asking.world.pass(.milliseconds(2))
        }
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a master that was demoted is connected to anew`() throws {
        let asking = try Asking(.simulated(links: 2))
        asking.world.run()
        let old = Set(asking.kernel.upstreamStreams.map(\.stream.number))
        // Its name, or what forwards to it, leads to the new one by now.
        asking.redis.answer = { request in
            old.contains(request.stream.number) && request.name.hasPrefix("EVAL")
                ? "-READONLY You can't write against a read only replica.\r\n"
                : RedisPlay.usual(request)
        }
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.error))
        asking.world.pass(.milliseconds(100))
        #expect(asking.admits)
        #expect(asking.linkCount == 2)
        let next = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: next) == .integers)
        asking.end()
    }
}

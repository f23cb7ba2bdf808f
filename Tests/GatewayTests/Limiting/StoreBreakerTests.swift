import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// The breaker before the store: nothing is sent while it refuses, but one probe.
struct StoreBreakerTests {
    @Test func `enough failures make it refuse, and nothing is sent until its probe`() throws {
        let asking = try Asking(.simulated(failures: 3))
        asking.world.run()
        asking.redis.isHung = true
        asking.ask()
        asking.world.pass(.milliseconds(200))
        #expect(asking.breaker == .refusing)
        #expect(!asking.admits)
        let refused = "apus_redis_commands_total{result=\"refused_by_breaker\"}"
        #expect(asking.world.metric(refused) == 1)
        let before = asking.kernel.faults.callCount
        let streamCount = asking.kernel.upstreamStreams.count
        asking.world.pass(.milliseconds(500))
        #expect(asking.kernel.upstreamStreams.count == streamCount)
        // A connection that owes answers may be closed meanwhile; nothing is sent on it.
        #expect(asking.kernel.faults.callCount - before <= 1)
        asking.redis.isHung = false
        asking.world.pass(.milliseconds(1300))
        #expect(asking.breaker == .admitting)
        #expect(asking.admits)
        let events = asking.world.lines.map(LogLine.init).filter { $0["event"] == "breaker" }
        #expect(events.map { $0["to"] } == ["refusing", "probing", "admitting"])
        #expect(events.first?["reason"] == "timeout")
        asking.end()
    }

    @Test func `a probe that fails doubles the time until the next`() throws {
        let asking = try Asking(.simulated(failures: 1))
        asking.kernel.receptions[SocketAddress(.redis, port: 6379)] = .refuses
        asking.world.pass(.seconds(8))
        let events = asking.world.lines.map(LogLine.init).filter { $0["event"] == "breaker" }
        // Cool-downs of about 1, 2 and 4 s.
        #expect(events.filter { $0["to"] == "probing" }.count == 3)
        #expect(asking.breaker == .refusing)
        asking.kernel.receptions[SocketAddress(.redis, port: 6379)] = .accepts
        asking.world.pass(.seconds(12))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `answers that are slow count as failures`() throws {
        let asking = try Asking(.simulated(failures: 3, slow: .milliseconds(5)))
        asking.world.run()
        for _ in 0..<3 {
            asking.redis.isLate = true
            asking.ask()
            asking.world.pass(.milliseconds(6))
            asking.redis.release()
            asking.world.run()
        }
        #expect(asking.notes.allSatisfy { $0.answer == .integers })
        #expect(asking.breaker == .refusing)
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `another loop's failures are obeyed, and its probe`() throws {
        let asking = try Asking(.simulated(failures: 1))
        asking.world.run()
        let breaker = try #require(asking.world.store?.breaker)
        _ = breaker.noteFailure(at: asking.kernel.now.nanoseconds, jitter: 0)
        #expect(!asking.admits)
        #expect(asking.ask() == nil)
        asking.world.run()
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `while a probe of another loop is under way nothing is sent`() throws {
        let asking = try Asking(.simulated(failures: 1))
        asking.world.run()
        let breaker = try #require(asking.world.store?.breaker)
        _ = breaker.noteFailure(at: asking.kernel.now.nanoseconds, jitter: 0)
        _ = breaker.beginProbe(at: asking.kernel.now.nanoseconds + 2_000_000_000)
        let before = asking.redis.requests.count
        asking.world.pass(.seconds(4))
        #expect(asking.redis.requests.count == before)
        let change = breaker.endProbe(
            succeeded: true, at: asking.kernel.now.nanoseconds, jitter: 0)
        #expect(change?.to == .admitting)
        asking.world.pass(.milliseconds(300))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a script that is not known is not sent again while it refuses`() throws {
        let asking = try Asking(.simulated(failures: 1))
        asking.world.run()
        asking.redis.answer = { request in
            request.name == "EVALSHA" ? "-NOSCRIPT no\r\n" : RedisPlay.usual(request)
        }
        asking.redis.isLate = true
        let call = asking.ask()
        asking.world.run()
        let breaker = try #require(asking.world.store?.breaker)
        _ = breaker.noteFailure(at: asking.kernel.now.nanoseconds, jitter: 0)
        asking.redis.release()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.error))
        #expect(asking.redis.requests("EVAL").isEmpty)
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a trial that another loop's failure overtakes is left to the probe`() throws {
        let asking = try Asking(.simulated(failures: 2))
        asking.world.run()
        let call = asking.ask()
        asking.redis.isHung = true
        asking.world.run()
        asking.kernel.upstreamStreams[0].stream.reset()
        asking.world.worker.takeTurn()
        #expect(asking.answer(to: call) == .failed(.lost))
        let breaker = try #require(asking.world.store?.breaker)
        _ = breaker.noteFailure(at: asking.kernel.now.nanoseconds, jitter: 0)
        #expect(asking.breaker == .refusing)
        asking.redis.isHung = false
        asking.world.pass(.milliseconds(500))
        #expect(asking.redis.requests("PING").isEmpty)
        asking.world.pass(.seconds(3))
        #expect(asking.redis.requests("PING").count == 1)
        #expect(asking.admits)
        asking.end()
    }
}

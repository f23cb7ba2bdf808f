import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// A master that sentinels tell of.
struct StoreSentinelTests {
    private static let sentinels = [
        SocketAddress(.node(1), port: 26_379), SocketAddress(.node(2), port: 26_379),
    ]
    private static let masters = [
        SocketAddress(.node(3), port: 6379), SocketAddress(.node(4), port: 6379),
    ]
    private static let settings = RedisSettings.simulated(
        .sentinel(
            [.ip(.node(1), port: 26_379), .ip(.node(2), port: 26_379)], master: "main"))

    /// Which of the two is the master, in the sentinels' opinion and in its own.
    private final class Roles {
        var named = 0
        var actual = 0
    }

    private func makeAsking(_ roles: Roles) throws -> Asking {
        let asking = try Asking(Self.settings)
        for master in Self.masters {
            asking.redis.addresses.insert(master)
            asking.kernel.receptions[master] = .accepts
        }
        asking.redis.answer = { request in
            let isActual = request.address == Self.masters[roles.actual]
            switch request.name {
            case "SENTINEL":
                #expect(request.words == ["SENTINEL", "get-master-addr-by-name", "main"])
                return "*2\r\n$8\r\n10.0.9.\(3 + roles.named)\r\n$4\r\n6379\r\n"
            case "ROLE" where !isActual: return "*1\r\n$5\r\nslave\r\n"
            case "EVALSHA" where !isActual, "EVAL" where !isActual:
                return "-READONLY You can't write against a read only replica.\r\n"
            default: return RedisPlay.usual(request)
            }
        }
        return asking
    }

    @Test func `the master is asked that a sentinel names`() throws {
        let asking = try makeAsking(Roles())
        asking.world.pass(.milliseconds(1))
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .integers)
        #expect(asking.redis.requests("EVALSHA").map(\.address) == [Self.masters[0]])
        #expect(asking.linkCount == 1)
        asking.end()
    }

    @Test(arguments: [SimulatedKernel.Reception.refuses, .refusesAtOnce, .silent])
    func `a sentinel that is away is passed over`(_ reception: SimulatedKernel.Reception) throws {
        let asking = try makeAsking(Roles())
        asking.kernel.receptions[Self.sentinels[0]] = reception
        asking.world.pass(.milliseconds(20))
        #expect(asking.admits)
        asking.end()
    }

    @Test(arguments: ["*-1\r\n", "-IDONTKNOW\r\n", "+OK\r\n", "*2\r\n$1\r\na\r\n$1\r\n1\r\n"])
    func `a sentinel that does not know is passed over`(_ reply: String) throws {
        let asking = try makeAsking(Roles())
        let answer = asking.redis.answer
        asking.redis.answer = { request in
            request.address == Self.sentinels[0] ? reply : answer?(request)
        }
        asking.world.pass(.milliseconds(20))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `without any sentinel they are asked again every second`() throws {
        let asking = try makeAsking(Roles())
        for sentinel in Self.sentinels { asking.kernel.receptions[sentinel] = .refuses }
        asking.world.pass(.seconds(5))
        #expect(!asking.admits)
        let calls = asking.kernel.faults.callCount
        #expect(calls < 60)
        for sentinel in Self.sentinels { asking.kernel.receptions[sentinel] = .accepts }
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `after a failover the new master is asked`() throws {
        let roles = Roles()
        let asking = try makeAsking(roles)
        asking.world.pass(.milliseconds(1))
        asking.ask()
        asking.world.run()
        asking.kernel.receptions[Self.masters[0]] = .refuses
        for (stream, address) in asking.kernel.upstreamStreams where address == Self.masters[0] {
            stream.reset()
        }
        asking.world.pass(.seconds(3))
        #expect(!asking.admits)
        roles.named = 1
        roles.actual = 1
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .integers)
        #expect(asking.redis.requests("EVALSHA").last?.address == Self.masters[1])
        asking.end()
    }

    @Test func `a master that became a replica is left for the new one`() throws {
        let roles = Roles()
        let asking = try makeAsking(roles)
        asking.world.pass(.seconds(2))
        roles.named = 1
        roles.actual = 1
        let call = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: call) == .failed(.error))
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        let next = asking.ask()
        asking.world.run()
        #expect(asking.answer(to: next) == .integers)
        asking.end()
    }

    @Test func `a server that is named but no master is not asked`() throws {
        let roles = Roles()
        roles.actual = 1
        let asking = try makeAsking(roles)
        asking.world.pass(.seconds(3))
        #expect(!asking.admits)
        #expect(asking.redis.requests("EVALSHA").isEmpty)
        roles.actual = 0
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `names that sentinels use are those of the configuration`() throws {
        let settings = RedisSettings.simulated(
            .sentinel([.name("sentinel.example", port: 26_379)], master: "main"))
        let asking = try Asking(settings)
        asking.redis.addresses = Set(Self.sentinels + Self.masters)
        for address in Self.sentinels + Self.masters {
            asking.kernel.receptions[address] = .accepts
        }
        asking.redis.answer = { request in
            request.name == "SENTINEL"
                ? "*2\r\n$8\r\n10.0.9.3\r\n$4\r\n6379\r\n" : RedisPlay.usual(request)
        }
        asking.world.pass(.seconds(3))
        #expect(!asking.admits)
        asking.world.post(.storeResolved(server: 0, addresses: [Self.sentinels[1]]))
        asking.world.pass(.seconds(2))
        #expect(asking.admits)
        asking.end()
    }
}

import Config
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// Masters that share the slots.
struct StoreClusterTests {
    /// Who owns what, in the cluster's opinion.
    final class Cluster {
        /// The node of the lower half of the slots, and that of the upper.
        var owners: [UInt32] = [1, 2]
        /// Slots on their way: asked for at their new node alone.
        var visited: Set<UInt16> = []
        var newHome: UInt32 = 3
        /// Nodes that answer nothing about the cluster.
        var isMute = false
        var isScattered = false
        private var welcome: Set<Int32> = []

        func owner(of slot: UInt16) -> UInt32 { owners[slot < 8192 ? 0 : 1] }

        func address(_ node: UInt32) -> SocketAddress { SocketAddress(.node(node), port: 7000) }

        func answer(_ request: RedisRequest) -> String? {
            switch request.name {
            case "CLUSTER":
                if isMute { return "-ERR no\r\n" }
                return "*2\r\n" + range(0, 8191, owners[0]) + range(8192, 16_383, owners[1])
            case "ASKING":
                welcome.insert(request.stream.number)
                return "+OK\r\n"
            case "EVALSHA", "EVAL":
                let slot = HashSlot.slot(of: Array(request.words[3].utf8).span)
                let isWelcome = welcome.remove(request.stream.number) != nil
                if visited.contains(slot) {
                    if request.address == address(newHome), isWelcome {
                        return RedisPlay.usual(request)
                    }
                    if request.address == address(owner(of: slot)) {
                        return "-ASK \(slot) 10.0.9.\(newHome):7000\r\n"
                    }
                }
                guard request.address == address(owner(of: slot)), !isScattered else {
                    return "-MOVED \(slot) 10.0.9.\(owner(of: slot)):7000\r\n"
                }
                return RedisPlay.usual(request)
            default: return RedisPlay.usual(request)
            }
        }

        private func range(_ first: Int, _ last: Int, _ node: UInt32) -> String {
            "*3\r\n:\(first)\r\n:\(last)\r\n*3\r\n$8\r\n10.0.9.\(node)\r\n:7000\r\n$2\r\nid\r\n"
        }
    }

    static func makeAsking(
        _ cluster: Cluster, seeds: [UInt32] = [1], failures: Int = 100,
        faults: SimulatedFaults = SimulatedFaults()
    ) throws -> Asking {
        let settings = RedisSettings.simulated(
            .cluster(seeds.map { .ip(.node($0), port: 7000) }), failures: failures)
        let asking = try Asking(settings, faults: faults)
        for node in 1...4 as ClosedRange<UInt32> {
            asking.redis.addresses.insert(cluster.address(node))
            asking.kernel.receptions[cluster.address(node)] = .accepts
        }
        asking.redis.answer = { cluster.answer($0) }
        asking.world.pass(.milliseconds(5))
        return asking
    }

    /// Asks with the slot of the key, as a caller does.
    static func ask(_ asking: Asking, _ count: Int = 20) -> [Int?] {
        (0..<count).map { _ in asking.ask(slot: asking.nextSlot) }
    }

    @Test func `each call goes to the master of its slot`() throws {
        let asking = try Self.makeAsking(Cluster())
        #expect(asking.linkCount == 2)
        let calls = Self.ask(asking)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        #expect(Set(asking.redis.requests("EVALSHA").map(\.address)).count == 2)
        #expect(asking.redis.requests("CLUSTER").count == 1)
        asking.end()
    }

    @Test func `a slot that moved is followed, and the map learnt anew`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        asking.world.pass(.seconds(2))
        cluster.owners = [3, 2]
        let calls = Self.ask(asking)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        asking.world.pass(.seconds(1))
        #expect(asking.redis.requests("CLUSTER").count == 2)
        let before = asking.redis.requests.count
        _ = Self.ask(asking)
        asking.world.run()
        #expect(asking.redis.requests.count == before + 20)
        #expect(asking.admits)
        asking.end()
    }

    @Test func `maps are learnt once a second at most`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        for round in 0..<20 {
            cluster.owners = round % 2 == 0 ? [3, 2] : [1, 2]
            _ = Self.ask(asking)
            asking.world.pass(.milliseconds(100))
        }
        #expect(asking.redis.requests("CLUSTER").count <= 4)
        asking.end()
    }

    @Test func `a slot on its way is asked for with leave`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        cluster.visited = Set((0..<16_384).map { UInt16($0) })
        let calls = Self.ask(asking, 6)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        #expect(asking.redis.requests("ASKING").count == 6)
        #expect(asking.redis.requests("CLUSTER").count == 1)
        asking.end()
    }

    @Test func `a node that does not know the script yet gets it with leave`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        cluster.visited = Set((0..<16_384).map { UInt16($0) })
        var isKnown = false
        asking.redis.answer = { request in
            if request.address == cluster.address(3), request.name == "EVALSHA", !isKnown {
                _ = cluster.answer(request)
                return "-NOSCRIPT No matching script.\r\n"
            }
            if request.name == "EVAL" { isKnown = true }
            return cluster.answer(request)
        }
        let calls = Self.ask(asking, 6)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        asking.end()
    }

    @Test func `a call is sent on once`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        cluster.isScattered = true
        let calls = Self.ask(asking, 2)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .failed(.error)) }
        cluster.isScattered = false
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test(arguments: ["-MOVED 1 nowhere.example:7000\r\n", "-MOVED 1 10.0.9.200:7000\r\n"])
    func `a call that is sent on to nowhere fails in time`(_ error: String) throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        var isIll = true
        asking.redis.answer = { request in
            isIll && request.name == "EVALSHA" ? error : cluster.answer(request)
        }
        let calls = Self.ask(asking, 4)
        asking.world.pass(.milliseconds(20))
        for call in calls { #expect(asking.answer(to: call) != nil) }
        isIll = false
        asking.world.pass(.seconds(4))
        _ = Self.ask(asking, 4)
        asking.world.run()
        #expect(asking.notes.suffix(4).allSatisfy { $0.answer == .integers })
        asking.end()
    }

    @Test func `a node that is down takes only its own slots with it`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster, failures: 5)
        asking.kernel.receptions[cluster.address(2)] = .refuses
        for (stream, address) in asking.kernel.upstreamStreams where address == cluster.address(2) {
            stream.reset()
        }
        asking.world.pass(.seconds(5))
        #expect(asking.breaker == .admitting)
        #expect(asking.ask(slot: 9000) == nil)
        var takenCount = 0
        for _ in 0..<30 {
            let slot = asking.nextSlot
            let call = asking.ask(slot: slot)
            #expect((call != nil) == (slot < 8192))
            if call != nil { takenCount += 1 }
        }
        #expect(takenCount > 0)
        asking.world.run()
        cluster.owners = [1, 4]
        asking.world.pass(.seconds(3))
        let calls = Self.ask(asking)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        asking.end()
    }

    @Test func `when the seeds are gone any master tells of the others`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster)
        asking.world.pass(.seconds(2))
        asking.kernel.receptions[cluster.address(1)] = .refuses
        cluster.owners = [3, 2]
        for (stream, address) in asking.kernel.upstreamStreams where address == cluster.address(1) {
            stream.reset()
        }
        asking.world.pass(.seconds(5))
        let calls = Self.ask(asking)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        asking.end()
    }

    @Test func `a cluster that tells nothing is not asked`() throws {
        let cluster = Cluster()
        cluster.isMute = true
        let asking = try Self.makeAsking(cluster, seeds: [1, 2])
        asking.world.pass(.seconds(5))
        #expect(!asking.admits)
        cluster.isMute = false
        asking.world.pass(.seconds(3))
        #expect(asking.admits)
        asking.end()
    }

    @Test func `a probe whose node is no master any more is made at another at once`() throws {
        let cluster = Cluster()
        let asking = try Self.makeAsking(cluster, failures: 1)
        asking.kernel.receptions[cluster.address(1)] = .refuses
        for (stream, address) in asking.kernel.upstreamStreams where address == cluster.address(1) {
            stream.reset()
        }
        asking.world.pass(.milliseconds(1100))
        #expect(asking.breaker == .refusing)
        cluster.owners = [3, 2]
        asking.world.pass(.seconds(4))
        #expect(asking.breaker == .admitting)
        let calls = Self.ask(asking)
        asking.world.run()
        for call in calls { #expect(asking.answer(to: call) == .integers) }
        asking.end()
    }
}

import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// Everything that can go wrong, in any order: each asker is told once, in time, nothing of
/// another's, and the store is asked again in the end.
struct StoreRandomTests {
    private static let troubles: [String?] = [
        "-NOSCRIPT no\r\n", "-LOADING no\r\n", "-READONLY no\r\n", "-BUSY no\r\n",
        "-MOVED 7 10.0.9.3:7000\r\n", "-ASK 7 10.0.9.4:7000\r\n", "-TRYAGAIN no\r\n",
        "-CLUSTERDOWN no\r\n", "-MOVED 1 10.0.9.99:1\r\n", "-ASK 3 :7000\r\n", "-ERR no\r\n",
        "+OK\r\n", "*1\r\n$1\r\na\r\n", "garbage\r\n", "*9999999\r\n", "$5\r\n", nil,
    ]

    @Test(arguments: 0..<128)
    func `a single server`(_ seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        let asking = try Asking(
            .simulated(
                links: 1 + dice.below(3), queue: 20, failures: 1 + dice.below(20),
                slow: dice.happens(percent: 30) ? .milliseconds(6) : nil),
            faults: faults(seed))
        try play(asking, &dice, RedisPlay.usual)
    }

    @Test(arguments: 0..<128)
    func `a cluster`(_ seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        let cluster = StoreClusterTests.Cluster()
        let asking = try StoreClusterTests.makeAsking(
            cluster, seeds: [1, 2], failures: 1 + dice.below(20), faults: faults(seed))
        try play(asking, &dice) { cluster.answer($0) }
    }

    private func faults(_ seed: UInt64) -> SimulatedFaults {
        var faults = SimulatedFaults(seed: seed)
        faults.shortPercent = seed % 3 == 0 ? 40 : 0
        faults.blockPercent = seed % 4 == 0 ? 20 : 0
        faults.shufflesReports = seed % 2 == 0
        return faults
    }

    private func play(
        _ asking: Asking, _ dice: inout SeededRandom,
        _ healthy: @escaping (RedisRequest) -> String?
    ) throws {
        var chance = SeededRandom(seed: dice.next())
        var illness: UInt64 = 0
        asking.redis.answer = { request in
            guard chance.happens(percent: illness) else { return healthy(request) }
            return Self.troubles[chance.below(Self.troubles.count)]
        }
        for _ in 0..<60 {
            for _ in 0..<dice.below(8) {
                asking.ask(
                    slot: asking.nextSlot,
                    within: .milliseconds(1 + dice.below(10)), tailBytes: dice.below(300))
            }
            stir(asking, &dice, &illness)
            asking.world.pass(.microseconds(100 + dice.below(4000)))
        }
        illness = 0
        asking.redis.isHung = false
        asking.redis.release()
        for address in asking.redis.addresses { asking.kernel.receptions[address] = .accepts }
        asking.world.pass(.seconds(90))
        #expect(asking.admits)
        let last = asking.ask(slot: asking.nextSlot)
        asking.world.pass(.milliseconds(5))
        #expect(asking.answer(to: last) == .integers)
        asking.end()
    }

    private func stir(_ asking: Asking, _ dice: inout SeededRandom, _ illness: inout UInt64) {
        let streams = asking.kernel.upstreamStreams.suffix(6)
        switch dice.below(12) {
        case 0: asking.redis.isHung.toggle()
        case 1: asking.redis.isLate = true
        case 2, 3: asking.redis.release()
        case 4: illness = UInt64(dice.below(30))
        case 5: illness = 0
        case 6: streams.randomElement(using: &dice)?.stream.reset()
        case 7: streams.randomElement(using: &dice)?.stream.close()
        case 8:
            let bytes = Array("*:$-+1\r\n".utf8)
            streams.randomElement(using: &dice)?.stream.send([bytes[dice.below(bytes.count)]])
        case 9:
            let receptions: [SimulatedKernel.Reception] = [
                .accepts, .refuses, .refusesAtOnce, .silent,
            ]
            for address in asking.redis.addresses.sorted(by: { "\($0)" < "\($1)" }) {
                asking.kernel.receptions[address] = receptions[dice.below(4)]
            }
        default: break
        }
    }
}

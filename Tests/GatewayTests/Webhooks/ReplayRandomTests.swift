import Bytes
import Config
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// Deliveries of a few events, and a Redis that comes and goes: in the end it knows what was
/// accepted, and nobody holds what was given up.
struct ReplayRandomTests {
    /// A delivery on its way.
    private struct Delivery {
        let x: UInt32
        let id: String
        let claim: ReplayClaim
    }

    private final class Play {
        let claiming: Claiming
        var dice: SeededRandom
        var deliveries: [Delivery] = []
        var committed: Set<String> = []
        var releasedTickets: Set<UInt64> = []
        var illness: UInt64 = 0

        init(_ seed: UInt64) throws {
            dice = SeededRandom(seed: seed)
            var faults = SimulatedFaults(seed: seed)
            faults.shortPercent = seed % 3 == 0 ? 40 : 0
            faults.shufflesReports = seed % 2 == 0
            claiming = try Claiming(
                .simulated(links: 1 + dice.below(3), queue: 20, failures: 1 + dice.below(8)),
                faults: faults)
            let healthy = claiming.world.redis.answer
            var chance = SeededRandom(seed: dice.next())
            claiming.world.redis.answer = { [unowned self] request in
                guard chance.happens(percent: illness) else { return healthy?(request) }
                let troubles: [String?] = [
                    "-READONLY no\r\n", "-LOADING no\r\n", "-NOSCRIPT no\r\n", "garbage\r\n",
                    "*2\r\n:7\r\n:7\r\n", nil,
                ]
                // Some are carried out nevertheless.
                if chance.happens(percent: 50) { _ = healthy?(request) }
                return troubles[chance.below(troubles.count)]
            }
        }

        func begin() throws {
            guard deliveries.count < 8 else { return }
            let x = try claiming.open()
            let id = "i:\(dice.below(40))"
            let claim = claiming.makeClaim(id)
            _ = claiming.world.worker.claimInStore(x, claim)
            deliveries.append(Delivery(x: x, id: id, claim: claim))
        }

        /// Ends a delivery: by the app's answer, or by the client's leaving.
        func finish() {
            guard !deliveries.isEmpty else { return }
            let delivery = deliveries.remove(at: dice.below(deliveries.count))
            let isWaiting =
                claiming.world.worker.exchanges[delivery.x].admission.callCount > 0
            let answer = claiming.answer(to: delivery.x)
            let isOthers =
                switch answer {
                case .inFlight?, .replayed?: true
                case .claimed?, .nothing?, nil: false
                }
            if !isWaiting, !isOthers, dice.happens(percent: 60) {
                claiming.world.worker.commitInStore(delivery.claim, seconds: 10_000)
                committed.insert(delivery.id)
            } else if !isOthers {
                claiming.world.worker.releaseInStore(delivery.x, delivery.claim)
                releasedTickets.insert(delivery.claim.ticket.number)
            }
            claiming.leave(delivery.x)
        }

        func changeMood() {
            switch dice.below(8) {
            case 0: illness = 60
            case 1: claiming.world.redis.isHung = true
            case 2: claiming.goAway()
            case 3: claiming.world.redis.isLate = true
            default: heal()
            }
        }

        func heal() {
            illness = 0
            claiming.world.redis.isHung = false
            if claiming.world.redis.isLate { claiming.world.redis.release() }
            claiming.world.kernel.receptions[SocketAddress(.redis, port: 6379)] = .accepts
        }
    }

    @Test(arguments: 0..<96)
    func `nothing that was accepted or given up is lost`(_ seed: UInt64) throws {
        let play = try Play(seed)
        for _ in 0..<120 {
            switch play.dice.below(10) {
            case 0, 1, 2, 3: try play.begin()
            case 4, 5, 6: play.finish()
            case 7: play.changeMood()
            default: play.claiming.world.pass(.milliseconds(1 + play.dice.below(60)))
            }
        }
        play.heal()
        while !play.deliveries.isEmpty { play.finish() }
        let claiming = play.claiming
        claiming.world.pass(.seconds(60))
        #expect(claiming.debtCount == 0 && claiming.droppedCount == 0)
        #expect(claiming.admits)
        for id in play.committed { #expect(claiming.holder(of: id) == 0, "\(id)") }
        for (key, event) in claiming.replays.events where event.holder != 0 {
            #expect(!play.releasedTickets.contains(event.holder), "\(key) is held by nobody")
        }
        claiming.end()
    }

    @Test(arguments: 0..<60)
    func `whatever call of the kernel fails, the end of a claim is told`(_ failing: Int) throws {
        var faults = SimulatedFaults()
        faults.failingCall = failing
        let claiming = try Claiming(.simulated(links: 2), faults: faults)
        for number in 0..<6 {
            let claim = claiming.makeClaim("i:\(number)")
            claiming.world.worker.commitInStore(claim, seconds: 1000)
            claiming.world.pass(.milliseconds(5))
        }
        claiming.world.pass(.seconds(3))
        for number in 0..<6 { #expect(claiming.holder(of: "i:\(number)") == 0) }
        #expect(claiming.debtCount == 0)
        claiming.end()
    }
}

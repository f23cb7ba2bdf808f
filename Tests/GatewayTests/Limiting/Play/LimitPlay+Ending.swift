import Bytes
import Config
import Linux
import Policy
import Simulation
import Telemetry

@testable import Gateway

/// What clients are told is true, and nothing is left behind.
extension LimitPlay {
    // MARK: Telling the truth

    /// For a client that is alone on its key, while nothing else changes.
    ///
    ///     RateLimit r  =>  so many tokens are there, or were when its loop fetched its lease
    ///     Retry-After s  =>  the request passes after s seconds
    func probe() {
        let routes = scene.routes.filter { !$0.hasGate && $0.name != "deny" && $0.name != "free" }
        for _ in 0..<3 { probe(routes[dice.below(routes.count)], patience: 5000) }
        guard scene.weather == .stormy, dice.happens(percent: 40) else { return }
        store.become(.refusing)
        cluster.pass(300_000_000)
        for _ in 0..<2 { probe(routes[dice.below(routes.count)], patience: 40) }
        store.become(.healthy)
    }

    private func probe(_ route: PlayedRoute, patience: UInt64) {
        let loop = cluster.loops[dice.below(cluster.loops.count)]
        let seat = Seat(loop, host: 250, budget: 0, leisure: 1)
        join(seat)
        let key = dice.happens(percent: 50) ? "k\(dice.below(3))" : "p\(visits.count)"
        var left: [String: UInt64] = [:]
        for _ in 0..<30 {
            guard let answer = probeOnce(route, seat, key) else {
                fail("a probe of \(route.name) has no answer")
                break
            }
            let isPromised = route.uses.allSatisfy { rule, cost in
                rule.isShadow
                    || left[rule.name].map { $0 >= cost } ?? false
                        && (rule.lease == 1 || isFresh(rule, key, loop))
            }
            if answer.status == 429 {
                if isPromised { fail("\(route.name) \(key) was promised \(left)") }
                retry(route, seat, key, answer, patience: patience)
                break
            }
            left = [:]
            for (rule, _) in route.uses where !rule.isShadow {
                guard let standing = answer.standing(of: rule.name) else {
                    fail("\(route.name) is not told of \(rule.name): \(answer.head)")
                    continue
                }
                left[rule.name] = standing.remaining
            }
        }
        leave(seat, during: seat.visit)
    }

    /// Whether no other loop has taken or paid anything since a loop fetched its lease.
    private func isFresh(_ rule: LimitRule, _ key: String, _ loop: LoopPlay) -> Bool {
        let last = store.deeds.last {
            $0.isTaken && $0.key == "apus:\(rule.name):{=\(key)}"
        }
        return last.map { $0.loop == loop.number } ?? true
    }

    private func retry(
        _ route: PlayedRoute, _ seat: Seat, _ key: String, _ refusal: PlainAnswer, patience: UInt64
    ) {
        guard let seconds = refusal.retryAfter, seconds <= patience else { return }
        cluster.pass(seconds * 1_000_000_000)
        // Another stage's limits are looked at only now.
        let again = probeOnce(route, seat, key)
        if again?.violated.contains(where: { refusal.violated.contains($0) }) ?? true {
            fail("\(route.name) \(key) came again after \(seconds) s: \(again?.body ?? "")")
        }
    }

    private func probeOnce(_ route: PlayedRoute, _ seat: Seat, _ key: String) -> PlainAnswer? {
        // Its answer counts, where only some do.
        let visit = ask(route, by: seat, key: key, user: "p", wanted: 401)
        cluster.pass(30_000_000)
        return visit?.answer
    }

    // MARK: Leaving nothing behind

    /// All of it is zero once everybody has left and the loops are drained.
    ///
    ///     connections, exchanges, ledgers, places, held bodies, calls, links, buffers, descriptors
    func checkLeaks() {
        cluster.pass(8_000_000_000)
        for loop in cluster.loops {
            let world = loop.world
            if world.exchangeCount + world.downstreamCount + world.upstreamCount > 0 {
                fail("loop \(loop.number) keeps exchanges or connections")
            }
            world.post(.drain(until: world.kernel.now.advanced(by: .seconds(5))))
            loop.isStirred = true
        }
        cluster.pass(100_000_000)
        for loop in cluster.loops { checkLeaks(of: loop) }
        for gateway in scene.loopCounts.indices { checkCommons(of: gateway) }
    }

    private func checkLeaks(of loop: LoopPlay) {
        let world = loop.world
        let counts: KeyValuePairs = [
            "exchanges": world.exchangeCount, "clients": world.downstreamCount,
            "servers": world.upstreamCount, "buffers": world.bufferCount,
            "ledgers": world.worker.desk.limits.ledgers.openCount,
            "held bodies": world.worker.desk.held.count, "calls": world.worker.store.calls.count,
            "links": world.worker.store.links.count, "descriptors": world.kernel.openCount,
        ]
        for (name, count) in counts where count != 0 {
            fail("loop \(loop.number) keeps \(count) \(name)")
        }
        if !world.isDone { fail("loop \(loop.number) does not end") }
        for misuse in world.kernel.misuses { fail("loop \(loop.number): \(misuse)") }
        let page = MetricsPage.text(world.names, world.metrics)
        for line in page.split(separator: "\n")
        where line.hasPrefix("apus_upstream_connections{") && !line.hasSuffix(" 0") {
            fail("loop \(loop.number): \(line)")
        }
    }

    private func checkCommons(of gateway: Int) {
        guard let loop = cluster.loops.first(where: { $0.gateway == gateway }) else { return }
        let commons = loop.world.commons
        if !commons.connections.enter(limit: 1) { fail("gateway \(gateway) counts connections") }
        commons.connections.leave()
        if !commons.heldBodies.take(64 << 20) { fail("gateway \(gateway) holds bytes of bodies") }
        for (index, route) in scene.routes.enumerated() where route.hasGate {
            let waiter = PlaceGate.Waiter(
                mailbox: loop.world.worker.turn.mailbox,
                exchange: .init(slot: 0, generation: 0))
            let isFree = (0..<LimitScene.placeCount).allSatisfy { _ in
                commons.gates[index]?.enter(waiter) == .placed
            }
            if !isFree {
                fail("gateway \(gateway) keeps places of \(route.name)")
            }
        }
    }
}

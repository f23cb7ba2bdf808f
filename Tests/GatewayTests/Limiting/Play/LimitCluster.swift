import Config
import Crypto
import Linux
import Policy
import Reactor
import Simulation

@testable import Gateway

/// One loop of a gateway in a play.
final class LoopPlay {
    let number: Int
    let gateway: Int
    let world: World
    /// What its clock says when the play begins; the same for all loops of a gateway.
    let start: UInt64
    /// Whether anything happened that it has not seen.
    var isStirred = true
    /// Connections to the app and to Redis that are not over.
    var appStreams: [SimulatedStream] = []
    var storeStreams: [SimulatedStream] = []
    private var knownStreamCount = 0

    init(
        _ number: Int, of gateway: Int, _ snapshot: Snapshot, _ commons: Commons, start: UInt64,
        faults: SimulatedFaults
    ) throws {
        self.number = number
        self.gateway = gateway
        self.start = start
        world = try World(
            snapshot, commons: commons, faults: faults,
            start: MonotonicInstant(nanoseconds: start))
    }

    var kernel: SimulatedKernel { world.kernel }
    /// In nanoseconds of the play.
    var now: UInt64 { kernel.now.nanoseconds - start }
    var due: UInt64? {
        guard !world.isDone else { return nil }
        return kernel.sleepsUntil.map { $0.nanoseconds - min(start, $0.nanoseconds) }
    }
    var breaker: BreakerState { world.store?.breaker.state ?? .admitting }

    /// Takes note of connections that were made.
    func sortStreams() {
        let streams = kernel.upstreamStreams
        while knownStreamCount < streams.count {
            let (stream, address) = streams[knownStreamCount]
            knownStreamCount += 1
            if world.redis.addresses.contains(address) {
                storeStreams.append(stream)
            } else {
                appStreams.append(stream)
            }
        }
    }
}

/// Two gateways with their loops, one clock for all, and what is to happen when.
final class LimitCluster {
    private(set) var loops: [LoopPlay] = []
    /// Nanoseconds since the play began.
    private(set) var now: UInt64 = 0
    private var agenda: [Entry] = []
    private var entryCount = 0
    /// Called after each turn of a loop, with what its breaker was at before.
    var turnEnded: (LoopPlay, BreakerState) -> Void = { _, _ in }
    /// Called when a loop has nothing more to do; says whether anything moved.
    var loopRested: (LoopPlay) -> Bool = { _ in false }
    /// What went wrong with the play itself.
    private(set) var faults: [String] = []

    private struct Entry {
        let time: UInt64
        let order: Int
        let act: () -> Void
    }

    private static let turnsMax = 5000

    init(_ scene: LimitScene, _ dice: inout SeededRandom) throws {
        var snapshot = try World.load(scene.text)
        snapshot.redis = scene.redis
        for gateway in scene.loopCounts.indices {
            let secret = CommonSecret(keys: .init(dice.next(), 1), places: (dice.next(), 2))
            let commons = Commons(snapshot, secret: secret)
            let start = 5_000_000_000_000 + UInt64(gateway) * 7_777_777_777
            for _ in 0..<scene.loopCounts[gateway] {
                var faults = SimulatedFaults(seed: dice.next())
                faults.shufflesReports = dice.happens(percent: 50)
                if dice.happens(percent: 30) { faults.shortPercent = UInt64(dice.below(40)) }
                loops.append(
                    try LoopPlay(
                        loops.count, of: gateway, snapshot, commons, start: start, faults: faults))
            }
        }
    }

    func siblings(of loop: LoopPlay) -> [LoopPlay] {
        loops.filter { $0.gateway == loop.gateway && $0 !== loop }
    }

    /// Has something happen later.
    func after(_ pause: UInt64, _ act: @escaping () -> Void) {
        entryCount += 1
        let entry = Entry(time: now + pause, order: entryCount, act: act)
        var (low, high) = (0, agenda.count)
        // The next one is the last.
        while low < high {
            let middle = (low + high) / 2
            if agenda[middle].time > entry.time { low = middle + 1 } else { high = middle }
        }
        agenda.insert(entry, at: low)
    }

    /// Lets time pass, with everything that is due in it.
    func pass(_ length: UInt64) {
        let end = now + length
        settle()
        while let next = nextInstant, next <= end {
            now = max(now, next)
            wakeLoops()
            while let entry = agenda.last, entry.time <= now {
                agenda.removeLast()
                entry.act()
            }
            settle()
            guard faults.isEmpty else { return }
        }
        now = max(now, end)
        wakeLoops()
        settle()
    }

    private var nextInstant: UInt64? {
        (loops.compactMap(\.due) + (agenda.last.map { [$0.time] } ?? [])).min()
    }

    private func wakeLoops() {
        for loop in loops {
            loop.kernel.advance(to: MonotonicInstant(nanoseconds: loop.start + now))
            if let due = loop.due, due <= now { loop.isStirred = true }
        }
    }

    /// Lets all do what they can.
    private func settle() {
        var roundsLeft = Self.turnsMax
        while loops.contains(where: { $0.isStirred && !$0.world.isDone }) {
            for loop in loops where loop.isStirred { run(loop) }
            roundsLeft -= 1
            guard roundsLeft > 0 else { return faults.append("the cluster spins") }
        }
        now = max(now, loops.map(\.now).max() ?? now)
    }

    private func run(_ loop: LoopPlay) {
        loop.isStirred = false
        var turnsLeft = Self.turnsMax
        while !loop.world.isDone {
            let lines = loop.world.lineCount
            let breaker = loop.breaker
            loop.world.worker.takeTurn()
            loop.sortStreams()
            turnEnded(loop, breaker)
            // Whoever ends may hand a place on.
            if loop.world.lineCount != lines {
                for sibling in siblings(of: loop) {
                    sibling.kernel.ring()
                    sibling.isStirred = true
                }
            }
            if loop.kernel.wasQuiet { break }
            turnsLeft -= 1
            guard turnsLeft > 0 else { return faults.append("loop \(loop.number) spins") }
        }
        if loopRested(loop) { loop.isStirred = true }
    }
}

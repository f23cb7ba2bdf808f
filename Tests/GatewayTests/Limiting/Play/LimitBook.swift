import Bytes
import Policy
import Telemetry

@testable import Gateway

/// Who was let pass by which limit, as seen in the ledgers of the loops from one turn to the next.
struct LimitBook {
    struct Admission {
        let visit: Visit
        let rule: LimitRule
        let key: String
        let cost: UInt64
        let store: LimitStore
        let isLeased: Bool
        /// There was no store to ask, and no bucket either.
        let isWaved: Bool
        /// When it was decided, in nanoseconds of the play.
        let at: UInt64
    }

    /// Of requests that all their limits let pass.
    private(set) var admissions: [Admission] = []
    /// Of exchanges whose limits are not through yet, by loop and exchange.
    private var open: [Place: [Int: Admission]] = [:]
    private var numbers: [Place: Int] = [:]
    private var closed: Set<Place> = []

    private struct Place: Hashable {
        let loop: Int
        let index: SlabIndex
    }

    /// Looks through the exchanges of a loop that has just had a turn.
    mutating func look(at loop: LoopPlay, _ play: LimitPlay) {
        guard play.scene.weather != .memory else { return }
        let slots = loop.world.worker.exchanges.slots
        for x in slots where loop.world.worker.exchanges.isOccupied(x) {
            let place = Place(loop: loop.number, index: loop.world.worker.exchanges.index(of: x))
            guard !closed.contains(place) else { continue }
            look(x, place, loop, play)
        }
    }

    private mutating func look(_ x: UInt32, _ place: Place, _ loop: LoopPlay, _ play: LimitPlay) {
        let ledger = loop.world.worker.exchanges[x].admission.limits.ledger
        guard ledger != .max, let visit = visit(x, place, loop, play) else { return }
        for index in loop.world.worker.desk.limits.ledgers.entries(of: ledger)
        where open[place]?[index] == nil {
            let entry = loop.world.worker.desk.limits.ledgers[ledger, index]
            guard let admission = admission(entry, visit, loop, play) else { continue }
            let text = Self.keyText(of: entry, index, ledger, loop)
            if text != admission.rule.storeKey(of: visit) {
                play.fail("request \(visit.number) has the key \(text)")
            }
            open[place, default: [:]][index] = admission
        }
        guard loop.world.worker.exchanges[x].plan.verdict.awaits == nil else { return }
        closed.insert(place)
        let passed = open.removeValue(forKey: place) ?? [:]
        admissions += passed.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func keyText(
        of entry: LimitEntry, _ index: Int, _ ledger: UInt32, _ loop: LoopPlay
    ) -> String {
        var key = Buffer(capacity: 256)
        loop.world.worker.desk.limits.ledgers.copyKey(of: ledger, index, into: &key)
        return String(decoding: key.copy(), as: UTF8.self)
    }

    private func admission(
        _ entry: LimitEntry, _ visit: Visit, _ loop: LoopPlay, _ play: LimitPlay
    ) -> Admission? {
        var isLeased = false
        var isWaved = false
        switch entry.ruling {
        case .admitted, .reserved: break
        case .leased: isLeased = true
        case .waved: isWaved = true
        case .pending, .refused, .shadowRefused, .spared: return nil
        }
        let rule = play.scene.rules[Int(entry.limit)]
        return Admission(
            visit: visit, rule: rule, key: rule.storeKey(of: visit), cost: entry.cost,
            store: entry.store, isLeased: isLeased, isWaved: isWaved, at: loop.now)
    }

    /// The request of an exchange: its number stands in its path.
    private mutating func visit(
        _ x: UInt32, _ place: Place, _ loop: LoopPlay, _ play: LimitPlay
    ) -> Visit? {
        if let number = numbers[place] { return play.visits[number] }
        let bytes = loop.world.worker.exchanges[x].journal.text.copy()
        let line = bytes.prefix { $0 != 13 }
        let parts = line.split(separator: UInt8(ascii: "/"))
        guard parts.count > 2, let number = Int(String(decoding: parts[2], as: UTF8.self)),
            play.visits.indices.contains(number)
        else { return nil }
        numbers[place] = number
        return play.visits[number]
    }

    /// A request is with the app; without Redis its limits let it pass in the turn of its coming.
    mutating func visitArrived(_ visit: Visit, _ play: LimitPlay) {
        guard play.scene.weather == .memory else { return }
        admissions += visit.route.uses.filter { !$0.rule.isShadow }.map { rule, cost in
            Admission(
                visit: visit, rule: rule, key: rule.storeKey(of: visit), cost: cost,
                store: .local, isLeased: false, isWaved: false, at: play.cluster.now)
        }
    }
}

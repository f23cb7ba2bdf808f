import Bytes
import Linux
import Policy
import Simulation

@testable import Gateway

/// A play of clients, two gateways and one Redis that a seed decides.
///
/// What must hold of it stands in `LimitPlay+Guarantees` and its neighbours.
final class LimitPlay {
    let seed: UInt64
    let scene: LimitScene
    let cluster: LimitCluster
    let store: StorePlay
    let app = LateApp()
    var book = LimitBook()
    private(set) var visits: [Visit] = []
    private(set) var seats: [Seat] = []
    var dice: SeededRandom
    /// What went wrong.
    private(set) var violations: [String] = []
    /// When the storm ended, in nanoseconds of the play.
    private(set) var calmSince: UInt64 = 0

    /// Who asks one thing after the other on one connection.
    final class Seat {
        let loop: LoopPlay
        let address: SocketAddress
        let addressText: String
        var client: Client?
        var readCount = 0
        var visit: Visit?
        /// Requests that it still makes.
        var budget: Int
        /// Milliseconds between an answer and the next request.
        let leisure: Int

        init(_ loop: LoopPlay, host: UInt32, budget: Int, leisure: Int) {
            self.loop = loop
            address = .ipv4(0xC000_0200 + host, port: 40_000)
            addressText = "192.0.2.\(host)"
            self.budget = budget
            self.leisure = leisure
        }
    }

    init(seed: UInt64) throws {
        self.seed = seed
        var dice = SeededRandom(seed: seed)
        scene = LimitScene(&dice)
        cluster = try LimitCluster(scene, &dice)
        store = StorePlay(scene, cluster, seed: dice.next())
        self.dice = dice
        cluster.turnEnded = { [unowned self] in turnEnded($0, $1) }
        cluster.loopRested = { [unowned self] in loopRested($0) }
    }

    func fail(_ text: String) { violations.append(text) }

    func join(_ seat: Seat) { seats.append(seat) }

    // MARK: The play

    /// Plays to the end and checks.
    ///
    /// - Returns: What did not hold.
    func perform() -> [String] {
        let seatCount = 2 + dice.below(10)
        for _ in 0..<seatCount {
            let loop = cluster.loops[dice.below(cluster.loops.count)]
            let host = UInt32(1 + dice.below(dice.happens(percent: 70) ? 3 : 200))
            let leisure = [0, 1, 20, 500, 3000][dice.below(5)]
            let seat = Seat(loop, host: host, budget: 3 + dice.below(14), leisure: leisure)
            seats.append(seat)
            plan(seat)
        }
        if scene.weather != .memory { stir() }
        cluster.pass(UInt64(2 + dice.below(30)) * 1_000_000_000)
        for seat in seats { seat.budget = 0 }
        store.become(.healthy)
        store.latencyMax = 1_500_000
        calmSince = cluster.now
        // Longer than the longest cool-down, and than any answer takes.
        cluster.pass(50_000_000_000)
        checkPlay()
        probe()
        leaveAll()
        checkLeaks()
        return violations + store.faults + cluster.faults
    }

    private func plan(_ seat: Seat) {
        let milliseconds = seat.leisure == 0 ? 0 : dice.below(2 * seat.leisure + 1)
        cluster.after(UInt64(milliseconds) * 1_000_000 + UInt64(dice.below(400_000))) {
            [unowned self] in act(seat)
        }
    }

    private func act(_ seat: Seat) {
        guard seat.budget > 0, seat.visit == nil else { return }
        seat.budget -= 1
        let total = scene.routes.reduce(0) { $0 + $1.weight }
        var rest = dice.below(total)
        let route = scene.routes.first { route in
            defer { rest -= route.weight }
            return rest < route.weight
        }
        guard let route else { return }
        let key = dice.happens(percent: 75) ? "k\(dice.below(3))" : "n\(visits.count)"
        let isOften = dice.happens(percent: 60)
        let wanted = isOften ? 200 : [200, 401, 403, 404, 500][dice.below(5)]
        let visit = ask(
            route, by: seat, key: key, user: "u\(dice.below(3))", wanted: wanted,
            pause: UInt64(dice.below(dice.happens(percent: 20) ? 900 : 20)) * 1_000_000)
        guard let visit, dice.happens(percent: 6) else { return }
        cluster.after(UInt64(dice.below(30)) * 1_000_000) { [unowned self] in
            leave(seat, during: visit)
        }
    }

    /// Sends a request.
    @discardableResult
    func ask(
        _ route: PlayedRoute, by seat: Seat, key: String, user: String, wanted: Int = 200,
        pause: UInt64 = 0
    ) -> Visit? {
        guard let client = connected(seat) else { return nil }
        let visit = Visit(
            visits.count, route, on: seat.loop, key: key, user: user, address: seat.addressText,
            wanted: wanted, pause: pause, at: cluster.now)
        visits.append(visit)
        seat.visit = visit
        let (head, body) = visit.request
        guard !body.isEmpty, dice.happens(percent: 40) else {
            client.send(head + body)
            seat.loop.isStirred = true
            return visit
        }
        // Redis is asked about the head while the body comes: what that takes is not its delay.
        visit.mayWait = true
        client.send(head + body.prefix(3))
        seat.loop.isStirred = true
        cluster.after(UInt64(dice.below(15)) * 1_000_000) {
            client.send(String(body.dropFirst(3)))
            seat.loop.isStirred = true
        }
        return visit
    }

    private func connected(_ seat: Seat) -> Client? {
        if let client = seat.client, !client.stream.sawEnd { return client }
        guard let stream = seat.loop.kernel.arrive(on: 0, from: seat.address) else { return nil }
        seat.client = Client(stream)
        seat.readCount = 0
        return seat.client
    }

    func leave(_ seat: Seat, during visit: Visit?) {
        guard seat.visit === visit, let client = seat.client else { return }
        visit?.hasLeft = true
        seat.visit = nil
        if dice.happens(percent: 50) { client.stream.reset() } else { client.leave() }
        seat.client = nil
        seat.loop.isStirred = true
        plan(seat)
    }

    private func leaveAll() {
        for seat in seats { leave(seat, during: seat.visit) }
    }

    // MARK: What happens

    private func turnEnded(_ loop: LoopPlay, _ breaker: BreakerState) {
        store.read(loop, breakerBefore: breaker)
        book.look(at: loop, self)
    }

    private func loopRested(_ loop: LoopPlay) -> Bool {
        var hasMoved = false
        for stream in loop.appStreams {
            let came = app.read(stream) { number, stream in arrived(number, stream, loop) }
            if came || stream.sawEnd { hasMoved = true }
        }
        loop.appStreams.removeAll { $0.sawEnd }
        for seat in seats where seat.loop === loop { read(seat) }
        return hasMoved
    }

    private func arrived(_ number: Int, _ stream: SimulatedStream, _ loop: LoopPlay) {
        guard visits.indices.contains(number) else { return fail("the app got request \(number)") }
        let visit = visits[number]
        visit.forwardedAt = visit.forwardedAt ?? cluster.now
        book.visitArrived(visit, self)
        cluster.after(visit.pause) {
            stream.send(LateApp.reply(visit.wanted))
            loop.isStirred = true
        }
    }

    private func read(_ seat: Seat) {
        guard let client = seat.client else { return }
        defer {
            if client.stream.sawEnd {
                client.leave()
                seat.client = nil
                seat.loop.isStirred = true
            }
        }
        guard client.read() else { return }
        guard let visit = seat.visit else {
            return fail("bytes that answer nothing: \(client.text.suffix(80))")
        }
        guard let answer = PlainAnswer(client.received[seat.readCount...]) else { return }
        seat.readCount += answer.byteCount
        visit.answer = answer
        visit.answeredAt = cluster.now
        seat.visit = nil
        plan(seat)
    }

    // MARK: Weather

    /// Changes something about Redis, and plans the next change.
    private func stir() {
        let pause = UInt64([5, 50, 400, 3000, 9000][dice.below(5)]) * 1_000_000
        cluster.after(UInt64(dice.below(Int(pause)))) { [unowned self] in
            guard calmSince == 0 else { return }
            if scene.weather == .calm { stirCalmly() } else { storm() }
            stir()
        }
    }

    private func stirCalmly() {
        switch dice.below(4) {
        case 0: store.flushScripts()
        case 1: store.become(dice.happens(percent: 50) ? .late(1) : .healthy)
        case 2: store.latencyMax = UInt64(1 + dice.below(3)) * 1_000_000
        default: store.become(.healthy)
        }
    }

    private func storm() {
        let errors = [
            "-READONLY You can't write\r\n", "-OOM command not allowed\r\n", "-BUSY busy\r\n",
            "-ERR what\r\n", "-NOSCRIPT no\r\n",
        ]
        let garbage = [
            "*1\r\n:5\r\n", "HTTP/1.1 400 no\r\n\r\n", "+OK\r\n", "*4\r\n:1\r\n:1\r\n:-9\r\n:1\r\n",
            "*4\r\n:1\r\n:1\r\n:9\r\n", "$-1\r\n",
        ]
        switch dice.below(18) {
        case 0..<5: store.become(.healthy)
        case 5: store.become(.refusing)
        case 6: store.become(.silent)
        case 7, 8: store.become(.hung)
        case 9: store.become(.late(UInt64(4 + dice.below(40))))
        case 10: store.become(.scriptError(errors[dice.below(errors.count)]))
        case 11: store.become(.error("-LOADING Redis is loading\r\n"))
        case 12: store.become(.garbage(garbage[dice.below(garbage.count)]))
        case 13: store.become(.dripping)
        case 14: store.become(.cutting)
        case 15: store.restart()
        case 16: store.resetOne()
        default: store.flushScripts()
        }
    }
}

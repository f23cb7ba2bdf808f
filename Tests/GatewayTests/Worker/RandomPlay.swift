import Linux
import Reactor
import Simulation
import Testing

@testable import Gateway

/// What a path stands for in a random play: everybody who knows it knows what must come of it.
struct Errand: Hashable {
    enum Kind: Int, CaseIterable { case get, head, postLength, postChunked, here, malformed }
    enum Answer: Int, CaseIterable { case length, chunked, untilClose, cutShort, garbage, silence }

    let number: Int
    let kind: Kind
    let answer: Answer
    let isOld: Bool
    let size: Int

    var path: String { kind == .here ? "/here?\(number)" : "/e\(number)" }
    var isPost: Bool { kind == .postLength || kind == .postChunked }

    /// Letters that tell which errand they belong to.
    var body: String {
        String(
            decoding: (0..<size).map { UInt8(97 + (number * 7 + $0 * (1 + number % 5)) % 26) },
            as: UTF8.self)
    }

    /// What the client sends.
    var request: String {
        let version = isOld ? "HTTP/1.0" : "HTTP/1.1"
        let host = "\(version)\r\nHost: a.example\r\n"
        switch kind {
        case .get, .here: return "GET \(path) \(host)\r\n"
        case .head: return "HEAD \(path) \(host)\r\n"
        case .postLength: return "POST \(path) \(host)Content-Length: \(size)\r\n\r\n\(body)"
        case .postChunked:
            let chunk = size > 0 ? "\(String(size, radix: 16))\r\n\(body)\r\n" : ""
            return
                "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "\(chunk)0\r\n\r\n"
        case .malformed:
            return "GET \(path) \(host)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        }
    }

    /// What the app says to it.
    var reply: AppPlay.Reply {
        let start = "HTTP/1.1 200 OK\r\nX-Errand: \(number)\r\n"
        let whole = "\(start)Content-Length: \(size)\r\n\r\n"
        if kind == .head { return .init(whole) }
        switch answer {
        case .length: return .init(whole + body)
        case .chunked:
            let half = size / 2
            let parts = [body.prefix(half), body.dropFirst(half)].filter { !$0.isEmpty }
            let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
            return .init("\(start)Transfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n")
        case .untilClose: return .init("\(start)\r\n\(body)", .ends)
        case .cutShort:
            return .init(
                "\(start)Content-Length: \(size + 1)\r\n\r\n\(body)",
                number % 2 == 0 ? .resets : .closes)
        case .garbage: return .init("HTTP/1.1 2x0 what\r\n\r\n")
        case .silence: return .silence
        }
    }
}

/// A play of clients, app and faults that a seed decides, and what must hold of it.
final class RandomPlay {
    let world: World
    private let seed: UInt64
    private let scene: RandomScene
    private var random: SeededRandom
    private var players: [Player] = []
    private var errands: [Int: Errand] = [:]

    private final class Player {
        let client: Client
        let errands: [Errand]
        var outbox: [UInt8]
        /// Whether it went before it had to.
        var hasLeft = false

        init(_ client: Client, _ errands: [Errand]) {
            self.client = client
            self.errands = errands
            outbox = Array(errands.map(\.request).joined().utf8)
        }
    }

    init(seed: UInt64, _ scene: RandomScene = .plain) throws {
        self.seed = seed
        self.scene = scene
        random = SeededRandom(seed: seed)
        var faults = SimulatedFaults(seed: random.next())
        faults.shortPercent = UInt64(random.below(60))
        faults.blockPercent = UInt64(random.below(20))
        faults.interruptPercent = UInt64(random.below(10))
        faults.shufflesReports = random.happens(percent: 50)
        world = try World(scene.text, faults: faults, redis: scene.redis)
        if random.happens(percent: 50) { world.kernel.roomMax = 100 + random.below(6000) }
    }

    /// Plays to the end and checks.
    func perform() throws {
        let pace = Pace(SeededRandom(seed: random.next()))
        world.app.pace = { pace.share(of: $0) }
        world.app.answersEarly = random.happens(percent: 10)
        world.app.answer = { [unowned self] in reply(to: $0) }
        if scene == .shared {
            let whims = Whims(SeededRandom(seed: random.next()))
            world.redis.answer = { whims.reply(to: $0) }
        }
        for _ in 0..<(1 + random.below(6)) { try join() }
        for _ in 0..<(50 + random.below(400)) { step() }
        // Then the storm is over: who is left finishes.
        for address in world.kernel.receptions.keys { world.kernel.receptions[address] = .accepts }
        for player in players {
            player.client.stream.send(player.outbox)
            player.outbox = []
            player.client.appetite = .max
        }
        world.redis.isHung = false
        world.redis.release()
        world.run()
        world.pass(.seconds(200))
        verify()
    }

    private func join() throws {
        let errands = (0..<(1 + random.below(5))).map { _ in
            let errand = Errand(
                number: self.errands.count,
                kind: pick(Errand.Kind.allCases, [40, 8, 20, 15, 15, 2]),
                answer: pick(Errand.Answer.allCases, [45, 25, 10, 10, 5, 5]),
                isOld: random.happens(percent: 5),
                size: random.happens(percent: 10) ? random.below(200_000) : random.below(3000))
            self.errands[errand.number] = errand
            return errand
        }
        players.append(Player(try world.connect(), errands))
    }

    private func pick<T>(_ cases: [T], _ weights: [Int]) -> T {
        var rest = random.below(weights.reduce(0, +))
        for (element, weight) in zip(cases, weights) {
            if rest < weight { return element }
            rest -= weight
        }
        return cases[0]
    }

    /// One thing happens.
    private func step() {
        let player = players[random.below(players.count)]
        switch random.below(100) {
        case 0..<35: if !world.isDone { world.worker.takeTurn() }
        case 35..<60:
            guard !player.hasLeft, !player.outbox.isEmpty else { return }
            let count = 1 + random.below(min(player.outbox.count, 1 + random.below(5000)))
            player.client.stream.send(Array(player.outbox.prefix(count)))
            player.outbox.removeFirst(count)
        case 60..<75:
            player.client.appetite = 1 + random.below(5000)
            _ = player.client.read()
        case 75..<92: playServers()
        case 92..<95:
            world.kernel.advance(
                to: world.kernel.now.advanced(by: .milliseconds(random.below(1500))))
        case 95..<97:
            let manners: [SimulatedKernel.Reception] = [
                .accepts, .acceptsAtOnce, .refuses, .refusesAtOnce, .silent,
            ]
            let address = SocketAddress.ipv4(0x0A00_0001 + UInt32(random.below(2)), port: 3000)
            world.kernel.receptions[address] = pick(manners, [60, 10, 15, 5, 10])
        case 97:
            world.kernel.openMax = random.happens(percent: 30) ? world.kernel.openCount : .max
        case 98: leave(player)
        default: _ = world.kernel.upstreamStreams.randomElement(using: &random)?.stream.reset()
        }
    }

    private func playServers() {
        let servers = world.kernel.upstreamStreams
        let isRedis = { self.world.redis.addresses.contains($0) }
        _ = world.app.play(servers.filter { !isRedis($0.address) }.map(\.stream))
        guard scene == .shared else { return }
        if random.happens(percent: 5) { world.redis.isHung.toggle() }
        if random.happens(percent: 5) { world.redis.isLate = true }
        if random.happens(percent: 10) { world.redis.release() }
        _ = world.redis.play(servers)
    }

    private func leave(_ player: Player) {
        guard random.happens(percent: 30), !player.hasLeft else { return }
        switch random.below(3) {
        case 0: player.client.stream.end()
        case 1: player.client.leave()
        default: player.client.stream.reset()
        }
        player.hasLeft = true
        player.outbox = []
    }

    /// The errand that a request at the app is for.
    private func errand(of request: AppRequest) -> Errand? {
        Int(request.path.dropFirst(2)).flatMap { errands[$0] }
    }

    private func reply(to request: AppRequest) -> AppPlay.Reply {
        guard let errand = errand(of: request) else { return .silence }
        var reply = errand.reply
        // Who answers a body unread cannot tell it from a next request.
        if world.app.answersEarly && errand.isPost && reply.ending == .kept { reply.ending = .ends }
        return reply
    }

    // MARK: What must hold

    private func verify() {
        world.kernel.openMax = .max
        for player in players { verify(player) }
        verifyApp()
        world.expectOneRecordEach("seed \(seed)")
        world.expectNothingLeaks("seed \(seed)")
        if scene != .plain { world.expectNoLimitsLeft("seed \(seed)") }
    }

    /// The app got what clients sent, whole and unmixed, and no POST twice.
    private func verifyApp() {
        var posts: Set<Int> = []
        for request in world.app.requests {
            guard let errand = errand(of: request) else {
                Issue.record("seed \(seed): the app got \(request.line)")
                continue
            }
            guard errand.isPost else { continue }
            #expect(posts.insert(errand.number).inserted, "seed \(seed): \(errand.path) came twice")
            guard !world.app.answersEarly else { continue }
            let body =
                errand.kind == .postChunked
                ? Chunks.decode(request.head + request.body) : request.body
            #expect(body == errand.body, "seed \(seed): body of \(errand.path)")
        }
    }

    /// The client got the answers to its requests in their order, each of them its own.
    private func verify(_ player: Player) {
        var reader = AnswerReader(player.client.received)
        for errand in player.errands {
            guard let answer = reader.next(toHead: errand.kind == .head) else { break }
            verify(answer, to: errand, of: player, isLast: reader.isAtEnd)
        }
        #expect(reader.isAtEnd, "seed \(seed): bytes that answer nothing")
    }

    private func verify(
        _ answer: AnswerReader.Answer, to errand: Errand, of player: Player, isLast: Bool
    ) {
        let note = "seed \(seed): answer to \(errand.path)"
        guard let number = answer.value("x-errand") else {
            // An answer of the gateway's own is never cut but by its client.
            #expect(answer.value("x-request-id") != nil || answer.head.isEmpty || isLast, "\(note)")
            return
        }
        #expect(number == "\(errand.number)", "\(note)")
        #expect(errand.body.hasPrefix(answer.body), "\(note)")
        if answer.isWhole {
            if errand.kind != .head { #expect(answer.body == errand.body, "\(note) is whole") }
            #expect(errand.answer != .cutShort || errand.kind == .head, "\(note) looks whole")
        } else {
            #expect(isLast, "\(note)")
            let hasEnded = player.client.stream.sawEnd && !player.client.stream.sawReset
            if hasEnded && !player.hasLeft && answer.endsWithConnection {
                #expect(answer.body == errand.body, "\(note) seems ended")
            }
        }
    }
}

/// What Redis says, by a seed of its own.
private final class Whims {
    private var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    func reply(to request: RedisRequest) -> String? {
        RandomScene.reply(to: request, &random)
    }
}

/// How much goes out at once, by a seed of its own.
private final class Pace {
    private var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    func share(of count: Int) -> Int {
        count == 0 ? 0 : random.happens(percent: 30) ? count : 1 + random.below(count)
    }
}

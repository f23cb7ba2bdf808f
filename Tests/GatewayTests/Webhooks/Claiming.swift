import Bytes
import Config
import Crypto
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// A worker whose exchanges claim events of a webhook in a Redis that knows both scripts.
final class Claiming {
    let world: World
    /// What Redis knows.
    var replays = SimulatedReplays()
    /// Digests of scripts that it knows.
    private var known = Set([bucketScript, replayScript].map(digest))
    private var clients: [UInt32: Client] = [:]

    static let hour: UInt64 = 3_600_000_000_000
    static let bucketScript = "\(BucketScript.source)"
    static let replayScript = "\(ReplayScript.source)"

    init(
        _ settings: RedisSettings = .simulated(), faults: SimulatedFaults = SimulatedFaults(),
        replay: ReplaySettings? = nil
    ) throws {
        var snapshot = try World.load(Settings.plain)
        snapshot.redis = settings
        let scheme = WebhookScheme(forms: [], signature: .field(["x-sign"]), signed: [.body])
        snapshot.webhooks = [
            WebhookSettings(name: "pay", provider: "generic", scheme: scheme, keys: [])
        ]
        snapshot.webhooks[0].replay = replay
        world = try World(
            snapshot, commons: Commons(snapshot, secret: .fixed), faults: faults)
        world.worker.store.journal = []
        world.app.answer = { _ in .silence }
        world.redis.answer = { [unowned self] in answer($0) }
        world.run()
    }

    // MARK: Redis

    /// Has it know no scripts until it is told them.
    func forgetScripts() { known = [] }

    func answer(_ request: RedisRequest) -> String? {
        guard request.name.hasPrefix("EVAL"), !request.isProof else {
            return RedisPlay.usual(request)
        }
        if request.name == "EVAL" { known.insert(Self.digest(of: request.words[1])) }
        if request.name == "EVALSHA", !known.contains(request.words[1]) {
            return "-NOSCRIPT No matching script.\r\n"
        }
        guard isOfReplays(request) else { return RedisPlay.usual(request) }
        guard let ask = ReplayAsk(words: request.words) else { return "-ERR arguments\r\n" }
        let result = replays.call(ask, at: world.kernel.now.nanoseconds / 1_000_000)
        return "*2\r\n:\(result.code)\r\n:\(result.milliseconds)\r\n"
    }

    func isOfReplays(_ request: RedisRequest) -> Bool {
        [Self.replayScript, Self.digest(of: Self.replayScript)].contains(request.words[1])
    }

    private static func digest(of script: String) -> String {
        var digester = Digester()
        let digest = digester.digest(of: Array(script.utf8).span, .sha1)
        return (0..<digest.count).map { index in
            let text = String(digest.bytes[index], radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    /// Calls of the script that were answered or would be, in the order of their coming.
    var asks: [ReplayAsk] {
        world.redis.requests.filter { $0.name.hasPrefix("EVAL") && !$0.isProof && isOfReplays($0) }
            .compactMap { ReplayAsk(words: $0.words) }
    }

    static func key(_ id: String) -> String { "apus:replay:{pay}:\(id)" }

    /// What Redis knows of an event: the ticket of its claim, 0 once committed.
    func holder(of id: String) -> UInt64? { replays.events[Self.key(id)]?.holder }

    // MARK: Exchanges

    /// A request that the app has not answered.
    func open() throws -> UInt32 {
        let client = try world.connect()
        client.get("/hook")
        world.run()
        let slots = world.worker.exchanges.slots.filter {
            world.worker.exchanges.isOccupied($0)
        }
        let slot = try #require(slots.first { clients[$0] == nil })
        clients[slot] = client
        return slot
    }

    /// Has the client of an exchange break off.
    func leave(_ x: UInt32) {
        clients.removeValue(forKey: x)?.stream.reset()
        world.run()
    }

    func makeClaim(_ id: String, life: UInt64 = hour) -> ReplayClaim {
        let text = ReplayID(Array(id.utf8).span)
        guard let text else { preconditionFailure("a short text") }
        return world.worker.makeClaim(webhook: 0, of: text, life: life)
    }

    /// Claims an event.
    ///
    /// - Returns: The claim; `nil` if Redis was not asked.
    func claim(_ x: UInt32, _ id: String, life: UInt64 = hour) -> ReplayClaim? {
        let claim = makeClaim(id, life: life)
        return world.worker.claimInStore(x, claim) ? claim : nil
    }

    /// What an exchange was told the last time; `nil` if nothing yet.
    func answer(to x: UInt32) -> ReplayAnswer? {
        guard world.worker.exchanges.isOccupied(x) else { return nil }
        let asker = StoreAsker.delivery(world.worker.exchanges.index(of: x))
        guard let note = world.worker.store.journal?.last(where: { $0.asker == asker }) else {
            return nil
        }
        guard case .integers = note.answer else { return .nothing }
        return ReplayAnswer(note.reply) ?? .nothing
    }

    // MARK: Debts

    var owedCount: Int { world.worker.desk.replays.debts.owedCount }
    /// Those on their way included.
    var debtCount: Int { world.worker.desk.replays.debts.count }
    var droppedCount: UInt64 { world.worker.desk.replays.debts.droppedCount }
    var admits: Bool { world.worker.storeAdmits() }
    var waitsForStore: Bool { world.worker.store.calls.count > 0 }

    func end(sourceLocation: SourceLocation = #_sourceLocation) {
        for client in world.clients { client.stream.reset() }
        world.pass(.seconds(2))
        world.drain()
        #expect(world.isDone, sourceLocation: sourceLocation)
        #expect(world.worker.store.links.count == 0, sourceLocation: sourceLocation)
        #expect(world.worker.store.calls.count == 0, sourceLocation: sourceLocation)
        #expect(world.bufferCount == 0, sourceLocation: sourceLocation)
        #expect(world.kernel.openCount == 0, sourceLocation: sourceLocation)
        #expect(world.kernel.misuses.isEmpty, sourceLocation: sourceLocation)
    }
}

import Bytes
import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// Hearing from other gateways which events were accepted.
struct ReplayNewsTests {
    /// A worker that listens.
    private struct Scene {
        let claiming: Claiming

        init(_ settings: RedisSettings = .simulated()) throws {
            claiming = try Claiming(settings, replay: .usual)
            claiming.world.pass(.seconds(2))
        }

        var subscriptions: [RedisRequest] { claiming.world.redis.requests("PSUBSCRIBE") }

        /// Sends on the connection that was subscribed last.
        func tell(_ text: String) throws {
            let stream = try #require(subscriptions.last).stream
            stream.send(text)
            claiming.world.run()
        }

        func tell(_ id: String, _ payload: String) throws {
            try tell(RedisPlay.message(Claiming.key(id), payload))
        }

        /// What this process says of an event by itself.
        func ruling(_ id: String) -> ReplayRuling {
            let claim = claiming.makeClaim(id)
            let now = claiming.world.kernel.now.nanoseconds / 1000
            let table = claiming.world.worker.plan.commons.replays.table
            let ruling = table.claim(claim.key, claim.ticket, until: claim.end, at: now)
            table.release(claim.key, claim.ticket, at: now)
            return ruling
        }
    }

    @Test func `an event that another gateway accepted is known here, as long as it says`() throws {
        let scene = try Scene()
        #expect(scene.subscriptions.map { $0.words[1] } == ["apus:replay:*"])
        try scene.tell("i:evt_1", "5000")
        #expect(scene.ruling("i:evt_1") == .replayed)
        #expect(scene.ruling("i:evt_2") == .claimed)
        scene.claiming.world.pass(.milliseconds(5100))
        #expect(scene.ruling("i:evt_1") == .claimed)
        scene.claiming.end()
    }

    @Test func `it is kept no longer than this gateway keeps its own`() throws {
        let scene = try Scene()
        try scene.tell("i:evt_1", "999999999999999")
        scene.claiming.world.pass(.seconds(99))
        #expect(scene.ruling("i:evt_1") == .replayed)
        scene.claiming.world.pass(.seconds(2))
        #expect(scene.ruling("i:evt_1") == .claimed)
        scene.claiming.end()
    }

    @Test func `an event that is forgotten elsewhere is forgotten here`() throws {
        let scene = try Scene()
        try scene.tell("i:evt_1", "5000")
        try scene.tell("i:evt_1", "0")
        #expect(scene.ruling("i:evt_1") == .claimed)
        scene.claiming.end()
    }

    @Test func `what is of no webhook here is passed over`() throws {
        let scene = try Scene()
        for key in [
            "apus:replay:{other}:i:1", "apus:replay:{pay}:", "apus:", "", "apus:replay:{pay",
        ] {
            try scene.tell(RedisPlay.message(key, "5000"))
        }
        let long = String(repeating: "x", count: 400)
        try scene.tell(RedisPlay.message(Claiming.key(long), "5000"))
        try scene.tell("i:evt_1", "5000")
        #expect(scene.ruling("i:evt_1") == .replayed)
        #expect(scene.subscriptions.count == 1)
        scene.claiming.end()
    }

    @Test(arguments: ["+what\r\n", ":1\r\n", "HTTP/1.1 400\r\n", "$500000000\r\nxx"])
    func `who says something else is left, and listened to anew`(_ nonsense: String) throws {
        let scene = try Scene()
        try scene.tell(nonsense)
        if nonsense.hasPrefix("$") {
            try scene.tell(String(repeating: "x", count: 10_000))
        }
        #expect(scene.claiming.world.worker.store.listening.link == .max)
        // Nobody's limits suffer.
        #expect(scene.claiming.admits)
        scene.claiming.world.pass(.milliseconds(1100))
        #expect(scene.subscriptions.count == 2)
        try scene.tell("i:evt_1", "5000")
        #expect(scene.ruling("i:evt_1") == .replayed)
        scene.claiming.end()
    }

    @Test func `who floods a turn with news is left, and listened to anew`() throws {
        let scene = try Scene()
        let message = RedisPlay.message(Claiming.key("i:evt_1"), "5000")
        let stream = try #require(scene.subscriptions.last).stream
        stream.send(String(repeating: message, count: 100_000))
        scene.claiming.world.worker.takeTurn()
        #expect(scene.claiming.world.worker.store.listening.link == .max)
        #expect(scene.claiming.admits)
        scene.claiming.world.pass(.milliseconds(1100))
        #expect(scene.subscriptions.count == 2)
        scene.claiming.end()
    }

    @Test func `a server that does not allow it is asked once a minute`() throws {
        let claiming = try Claiming(replay: .usual)
        let healthy = claiming.world.redis.answer
        claiming.world.redis.answer = { request in
            request.name == "PSUBSCRIBE" ? "-NOPERM no\r\n" : healthy?(request)
        }
        claiming.world.pass(.seconds(130))
        #expect(claiming.world.redis.requests("PSUBSCRIBE").count == 3)
        #expect(claiming.admits)
        claiming.end()
    }

    @Test func `a silent connection is asked for a sign, and given up without one`() throws {
        let scene = try Scene()
        let stream = try #require(scene.subscriptions.last).stream.number
        let healthy = scene.claiming.world.redis.answer
        scene.claiming.world.redis.answer = { request in
            guard request.stream.number == stream, request.name == "PING" else {
                return healthy?(request)
            }
            return "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
        }
        scene.claiming.world.pass(.seconds(60))
        let signs = scene.claiming.world.redis.requests("PING").filter {
            $0.stream.number == stream
        }
        #expect((5...6).contains(signs.count))
        #expect(scene.subscriptions.count == 1)
        scene.claiming.world.redis.answer = { request in
            request.stream.number == stream ? nil : healthy?(request)
        }
        scene.claiming.world.pass(.seconds(22))
        #expect(scene.subscriptions.count == 2)
        #expect(scene.claiming.admits)
        scene.claiming.end()
    }

    @Test func `what was heard holds while Redis is away, and more is heard when it is back`()
        throws
    {
        let scene = try Scene(.simulated(failures: 1))
        try scene.tell("i:evt_1", "50000")
        scene.claiming.goAway()
        scene.claiming.world.pass(.seconds(3))
        #expect(scene.ruling("i:evt_1") == .replayed)
        scene.claiming.comeBack()
        scene.claiming.world.pass(.seconds(3))
        try scene.tell("i:evt_2", "50000")
        #expect(scene.ruling("i:evt_2") == .replayed)
        scene.claiming.end()
    }

    @Test func `one loop listens, and none without replays to refuse`() throws {
        let claiming = try Claiming(replay: .usual)
        let replays = claiming.world.worker.plan.commons.replays
        #expect(claiming.world.worker.store.listening.isWanted)
        #expect(!replays.takeListening())
        claiming.end()
        let without = try Claiming()
        #expect(!without.world.worker.store.listening.isWanted)
        without.world.pass(.seconds(2))
        #expect(without.world.redis.requests("PSUBSCRIBE").isEmpty)
        without.end()
    }
}

extension ReplaySettings {
    /// Known for 100 s.
    fileprivate static let usual = ReplaySettings(
        secondsKept: 100, duplicateWait: .seconds(5))
}

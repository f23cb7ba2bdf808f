import Dice
import Foundation
import Glibc
import Synchronization
import Testing

/// The app gets an event until it has answered it 2xx, and never after.
@Suite(.staged, .serialized) struct ReplaysTests {
    static let seed = ProcessInfo.processInfo.environment["APUS_SEED"].flatMap(UInt64.init) ?? 20262
    static let eventCount = 700
    static let duplicateCount = 300
    /// Events that are sent once more in the end.
    static let checkedCount = 200

    /// Events, their signatures, and the gateways that they go to.
    final class Scene {
        let app: EventApp
        let origin: Origin
        let deliveries: Deliveries
        let server: RedisServer?
        let gateways: [WebhookGateway]
        var dice = Dice(seed: ReplaysTests.seed)
        var signed: [String: Delivery] = [:]
        /// Answers to all that was sent.
        var sent: [Round.Sent] = []

        init(_ count: Int, server: RedisServer? = nil, app: EventApp, _ more: String = "") throws {
            self.app = app
            self.server = server
            origin = try app.origin()
            deliveries = try Deliveries()
            // Time enough for a machine that is busy: what is tested here is not the waiting.
            let redis = server.map {
                """
                redis:
                  url: "redis://\($0.address)"
                  timeout: 5s
                  breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
                """
            }
            let (origin, deliveries) = (origin, deliveries)
            gateways = try (0..<count).map { _ in
                try WebhookGateway(
                    ["stripe"], adding: "\"tolerance\": \"1h\"",
                    with: """
                        server: { workers: 2, drain_timeout: 20s }
                        timeouts: { response: 60s }
                        \(redis ?? "")
                        \(more)
                        """, app: origin, deliveries: deliveries)
            }
            if server != nil { try awaitRedis() }
        }

        /// The first deliveries come before there is a connection.
        func awaitRedis() throws {
            try eventually("the gateways have connections to Redis") {
                guard case .text(let text)? = try server?.ask("CLIENT", "LIST") else {
                    return false
                }
                return text.components(separatedBy: "name=apus").count > 2 * gateways.count
            }
        }

        func sign(_ events: [String]) throws {
            for start in stride(from: 0, to: events.count, by: 100) {
                let some = Array(events[start..<min(start + 100, events.count)])
                for delivery in try deliveries.sign("stripe", ids: some) {
                    signed[delivery.told] = delivery
                }
            }
        }

        /// All events, and duplicates of some, in any order.
        func all() -> [String] {
            let events = (0..<ReplaysTests.eventCount).map { "evt_\($0)" }
            let more = (0..<ReplaysTests.duplicateCount).map { _ in
                events[Int(dice.below(UInt64(events.count)))]
            }
            return (events + more).shuffled(using: &dice)
        }

        /// Sends deliveries until each was answered 2xx, as a provider does.
        ///
        /// - Parameter onTheWay: Called while those of the first round are all on their way.
        func deliver(_ events: [String], onTheWay: () throws -> Void = {}) throws {
            var left = events
            for number in 0..<40 where !left.isEmpty {
                var round = try Round(left, signed, to: gateways.map(\.apus)) {
                    Int(dice.below(UInt64(gateways.count)))
                }
                if number == 0 { try onTheWay() }
                try round.finish()
                sent += round.sent
                let accepted = Set(round.sent.filter { $0.status == 200 }.map(\.event))
                left = round.sent.map(\.event).filter { !accepted.contains($0) }
            }
            #expect(left.isEmpty, "never accepted: \(left.prefix(5)), seed \(ReplaysTests.seed)")
        }

        /// What may be answered at all.
        func expectAnswers() {
            for one in sent {
                let isKnown = [200, 409, 500, 503].contains(one.status)
                #expect(isKnown, "\(one), seed \(ReplaysTests.seed)")
                if one.status == 409 || one.status == 503 { #expect(one.retryAfter != nil) }
            }
        }

        /// Prints what happened.
        func tell(_ what: String) {
            let events = app.events.values
            let counts = [200, 409, 500, 503].map { status in
                "\(status): \(sent.filter { $0.status == status && !$0.isReplay }.count)"
            }
            print(
                "\(what), seed \(ReplaysTests.seed): \(sent.count) deliveries of \(events.count) "
                    + "events, \(app.requests) reached the app; answers \(counts), replayed "
                    + "\(sent.filter(\.isReplay).count); accepted twice: "
                    + "\(events.filter { $0.accepted > 1 }.count)")
        }
    }

    /// Fails every third request, and takes its time, so that duplicates meet.
    static func failing() -> EventApp {
        EventApp { number in
            pass(seconds: 0.02)
            return number % 3 == 2 ? .fail : .accept
        }
    }

    private func expectOnce(_ scene: Scene) {
        #expect(scene.app.events.count == Self.eventCount)
        for (name, event) in scene.app.events {
            let isOnce = event.accepted == 1 && event.late == 0 && event.currentMax == 1
            #expect(isOnce, "\(name): \(event), seed \(Self.seed)")
        }
        scene.expectAnswers()
    }

    /// Whatever is sent again now is answered by the gateways.
    private func expectReplayed(_ scene: Scene) throws {
        let before = scene.app.requests
        for number in 0..<Self.checkedCount {
            let gateway = scene.gateways[number % scene.gateways.count]
            let delivery = try #require(scene.signed["evt_\(number)"])
            let answer = try gateway.deliver(delivery)
            #expect(answer.isReplay, "evt_\(number): \(answer), seed \(Self.seed)")
        }
        #expect(scene.app.requests == before)
    }

    @Test(arguments: [1, 2])
    func `an event is accepted once`(gateways: Int) throws {
        let server = gateways > 1 ? try RedisServer() : nil
        let scene = try Scene(gateways, server: server, app: Self.failing())
        let events = scene.all()
        try scene.sign(Array(Set(events)))
        try scene.deliver(events)
        scene.tell(gateways == 1 ? "in memory" : "two gateways on one Redis")
        expectOnce(scene)
        try expectReplayed(scene)
        let replayed = try scene.gateways.reduce(0) { try $0 + $1.judged("stripe", "replayed") }
        #expect(Int(replayed) == scene.sent.filter(\.isReplay).count + Self.checkedCount)
        try eventually("each replay is told of") {
            try scene.gateways.reduce(0) { sum, gateway in
                try sum
                    + gateway.apus.lines("security").filter { $0.kind == "webhook_replayed" }.count
            } == Int(replayed)
        }
    }

    @Test func `an event is accepted once more at most if Redis is killed meanwhile`() throws {
        let stage = KillStage()
        let app = EventApp { try stage.conduct($0) }
        let server = try RedisServer()
        let scene = try Scene(2, server: server, app: app)
        let early = (0..<100).map { "evt_early_\($0)" }
        let events = scene.all()
        try scene.sign(early + Array(Set(events)))
        try scene.deliver(early)
        stage.begin(after: app.requests)
        try scene.deliver(events) {
            try stage.reached.pass()
            try server.kill()
            stage.goOn.open()
        }
        scene.tell("two gateways, Redis killed")
        scene.expectAnswers()
        for (name, event) in app.events {
            // One more by the gateway that did not hear of the first.
            let isBounded = 1...2 ~= event.accepted && event.currentMax <= 2
            #expect(isBounded, "\(name): \(event), seed \(Self.seed)")
        }
        expectOnceOutside(events, early, app)
        try expectAllKnown(scene)
        // When it is back each gateway knows what it took, and Redis what both took meanwhile.
        try server.restart()
        try scene.awaitRedis()
        try expectAllKnown(scene)
    }

    /// Events that had no duplicate on its way when Redis was killed are accepted once whatever
    /// becomes of it.
    private func expectOnceOutside(_ events: [String], _ early: [String], _ app: EventApp) {
        var times: [String: Int] = [:]
        for event in events + early { times[event, default: 0] += 1 }
        for (event, count) in times where count == 1 {
            #expect(app.event(event).accepted == 1, "\(event), seed \(Self.seed)")
        }
    }

    /// No gateway has an event accepted once more that was accepted through it.
    private func expectAllKnown(_ scene: Scene) throws {
        let before = scene.app.requests
        for one in scene.sent where one.status == 200 && !one.isReplay {
            let delivery = try #require(scene.signed[one.event])
            let answer = try scene.gateways[one.gateway].deliver(delivery)
            #expect(answer.isReplay, "\(one), seed \(Self.seed)")
        }
        #expect(scene.app.requests == before)
    }
}

/// An app that stands still when it has got so many requests, until it may go on.
private final class KillStage: Sendable {
    let reached = Door()
    let goOn = Door()
    /// The number of the request at which it stands still.
    private let halt = Counter(.max)

    func begin(after requests: Int) { halt.increment(by: requests + 250 - .max) }

    /// Fails every third request, and takes its time, so that duplicates meet.
    func conduct(_ number: Int) throws -> EventApp.Conduct {
        if number >= halt.value {
            reached.open()
            try goOn.pass()
        }
        pass(seconds: 0.02)
        return number % 3 == 2 ? .fail : .accept
    }
}

import Testing

/// What gateways know of events while Redis is away, and when it is back.
@Suite(.staged) struct ReplaysAwayTests {
    /// Two gateways before a Redis that can be taken away.
    struct Scene {
        let app: EventApp
        let server: RedisServer
        let proxy: FaultyRedis
        let gateways: [WebhookGateway]

        /// - Parameter isDirect: Whether nothing stands between the gateways and Redis.
        init(isDirect: Bool = false) throws {
            let app = EventApp { _ in .accept }
            let server = try RedisServer()
            let proxy = try FaultyRedis(before: server)
            let (origin, deliveries) = (try app.origin(), try Deliveries())
            self.app = app
            self.server = server
            self.proxy = proxy
            gateways = try (0..<2).map { _ in
                try WebhookGateway(
                    ["stripe"],
                    with: """
                        redis:
                          url: "redis://\(isDirect ? server.address : proxy.address)"
                          timeout: 500ms
                          breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
                        """, app: origin, deliveries: deliveries)
            }
            try awaitRedis()
        }

        func sign(_ id: String) throws -> Delivery {
            try gateways[0].deliveries.sign("stripe", id: id)
        }

        /// Until each gateway claims in Redis.
        func awaitRedis() throws {
            for (number, gateway) in gateways.enumerated() {
                try eventually("gateway \(number) asks Redis") {
                    let id = "probe_\(number)_\(uptime())"
                    _ = try gateway.deliver(sign(id))
                    return try isKnown(id)
                }
            }
        }

        func isKnown(_ id: String) throws -> Bool {
            try server.keys().contains { $0.hasSuffix(id) }
        }
    }

    @Test func `what a gateway took while Redis was away all know when it is back`() throws {
        let scene = try Scene()
        let (one, other) = (scene.gateways[0], scene.gateways[1])
        let before = try scene.sign("evt_before")
        #expect(try one.deliver(before).text == "accepted")
        #expect(try other.deliver(before).isReplay)
        try scene.proxy.begin("refuse")
        // Each knows what it has seen itself, and what Redis told it.
        #expect(try one.deliver(before).isReplay)
        #expect(try other.deliver(before).isReplay)
        let during = try scene.sign("evt_during")
        #expect(try one.deliver(during).text == "accepted")
        #expect(try one.deliver(during).isReplay)
        #expect(try !scene.isKnown("evt_during"))
        try scene.proxy.begin("none")
        try eventually("Redis is told") { try scene.isKnown("evt_during") }
        try scene.awaitRedis()
        #expect(try other.deliver(during).isReplay)
        #expect(scene.app.event("evt_during").accepted == 1)
        #expect(scene.app.event("evt_before").accepted == 1)
    }

    @Test func `what one gateway took before Redis went away all know`() throws {
        let scene = try Scene(isDirect: true)
        let (one, other) = (scene.gateways[0], scene.gateways[1])
        try eventually("both listen") { try scene.server.connections(with: " psub=1 ") == 2 }
        let before = try (0..<50).map { try scene.sign("evt_\($0)") }
        for delivery in before { #expect(try one.deliver(delivery).text == "accepted") }
        // What was not sent to the others is lost with Redis.
        try eventually("Redis has told all") {
            let isAccepted = try before.indices.allSatisfy {
                try scene.server.ask("GET", "apus:replay:{stripe}:i:evt_\($0)") == .text("+")
            }
            return try isAccepted && scene.server.hasSentAll()
        }
        try scene.server.kill()
        for delivery in before { #expect(try other.deliver(delivery).isReplay) }
        for number in 0..<50 { #expect(scene.app.event("evt_\(number)").accepted == 1) }
    }

    @Test(arguments: ["hang", "refuse", "reset", "garbage", "loading", "wrong-type", "null"])
    func `a delivery passes whatever Redis answers, and once`(fault: String) throws {
        let scene = try Scene()
        try scene.proxy.begin(fault)
        for number in 0..<20 {
            let delivery = try scene.sign("evt_\(number)")
            let gateway = scene.gateways[number % 2]
            let began = uptime()
            #expect(try gateway.deliver(delivery).text == "accepted", "\(fault) \(number)")
            #expect(uptime() - began < 5)
            #expect(try gateway.deliver(delivery).isReplay, "\(fault) \(number)")
            #expect(scene.app.event("evt_\(number)").accepted == 1)
        }
        try scene.proxy.begin("none")
        try eventually("Redis is told") {
            try (0..<20).allSatisfy { try scene.isKnown("evt_\($0)") }
        }
        try scene.awaitRedis()
        for number in 0..<20 {
            let answer = try scene.gateways[1 - number % 2].deliver(scene.sign("evt_\(number)"))
            #expect(answer.isReplay, "\(fault) \(number)")
        }
    }
}

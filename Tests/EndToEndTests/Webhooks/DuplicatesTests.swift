import Glibc
import Testing

/// What becomes of an event that comes while the app has it, and of one whose delivery ends
/// otherwise than by an answer.
@Suite(.staged) struct DuplicatesTests {
    /// A gateway before an app that does as it is told.
    struct Scene {
        let app: EventApp
        let gateway: WebhookGateway
        let server: RedisServer?

        init(
            _ place: BucketPlace, adding: String = "", with more: String = "",
            _ conduct: @escaping @Sendable (Int) throws -> EventApp.Conduct
        ) throws {
            app = EventApp(conduct)
            let server = place == .redis ? try RedisServer() : nil
            self.server = server
            let redis = server.map { "redis: { url: \"redis://\($0.address)\", timeout: 2s }" }
            gateway = try WebhookGateway(
                ["stripe"], adding: adding, with: "\(redis ?? "")\n\(more)", app: app.origin())
            guard server != nil else { return }
            try eventually("the gateway has a connection to Redis") {
                guard case .text(let text)? = try server?.ask("CLIENT", "LIST") else {
                    return false
                }
                return text.contains("name=apus")
            }
        }

        func sign(_ id: String) throws -> Delivery {
            try gateway.deliveries.sign("stripe", id: id)
        }
    }

    @Test(arguments: BucketPlace.allCases)
    func `a duplicate waits for the first and gets its verdict`(place: BucketPlace) throws {
        let door = Door()
        let scene = try Scene(place) { _ in
            try door.pass()
            return .accept
        }
        let delivery = try scene.sign("evt_1")
        let wires = try (0..<4).map { _ in try scene.gateway.apus.connect() }
        try wires[0].send(delivery.request())
        try eventually("the app has it") { scene.app.requests == 1 }
        for wire in wires[1...] { try wire.send(delivery.request()) }
        #expect(try wires[1].isSilent(for: 0.3))
        #expect(scene.app.requests == 1)
        door.open()
        let first = try wires[0].response()
        #expect(first.status == 200)
        #expect(first["Apus-Webhook"] == nil)
        for wire in wires[1...] { #expect(try wire.response().isReplay) }
        #expect(scene.app.requests == 1)
        // Another event is no duplicate.
        #expect(try scene.gateway.deliver(scene.sign("evt_2")).text == "accepted")
    }

    @Test(arguments: BucketPlace.allCases)
    func `a duplicate goes to the app if the first came to nothing`(place: BucketPlace) throws {
        let door = Door()
        let scene = try Scene(place) { number in
            try door.pass()
            return number == 0 ? .fail : .accept
        }
        let delivery = try scene.sign("evt_1")
        let wires = try (0..<2).map { _ in try scene.gateway.apus.connect() }
        try wires[0].send(delivery.request())
        try eventually("the app has it") { scene.app.requests == 1 }
        try wires[1].send(delivery.request())
        #expect(try wires[1].isSilent(for: 0.1))
        door.open()
        #expect(try wires[0].response().status == 500)
        #expect(try wires[1].response().text == "accepted")
        #expect(try scene.gateway.deliver(delivery).isReplay)
        #expect(scene.app.event("evt_1").currentMax == 1)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a duplicate that has waited for long is told to come again`(place: BucketPlace) throws {
        let door = Door()
        let scene = try Scene(place, adding: "\"duplicate_wait\": \"200ms\"") { _ in
            try door.pass()
            return .accept
        }
        let delivery = try scene.sign("evt_1")
        let first = try scene.gateway.apus.connect()
        try first.send(delivery.request())
        try eventually("the app has it") { scene.app.requests == 1 }
        let began = uptime()
        let answer = try scene.gateway.deliver(delivery)
        #expect(answer.status == 409)
        #expect(Int(answer["Retry-After"] ?? "") ?? 0 > 0)
        #expect(try answer.problem().code == "conflict")
        #expect(uptime() - began >= 0.2)
        door.open()
        #expect(try first.response().status == 200)
        #expect(scene.app.requests == 1)
        #expect(try scene.gateway.deliver(delivery).isReplay)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a client that goes away leaves its event to the next`(place: BucketPlace) throws {
        let scene = try Scene(place) { $0 == 0 ? .silence : .accept }
        let delivery = try scene.sign("evt_1")
        let gone = try scene.gateway.apus.connect()
        try gone.send(delivery.request())
        try eventually("the app has it") { scene.app.requests == 1 }
        // One that waits goes away as well, without harm.
        let waiting = try scene.gateway.apus.connect()
        try waiting.send(delivery.request())
        #expect(try waiting.isSilent(for: 0.1))
        waiting.socket.closeByReset()
        waiting.hangUp()
        gone.hangUp()
        #expect(try scene.gateway.deliver(delivery).text == "accepted")
        #expect(try scene.gateway.deliver(delivery).isReplay)
        #expect(scene.app.requests == 2)
    }

    @Test(arguments: BucketPlace.allCases)
    func `an app that is too slow, hangs up or is not there keeps no event`(
        place: BucketPlace
    ) throws {
        let scene = try Scene(place, with: "timeouts: { response: 300ms }") { number in
            switch number {
            case 0: .silence
            case 1: .hangUp
            default: .accept
            }
        }
        let delivery = try scene.sign("evt_1")
        #expect(try scene.gateway.deliver(delivery).status == 504)
        #expect(try scene.gateway.deliver(delivery).status == 502)
        #expect(try scene.gateway.deliver(delivery).text == "accepted")
        #expect(try scene.gateway.deliver(delivery).isReplay)
        #expect(scene.app.requests == 3)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a forgery takes no event from the genuine delivery`(place: BucketPlace) throws {
        let scene = try Scene(place) { _ in .accept }
        let forged = try scene.gateway.deliveries.sign(
            "stripe", id: "evt_1", which: "stranger")
        #expect(try scene.gateway.deliver(forged).status == 401)
        #expect(try scene.gateway.deliver(scene.sign("evt_1")).text == "accepted")
        // Signed anew it is the same event.
        let later = try scene.gateway.deliveries.sign("stripe", id: "evt_1", offset: 9)
        #expect(try scene.gateway.deliver(later).isReplay)
        #expect(scene.app.requests == 1)
    }

    @Test func `an id that is not signed lets no captured delivery pass again`() throws {
        let gateway = try WebhookGateway(["github"])
        var delivery = try gateway.deliveries.sign("github", id: "first")
        #expect(try gateway.deliver(delivery).text == "hello")
        // Answered here it leaves its connection to the next.
        let wire = try gateway.apus.connect()
        for _ in 1...3 { #expect(try wire.deliver(delivery).isReplay) }
        delivery.fields = delivery.fields.map { $0[1] == "first" ? [$0[0], "second"] : $0 }
        #expect(try gateway.deliver(delivery).isReplay)
        #expect(gateway.app.requests.all.count == 1)
    }

    @Test func `an event is forgotten when its time is over`() throws {
        let scene = try Scene(.redis, adding: "\"replay_ttl\": \"1s\"") { _ in .accept }
        let delivery = try scene.sign("evt_1")
        #expect(try scene.gateway.deliver(delivery).text == "accepted")
        #expect(try scene.gateway.deliver(delivery).isReplay)
        try eventually("it is forgotten") { try !scene.gateway.deliver(delivery).isReplay }
        #expect(scene.app.requests == 2)
        #expect(try scene.gateway.deliver(delivery).isReplay)
    }

    /// With what is told to Redis at the end of a delivery.
    @Test func `a delivery takes two commands of Redis`() throws {
        let scene = try Scene(.redis) { _ in .accept }
        let server = try #require(scene.server)
        #expect(try scene.gateway.deliver(scene.sign("evt_0")).status == 200)
        // Its commit is told behind the answer.
        try eventually("the first commit has arrived") {
            try server.ask("GET", "apus:replay:{stripe}:i:evt_0") == .text("+")
        }
        func commands() throws -> Int {
            guard case .text(let text) = try server.ask("INFO", "commandstats") else { return 0 }
            return text.split(separator: "\r\n").filter { $0.contains("cmdstat_eval") }
                .compactMap { $0.split(separator: "=").dropFirst().first }
                .compactMap { Int($0.prefix { $0 != "," }) }.reduce(0, +)
        }
        let before = try commands()
        for number in 1...50 {
            #expect(try scene.gateway.deliver(scene.sign("evt_\(number)")).status == 200)
        }
        try eventually("the last commit has arrived") { try commands() - before >= 100 }
        #expect(try commands() - before == 100)
    }
}

import Foundation
import Testing

/// Operators have an event that was accepted be taken once more.
@Suite(.staged) struct ForgettingTests {
    private func gateway(_ server: RedisServer?, app: Origin) throws -> WebhookGateway {
        let redis = server.map { "redis: { url: \"redis://\($0.address)\", timeout: 5s }" } ?? ""
        return try WebhookGateway(["stripe", "github"], with: redis, app: app)
    }

    private func forget(_ gateway: WebhookGateway, _ webhook: String, _ id: String) throws -> Int {
        try gateway.apus.operate("DELETE", "/api/v1/webhooks/\(webhook)/replays/\(id)").status
    }

    @Test(arguments: [false, true])
    func `an event is forgotten by its id, signed or not`(withRedis: Bool) throws {
        let server = withRedis ? try RedisServer() : nil
        let app = try Origin.saying()
        let gateway = try gateway(server, app: app)
        for name in ["stripe", "github"] {
            let delivery = try gateway.deliveries.sign(name, id: "evt-77-\(name)")
            try eventually("\(name) is accepted") { try gateway.deliver(delivery).status == 200 }
            #expect(try gateway.deliver(delivery).isReplay)
            let id = try #require(
                app.requests.all.last?["Apus-Webhook"]?.split(separator: "\"").dropFirst().first)
            #expect(try forget(gateway, name, "unknown-\(id)") == 404)
            #expect(try forget(gateway, name, "\(id)") == 204)
            #expect(try forget(gateway, name, "\(id)") == 404)
            let count = app.requests.all.count
            #expect(try gateway.deliver(delivery).isReplay == false)
            #expect(app.requests.all.count == count + 1)
            #expect(try gateway.deliver(delivery).isReplay)
        }
        #expect(try forget(gateway, "nobody", "evt") == 404)
        try eventually("it is written down") {
            let results = try gateway.apus.lines("audit").filter { $0.what == "replay_forget" }
                .map(\.result)
            return results.contains("done") && results.last == "unknown_webhook"
        }
    }

    @Test func `an event that is on its way is not forgotten`() throws {
        let app = try Origin.answering { _ in "" }
        let gateway = try gateway(nil, app: app)
        let delivery = try gateway.deliveries.sign("stripe", id: "evt_slow")
        let wire = try gateway.apus.connect()
        try wire.send(delivery.request())
        try eventually("the app is asked") { !app.requests.all.isEmpty }
        #expect(try forget(gateway, "stripe", "evt_slow") == 409)
    }

    @Test func `nothing is forgotten while redis cannot be asked`() throws {
        let server = try RedisServer()
        let gateway = try gateway(server, app: try Origin.saying())
        let delivery = try gateway.deliveries.sign("stripe", id: "evt_1")
        try eventually("it is accepted") { try gateway.deliver(delivery).status == 200 }
        try server.kill()
        try eventually("redis is gone") { try forget(gateway, "stripe", "evt_1") == 503 }
        #expect(try gateway.deliver(delivery).isReplay)
    }
}

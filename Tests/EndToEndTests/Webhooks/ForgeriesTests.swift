import Foundation
import Testing

/// What a provider sends reaches the app as it is, and what anybody else sends does not.
@Suite(.staged) struct ForgeriesTests {
    static let seed = ProcessInfo.processInfo.environment["APUS_SEED"].flatMap(Int.init) ?? 20261

    static let results = ["missing", "malformed", "bad_signature", "stale"]

    @Test(arguments: Deliveries.names)
    func `genuine deliveries pass and forgeries do not`(name: String) throws {
        let gateway = try WebhookGateway([name])
        let provider = name.prefix { $0 != "_" }
        let wire = try gateway.apus.connect()
        let genuine = try ["1", "2", "3"].map {
            try gateway.deliveries.sign(name, id: "evt_\(name)_\($0)")
        }
        for delivery in genuine {
            #expect(try wire.deliver(delivery, .length, "Apus-Webhook: forged\r\n").status == 200)
            let seen = try #require(gateway.app.requests.all.last)
            #expect(seen.body == delivery.bytes)
            let id = delivery.told.isEmpty ? "" : "; id=\"\(delivery.told)\""
            #expect(seen.all("Apus-Webhook") == ["provider=\(provider)\(id)"])
            for field in delivery.fields { #expect(seen[field[0]] == field[1]) }
        }
        #expect(gateway.app.requests.all.count == 3)

        let forgeries = try gateway.deliveries.forgeries(name, seed: Self.seed)
        try send(forgeries, to: gateway)
        #expect(gateway.app.requests.all.count == 3, "forgeries reached the app: seed \(Self.seed)")
        try expectTold(forgeries, name, by: gateway)
        try tell(name, forgeries, gateway)
        // Another genuine one, by the secret that is on its way out where there are two.
        if genuine[0]["X-Signature-Ed25519"] == nil, provider != "sendgrid", provider != "paypal",
            !["generic_ed25519", "generic_ecdsa", "generic_rsa"].contains(name)
        {
            let former = try gateway.deliveries.sign(name, id: "evt_former", which: "former")
            #expect(try wire.deliver(former).status == 200)
            #expect(gateway.app.requests.all.count == 4)
        }
    }

    private func send(_ forgeries: [Delivery], to gateway: WebhookGateway) throws {
        // All on one connection: a body that was read to its end needs no other.
        let wire = try gateway.apus.connect()
        for forgery in forgeries {
            let answer = try wire.deliver(forgery)
            #expect(answer.status == 401, "\(forgery.what), seed \(Self.seed): \(forgery)")
            guard answer.status == 401 else { continue }
            let problem = try answer.problem()
            #expect(problem.code == "webhook_rejected")
            #expect(!problem.detail.contains("signature") && !problem.detail.contains("time"))
            #expect(answer["WWW-Authenticate"] == nil)
            #expect(answer["Connection"] == nil)
        }
    }

    /// The log says of each why, and the metrics how many.
    private func expectTold(
        _ forgeries: [Delivery], _ name: String, by gateway: WebhookGateway
    ) throws {
        let events = try gateway.events("webhook_rejected", count: forgeries.count)
        #expect(events.count == forgeries.count)
        for (event, forgery) in zip(events, forgeries) {
            let reason = event.reason ?? ""
            #expect(event.webhook == name)
            #expect(
                forgery.reasons.isEmpty ? !reason.isEmpty : forgery.reasons.contains(reason),
                "\(forgery.what), seed \(Self.seed): \(reason)")
        }
        let counted = try Self.results.reduce(0) { try $0 + gateway.judged(name, $1) }
        #expect(Int(counted) == forgeries.count)
        #expect(try gateway.judged(name, "verified") == 3)
        try eventually("an access line of each") {
            try gateway.apus.lines("request").filter { $0.outcome == "webhook_rejected" }.count
                == forgeries.count
        }
    }

    /// Prints a row of a table.
    private func tell(_ name: String, _ forgeries: [Delivery], _ gateway: WebhookGateway) throws {
        let counts = try Self.results.map { "\(Int(try gateway.judged(name, $0)))" }
        print("| \(name) | 3 of 3 | \(forgeries.count) | \(counts.joined(separator: " | ")) | 0 |")
    }

    @Test func `nobody can say that the gateway verified what it did not`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        let answer = try apus.ask(
            post("/x", "{}", "Apus-Webhook: provider=stripe; id=\"evt_1\"\r\n"))
        #expect(answer.status == 200)
        #expect(app.requests.all.last?.all("Apus-Webhook") == [])
    }
}

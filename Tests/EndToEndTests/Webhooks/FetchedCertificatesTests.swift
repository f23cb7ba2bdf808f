import Foundation
import Glibc
import Testing

/// Deliveries that name the certificate they are signed with.
@Suite(.staged, .serialized) struct FetchedCertificatesTests {
    private struct Scene {
        let deliveries: Deliveries
        let host: CertificateHost
        let gateway: WebhookGateway

        init(adding: String = "") throws {
            deliveries = try Deliveries()
            // Has the key made.
            _ = try deliveries.sign("paypal_fetched", id: "evt_0")
            host = try CertificateHost(signer: "\(deliveries.folder)/rsa-ours.pem")
            gateway = try WebhookGateway(
                ["paypal_fetched"], adding: adding, deliveries: deliveries,
                environment: host.environment)
        }

        func delivery(_ id: String, of url: String? = nil, which: String = "ours") throws
            -> Delivery
        {
            var delivery = try deliveries.sign("paypal_fetched", id: id, which: which)
            if let url {
                delivery.fields = delivery.fields.map {
                    $0[0] == "PAYPAL-CERT-URL" ? [$0[0], url] : $0
                }
            }
            return delivery
        }

        static func place(_ name: String) -> String {
            "https://api.paypal.com/v1/notifications/certs/\(name)"
        }

        func keyLines(_ message: String, count: Int) throws -> [LogLine] {
            try eventually("\(count) lines \(message)") {
                let lines = try gateway.apus.lines("keys").filter { $0.message == message }
                return lines.count >= count ? lines : nil
            }
        }
    }

    @Test func `a certificate is fetched once, and whoever comes meanwhile waits for it`() throws {
        let scene = try Scene()
        let wires = try (0..<5).map { index in
            let wire = try scene.gateway.apus.connect()
            try wire.send(scene.delivery("evt_\(index)").request())
            return wire
        }
        for wire in wires { #expect(try wire.response().status == 200) }
        #expect(try scene.gateway.deliver(scene.delivery("evt_5")).status == 200)
        #expect(scene.host.requests == ["/v1/notifications/certs/good Host: api.paypal.com"])
        #expect(scene.gateway.app.requests.all.count == 6)
        let app = try #require(scene.gateway.app.requests.all.first)
        #expect(app["Apus-Webhook"]?.contains("paypal") == true)
        #expect(try scene.keyLines("certificate fetched", count: 1).count == 1)
        // Known by its id as others are.
        #expect(try scene.gateway.deliver(scene.delivery("evt_5")).isReplay)
        // And still after a reload.
        scene.gateway.apus.signal(SIGHUP)
        try eventually("the gateway has reloaded") {
            try scene.gateway.apus.lines("reload").count > 0
        }
        #expect(try scene.gateway.deliver(scene.delivery("evt_6")).status == 200)
        #expect(scene.host.requests.count == 1)
        #expect(try scene.gateway.judged("paypal_fetched", "verified") == 7)
    }

    @Test func `another's signature is refused, whoever's certificate it names`() throws {
        let scene = try Scene()
        let forged = try scene.delivery("evt_1", which: "stranger")
        #expect(try scene.gateway.deliver(forged).status == 401)
        for name in ["of-somebody-else", "of-a-stranger", "expired", "text", "missing", "endless"] {
            let delivery = try scene.delivery("evt_2", of: Scene.place(name))
            #expect(try scene.gateway.deliver(delivery).status == 401, "\(name)")
            #expect(try scene.gateway.deliver(delivery).status == 401, "\(name)")
        }
        // Each was asked for once; that it is none is known for a while.
        #expect(scene.host.requests.count == 7)
        #expect(scene.gateway.app.requests.all.isEmpty)
        #expect(try scene.gateway.judged("paypal_fetched", "bad_signature") == 13)
        _ = try scene.keyLines("certificate refused", count: 6)
        #expect(try scene.gateway.deliver(scene.delivery("evt_3")).status == 200)
    }

    @Test func `nothing is fetched from anywhere else`() throws {
        let scene = try Scene()
        for url in [
            "http://api.paypal.com/v1/notifications/certs/good",
            "https://api.paypal.com.example.org/good", "https://evilpaypal.com/good",
            "https://paypal.com/good", "https://.paypal.com/good", "https://a..paypal.com/good",
            "https://me@api.paypal.com/good", "https://api.paypal.com:443/good",
            "https://api.paypal.com/good?x", "https://api.paypal.com/a/../good",
            "https://api.paypal.com/%67ood", "https://api.paypal.com", "https://127.0.0.1/good",
            "https://example.org/.paypal.com/good", "https://example.org#.paypal.com/good",
            "https://example.org\\.paypal.com/good", "//api.paypal.com/good", "good",
            "https://api.paypal.com/" + String(repeating: "a", count: 300),
        ] {
            let answer = try scene.gateway.deliver(scene.delivery("evt_1", of: url))
            #expect(answer.status == 401, "\(url)")
        }
        var delivery = try scene.delivery("evt_2")
        let named = try #require(delivery.fields.first { $0[0] == "PAYPAL-CERT-URL" })
        delivery.fields.append(named)
        #expect(try scene.gateway.deliver(delivery).status == 401)
        delivery.fields.removeAll { $0[0] == "PAYPAL-CERT-URL" }
        #expect(try scene.gateway.deliver(delivery).status == 401)
        #expect(scene.host.requests.isEmpty)
        #expect(try scene.gateway.judged("paypal_fetched", "malformed") == 20)
        #expect(try scene.gateway.judged("paypal_fetched", "missing") == 1)
    }

    @Test func `while the host is away deliveries are to come again, and do`() throws {
        let scene = try Scene()
        scene.host.stop()
        let answer = try scene.gateway.deliver(scene.delivery("evt_1"))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "10")
        let line = try scene.gateway.apus.accessLine(of: "/hooks/paypal_fetched")
        #expect(line.reason == "webhook_certificate_unavailable")
        try scene.host.start()
        for status in [503, 403] {
            try scene.host.answer(with: status)
            let count = scene.host.requests.count
            try eventually("\(status) says nothing", within: 20) {
                let answer = try scene.gateway.deliver(scene.delivery("evt_1"))
                #expect(answer.status == 503)
                return scene.host.requests.count > count
            }
        }
        try scene.host.answer(with: nil)
        try eventually("it is looked for again", within: 20) {
            try scene.gateway.deliver(scene.delivery("evt_1")).status == 200
        }
    }

    @Test func `a host that does not answer holds up nobody else, and costs little`() throws {
        let scene = try Scene()
        let apus = scene.gateway.apus
        #expect(try scene.gateway.deliver(scene.delivery("evt_before")).status == 200)
        let port = apus.port
        let load = Load(clients: 2, pause: 0.002) { _, _ in (port, 0, get("/other")) }
        let began = uptime()
        let wires = try (0..<30).map { index in
            let wire = try apus.connect()
            try wire.send(
                scene.delivery("evt_\(index)", of: Scene.place("silent\(index)")).request())
            return wire
        }
        // Some leave.
        for wire in wires.prefix(5) { wire.hangUp() }
        let silent = try apus.connect()
        try silent.send(scene.delivery("evt_s", of: Scene.place("silent")).request())
        // What is known needs nobody.
        #expect(try scene.gateway.deliver(scene.delivery("evt_meanwhile")).status == 200)
        var statuses: [Int: Int] = [:]
        for wire in wires.dropFirst(5) + [silent] {
            statuses[try wire.response(within: 20).status, default: 0] += 1
        }
        print("30 certificates made up and one that is not answered for: \(statuses)")
        #expect(uptime() - began < 15)
        #expect(Set(statuses.keys).isSubset(of: [401, 503]))
        let samples = try load.end()
        #expect(samples.allSatisfy { $0.status == 200 })
        #expect((samples.map(\.seconds).max() ?? 0) < 1)
        try eventually("all is over") { try apus.lines("request").count >= 33 }
    }

    @Test func `in shadow mode what cannot be verified passes unmarked`() throws {
        let scene = try Scene(adding: "\"mode\": \"shadow\"")
        scene.host.stop()
        #expect(try scene.gateway.deliver(scene.delivery("evt_1")).status == 200)
        let seen = try #require(scene.gateway.app.requests.all.first)
        #expect(seen["Apus-Webhook"] == nil)
    }
}

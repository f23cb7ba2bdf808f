import Foundation
import Glibc
import Testing

/// How webhooks go together with what else a route has.
@Suite(.staged) struct SettingsOfWebhooksTests {
    @Test func `in shadow forgeries pass, are told of, and are not called genuine`() throws {
        let gateway = try WebhookGateway(
            ["stripe"], adding: "\"mode\": \"shadow\", \"max_body\": \"4KiB\"")
        let genuine = try gateway.deliveries.sign("stripe", id: "evt_1")
        #expect(try gateway.deliver(genuine).text == "hello")
        #expect(try gateway.deliver(genuine).text == "hello")
        let forged = try gateway.deliveries.sign("stripe", id: "evt_1", which: "stranger")
        #expect(try gateway.deliver(forged).text == "hello")
        let long = try gateway.deliveries.sign(
            "stripe", id: "evt_2", body: Array(repeating: 0x61, count: 9000))
        #expect(try gateway.deliver(long).text == "hello")
        let seen = gateway.app.requests.all
        #expect(
            seen.map { $0["Apus-Webhook"] != nil } == [true, true, false, false])
        #expect(seen.map(\.body) == [genuine, genuine, forged, long].map(\.bytes))
        #expect(
            try gateway.events("webhook_rejected", count: 2).map(\.reason)
                == ["signature_wrong", "webhook_too_large"])
        #expect(try gateway.events("webhook_replayed", count: 1).count == 1)
        #expect(try gateway.judged("stripe", "bad_signature") == 1)
    }

    @Test func `a secret in a file is read again without a word`() throws {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ secret: String) throws {
            try (secret + "\n").write(
                toFile: "\(folder)/secret", atomically: true, encoding: .utf8)
        }
        try write("the-first-secret-of-all")
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            webhooks: { github: { provider: github, secrets: ["${file:\(folder)/secret}"] } }
            routes: [ { name: hooks, match: { path: /* }, webhook: github, upstream: app } ]
            """, apps: [app])
        let deliveries = try Deliveries()
        var number = 0
        func status(_ secret: String) throws -> Int {
            number += 1
            let body = "{\"n\": \(number)}"
            let mac = try deliveries.mac(secret: secret, body)
            return try apus.ask(post("/x", body, "X-Hub-Signature-256: sha256=\(mac)\r\n")).status
        }
        #expect(try status("the-first-secret-of-all") == 200)
        #expect(try status("the-second-secret-of-all") == 401)
        try write("the-second-secret-of-all")
        try eventually("the new secret holds", within: 60) {
            try status("the-second-secret-of-all") == 200
        }
        #expect(try status("the-first-secret-of-all") == 401)
        // What cannot be read leaves what was.
        try FileManager.default.removeItem(atPath: "\(folder)/secret")
        try eventually("the loss is told", within: 60) {
            try !apus.lines("webhook").isEmpty || !apus.lines("keys").isEmpty
                || apus.process.output().contains("\"level\":\"error\"")
        }
        #expect(try status("the-second-secret-of-all") == 200)
        try write("the-third-secret-of-all")
        try eventually("the third holds", within: 60) {
            try status("the-third-secret-of-all") == 200
        }
    }

    /// The URL that Twilio signed is what a trusted proxy says, and nothing that a stranger says.
    @Test func `forwarded hosts are believed of trusted proxies alone`() throws {
        let deliveries = try Deliveries()
        let app = try Origin.saying()
        func gateway(_ trusted: String) throws -> Apus {
            let secrets = try deliveries.webhooks(["twilio"]).replacing(
                ", \"public_url\": \"https://hooks.example.com\"", with: "")
            return try Apus(
                """
                upstreams: { app: { servers: ["\(app.address)"] } }
                \(secrets)
                trusted_proxies: [\(trusted)]
                routes: [ { name: a, match: { path: /* }, webhook: twilio, upstream: app } ]
                """, apps: [app])
        }
        let forwarded = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: hooks.example.com\r\n"
        let trusting = try gateway("127.0.0.0/8")
        let wary = try gateway("10.0.0.0/8")
        let delivery = try deliveries.sign("twilio", id: "SM1")
        let through = try trusting.connect().deliver(delivery, .length, forwarded)
        #expect(through.status == 200)
        #expect(try wary.connect().deliver(delivery, .length, forwarded).status == 401)
        #expect(app.requests.all.count == 1)
        // Without a proxy the request's own host counts, with and without the port that goes
        // without saying.
        let plain = try deliveries.sign("twilio", id: "SM2")
        #expect(try wary.connect().deliver(plain).status == 401)
        #expect(app.requests.all.count == 1)
    }

    @Test func `limits by head come before verification, limits by body after it`() throws {
        let deliveries = try Deliveries()
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            \(try deliveries.webhooks(["stripe", "twilio"]))
            rate_limits:
              by_head: { rate: 3/h, key: "header:X-Key" }
              by_body: { rate: 2/h, key: "form:From" }
            routes:
              - name: stripe
                match: { path: /hooks/stripe }
                webhook: stripe
                rate_limits: [by_head]
                upstream: app
              - name: twilio
                match: { path: /hooks/twilio }
                webhook: twilio
                rate_limits: [by_body]
                upstream: app
            """, apps: [app])
        func send(_ name: String, _ number: Int, _ which: String = "ours") throws -> Int {
            let delivery = try deliveries.sign(name, id: "e\(number)", which: which)
            return try apus.connect().deliver(delivery, .length, "X-Key: a\r\n").status
        }
        // Forgeries take of the limit by head: it is what keeps them from being verified.
        #expect(try send("stripe", 1, "stranger") == 401)
        #expect(try send("stripe", 2) == 200)
        #expect(try send("stripe", 3) == 200)
        #expect(try send("stripe", 4) == 429)
        // They take nothing of the limit by body, which is asked about genuine ones alone.
        for number in 0..<5 { #expect(try send("twilio", number, "stranger") == 401) }
        #expect(try send("twilio", 11) == 200)
        #expect(try send("twilio", 12) == 200)
        #expect(try send("twilio", 13) == 429)
        // Refused by a limit, the event is not taken for delivered.
        #expect(try send("twilio", 13) == 429)
        // A replay is answered without a token.
        #expect(try send("twilio", 11) == 200)
        #expect(app.requests.all.count == 4)
    }
}

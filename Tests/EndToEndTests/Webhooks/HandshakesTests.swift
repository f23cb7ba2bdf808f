import Foundation
import Testing

/// Requests by which providers find out whether an address is one's own.
@Suite(.staged) struct HandshakesTests {
    private func ask(_ name: String, _ body: String) throws -> (Message, WebhookGateway) {
        let gateway = try WebhookGateway([name])
        let delivery = try gateway.deliveries.sign(name, id: "e", body: Array(body.utf8))
        // As often as the provider likes: a handshake is no event.
        _ = try gateway.deliver(delivery)
        let answer = try gateway.deliver(delivery)
        #expect(try gateway.judged(name, "handshake") == 2)
        let forged = try gateway.deliveries.sign(
            name, id: "e", body: Array(body.utf8), which: "stranger")
        #expect(try gateway.deliver(forged).status == 401)
        #expect(gateway.app.requests.all.isEmpty)
        return (answer, gateway)
    }

    @Test func `Slack's challenge is sent back`() throws {
        let body = #"{"token":"x","type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}"#
        let (answer, _) = try ask("slack", body)
        #expect(answer.status == 200)
        #expect(answer.text.contains("3eZbrw1aBm2rZgRNFdxV"))
    }

    @Test func `Zoom gets its token, and what only the secret makes of it`() throws {
        let body = #"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYo"}}"#
        let (answer, gateway) = try ask("zoom", body)
        #expect(answer.status == 200)
        let json = try JSONDecoder().decode([String: String].self, from: Data(answer.body))
        #expect(json["plainToken"] == "qgg8vlvZRS6UYo")
        let made = try ["former", "ours"].map {
            try gateway.deliveries.mac("zoom", "qgg8vlvZRS6UYo", which: $0)
        }
        // By the secret that the request was signed with.
        #expect(json["encryptedToken"] == made[1])
    }

    @Test func `Discord's ping is answered in kind`() throws {
        let (answer, _) = try ask("discord", #"{"id":"1","type":1}"#)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"]?.hasPrefix("application/json") == true)
        let json = try JSONDecoder().decode([String: Int].self, from: Data(answer.body))
        #expect(json == ["type": 1])
    }

    @Test func `a GET with the token is sent its challenge`() throws {
        let gateway = try WebhookGateway(
            ["generic"],
            adding: """
                "challenge": {"query": "hub.challenge", "token_query": "hub.verify_token", \
                "token": "a-t0ken-of-ours-alone"}
                """)
        let wire = try gateway.apus.connect()
        let path = "/hooks/generic?hub.mode=subscribe&hub.challenge=11582%3C01444"
        let good = try wire.ask(get("\(path)&hub.verify_token=a-t0ken-of-ours-alone"))
        #expect(good.status == 200)
        #expect(good.text == "11582<01444")
        #expect(good["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(good["X-Content-Type-Options"] == "nosniff")
        for wrong in ["wrong", "", "a-t0ken-of-ours-alon", "a-t0ken-of-ours-alonee"] {
            let answer = try gateway.apus.ask(get("\(path)&hub.verify_token=\(wrong)"))
            #expect(answer.status == 401, "\(wrong)")
        }
        #expect(try gateway.apus.ask(get("/hooks/generic")).status == 401)
        #expect(gateway.app.requests.all.isEmpty)
        #expect(
            try gateway.deliver(gateway.deliveries.sign("generic", id: "evt_1")).status == 200)
    }
}

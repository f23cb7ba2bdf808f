import Dice
import Testing

@testable import Policy

@Suite struct WebhookCorpusTests {
    @Test func `no input of the corpus passes for what it is not`() throws {
        try Corpus.check("webhooks") { WebhookInvariants.check($0) }
    }

    @Test func `nor does any made of its words`() {
        var dice = Dice(seed: 0xf00d)
        let words = [
            "b", "\nb", "\nt", "\ni", "\nc", "\nh", "{\"id\":", "\"event_id\":\"", "\"", "}", "&",
            "=", "%2b", "application/x-www-form-urlencoded", "application/json", "?bodySHA256=",
            "t=1767225600,v1=", "webhook-signature:v1,", "X-Hub-Signature-256:sha256=", "msg.1",
            "\"type\":\"url_verification\",\"challenge\":\"x\"", "webhookTimestamp\":",
            "1767225600",
        ]
        for _ in 0..<4000 {
            var input = dice.bytes(count: 2)
            for _ in 0..<dice.below(12) {
                input += Array((words.randomElement(using: &dice) ?? "").utf8)
            }
            let fault = WebhookInvariants.check(input)
            #expect(fault == nil, "\(input)")
        }
    }
}

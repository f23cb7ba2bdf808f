import Bytes
import Foundation
import Testing

@testable import Policy

/// A delivery as a provider's own library signs it: `Tests/Fixtures/webhooks/make-vectors.py`.
struct WebhookVector: Decodable, CustomTestStringConvertible {
    struct Settings: Decodable {
        var publicURL: String?
        var webhookID: String?
    }

    let name: String
    let provider: String
    let secrets: [String]
    let settings: Settings
    let now: UInt64
    let method: String
    let target: String
    let host: String
    let headers: [[String]]
    let body: Data
    /// What the signature covers: names of headers, `body`, `target`.
    let covers: [String]
    /// Parts of the body that it covers alone.
    let bodyTexts: [String]
    let expect: String
    let id: String
    let replay: String
    let answer: String

    var testDescription: String { name }

    static let all: [WebhookVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/webhooks/vectors.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode([WebhookVector].self, from: data)) ?? []
    }()

    var sample: DeliverySample {
        DeliverySample(
            method: method, target: Array(target.utf8), host: Array(host.utf8),
            headers: headers.map { .init(name: $0[0], value: Array($0[1].utf8)) },
            body: Array(body), now: now * 1_000_000_000)
    }

    func webhook() throws -> WebhookSettings {
        var webhook = try WebhookSettings.sample(provider, secrets)
        webhook.naming.publicURL = settings.publicURL
        webhook.naming.webhookID = settings.webhookID
        return webhook
    }

    func verifier() throws -> WebhookVerifier { WebhookVerifier(try webhook()) }
}

import Crypto
import Testing

@testable import Policy

@Suite struct WebhookSignerTests {
    private func sign(
        _ vector: WebhookVector, _ webhook: WebhookSettings, scheme: String = "https"
    ) throws -> SignedDelivery {
        let type = vector.headers.first { $0[0] == "Content-Type" }?[1]
        return try WebhookSigner.sign(
            WebhookDelivery(
                method: vector.method, url: "\(scheme)://\(vector.host)\(vector.target)",
                body: vector.sample.body, contentType: type, timestamp: Int64(vector.now),
                id: vector.id.isEmpty ? "an-id" : vector.id), for: webhook)
    }

    @Test(arguments: WebhookVector.all)
    func `what is signed here is accepted here`(_ vector: WebhookVector) throws {
        let webhook = try vector.webhook()
        let provider = try #require(WebhookProvider.named(vector.provider))
        guard provider.isSignable, !vector.secrets[0].hasPrefix("whpk_") else {
            #expect(throws: WebhookSignerProblem.self) { try sign(vector, webhook) }
            return
        }
        let signed = try sign(vector, webhook)
        var sample = vector.sample
        sample.isSecure = true
        sample.target = Array(signed.url.dropFirst("https://\(vector.host)".count).utf8)
        let kept = sample.headers.filter { $0.name == "Content-Type" }
        sample.headers =
            kept + signed.headers.map { .init(name: $0.name, value: Array($0.value.utf8)) }
        #expect(sample.ruling(by: WebhookVerifier(webhook)).refusal == nil)
    }

    @Test(arguments: [
        "standard by webhook fields", "svix by svix fields", "stripe", "slack", "twilio's form",
        "twilio's form with repeated values", "twilio's JSON", "square by the URL as registered",
        "paddle", "github's example",
    ])
    func `what is signed here is what the provider's library makes`(_ name: String) throws {
        let vector = try #require(WebhookVector.all.first { $0.name == name })
        let signed = try sign(vector, vector.webhook())
        for header in vector.headers where header[0] != "Content-Type" {
            let own = signed.headers.first { $0.name == header[0] }
            #expect(own?.value == header[1], "\(header[0])")
        }
    }

    @Test func `what cannot be signed is refused for a reason`() throws {
        let delivery = WebhookDelivery(
            method: "POST", url: "https://h/p", body: [], contentType: nil, timestamp: 1, id: "i")
        func problem(
            _ delivery: WebhookDelivery, _ signed: [SignedPart]
        ) throws -> WebhookSignerProblem? {
            let scheme = WebhookScheme(
                forms: [SignatureForm(.hmac(.sha256), .hex, .text)], signature: .field(["S"]),
                signed: signed)
            let webhook = try WebhookSettings.sample(scheme, ["secret"])
            do throws(WebhookSignerProblem) {
                _ = try WebhookSigner.sign(delivery, for: webhook)
                return nil
            } catch {
                return error
            }
        }
        #expect(try problem(delivery, [.body]) == nil)
        #expect(try problem(delivery, [.header("X")]) == .headerUnknown("X"))
        #expect(try problem(delivery, [.json(["a", "b"])]) == .bodyLacks(path: ["a", "b"]))
        var other = delivery
        other.url = "h/p"
        #expect(try problem(other, [.body]) == .urlUnreadable)
        other.url = "https:///p"
        #expect(try problem(other, [.body]) == .urlUnreadable)
        other.url = "https://h/p"
        other.contentType = "application/x-www-form-urlencoded"
        other.body = Array("a=%".utf8)
        #expect(try problem(other, [.url, .twilioForm]) == .formUnreadable)
    }

    @Test func `a URL loses what is not sent`() throws {
        let scheme = WebhookScheme(
            forms: [SignatureForm(.hmac(.sha256), .hex, .text)], signature: .field(["S"]),
            signed: [.url])
        let webhook = try WebhookSettings.sample(scheme, ["secret"])
        for url in [
            "http://u:p@api.example.com#f", "http://api.example.com/", "http://api.example.com?",
        ] {
            let signed = try WebhookSigner.sign(
                WebhookDelivery(
                    method: "GET", url: url, body: [], contentType: nil, timestamp: 1, id: ""),
                for: webhook)
            var sample = DeliverySample(target: Array(url.hasSuffix("?") ? "/?".utf8 : "/".utf8))
            sample.headers = signed.headers.map {
                .init(name: $0.name, value: Array($0.value.utf8))
            }
            #expect(sample.ruling(by: WebhookVerifier(webhook)) == .verified, "\(url)")
        }
    }
}

import Bytes
import HTTP

@testable import Policy

/// What holds of any delivery, whoever sends it.
enum WebhookInvariants {
    private static let secret = "a secret that no input knows"
    private static let time: Int64 = 1_767_225_600

    /// By a first choice: those whose signatures can be made here.
    private static let verifiers: [WebhookVerifier] = WebhookProvider.table.filter(\.isSignable)
        .compactMap { provider in
            let isBase64 = ["standard", "svix", "gitlab"].contains(provider.name)
            let text = isBase64 ? "whsec_c2VjcmV0IHRoYXQgbm8gaW5wdXQga25vd3M=" : secret
            guard let key = try? WebhookKey(text, for: provider.scheme) else { return nil }
            var settings = WebhookSettings(
                name: provider.name, provider: provider.name, scheme: provider.scheme, keys: [key])
            settings.tolerance = provider.tolerance
            settings.replay = ReplaySettings(secondsKept: 1, duplicateWait: .zero)
            settings.challenge = ChallengeSettings(
                query: "c", tokenQuery: "t", token: Secret(secret))
            return WebhookVerifier(settings)
        }

    /// - Parameter input: Two bytes that choose, then lines: `b` of the body, `t` the target, `i`
    ///   the id, `c` the type of the content, `h` a field.
    /// - Returns: What does not hold.
    static func check(_ input: [UInt8]) -> String? {
        guard let lines = FuzzedLines(input, choiceCount: 2) else { return nil }
        let verifier = verifiers[Int(lines.choices[0]) % verifiers.count]
        var sample = DeliverySample(isSecure: true)
        sample.body = Array(lines.texts("b").joined(separator: [0x0a]))
        let target = lines.texts("t").first?.filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x23 } ?? []
        sample.target = [0x2f] + target
        let type = lines.texts("c").first.map { String(decoding: $0, as: UTF8.self) }
        if let type { sample = sample.with("Content-Type", type) }
        return junk(sample, lines, verifier) ?? genuine(sample, lines, verifier, type)
    }

    /// Nobody without the secret is believed.
    private static func junk(
        _ sample: DeliverySample, _ lines: FuzzedLines, _ verifier: WebhookVerifier
    ) -> String? {
        var sample = sample
        for text in lines.texts("h") {
            let name = text.prefix { $0 != 0x3a }
            sample.headers.append(
                .init(
                    name: String(decoding: name, as: UTF8.self),
                    value: Array(text.dropFirst(name.count + 1))))
        }
        var scratch = WebhookScratch()
        if sample.ruling(by: verifier, &scratch).refusal == nil { return "a forgery passes" }
        sample.method = "GET"
        if case .handshake? = sample.challenge(verifier, &scratch) { return "a guess is answered" }
        return nil
    }

    /// What is signed is never taken for a forgery, and one bit of the body makes it one.
    private static func genuine(
        _ sample: DeliverySample, _ lines: FuzzedLines, _ verifier: WebhookVerifier, _ type: String?
    ) -> String? {
        let host = "https://api.example.com"
        let id = lines.texts("i").first.map { String(decoding: $0, as: UTF8.self) } ?? "id"
        let delivery = WebhookDelivery(
            method: "POST", url: host + String(decoding: sample.target, as: UTF8.self),
            body: sample.body, contentType: type, timestamp: time, id: id)
        guard let signed = try? WebhookSigner.sign(delivery, for: verifier.settings) else {
            return nil
        }
        var sample = sample
        sample.target = Array(signed.url.dropFirst(host.count).utf8)
        sample.headers += signed.headers.map { .init(name: $0.name, value: Array($0.value.utf8)) }
        var scratch = WebhookScratch()
        let refusal = sample.ruling(by: verifier, &scratch).refusal
        if refusal == .signatureWrong { return "what was signed is taken for a forgery" }
        if scratch.id.count > WebhookScratch.idBytesMax || scratch.id.hasOverflowed {
            return "an id is longer than it may be"
        }
        let told = scratch.told
        guard told.id.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            told.replay.utf8.allSatisfy({ (0x2d...0x7a).contains($0) })
        else { return "an id is told that no field may hold" }
        guard refusal == nil, verifier.settings.scheme.signed.contains(.body), !sample.body.isEmpty
        else { return nil }
        let bit = Int(lines.choices[1]) % (sample.body.count * 8)
        sample.body[bit / 8] ^= 1 << UInt8(bit % 8)
        return sample.ruling(by: verifier, &scratch).refusal == .signatureWrong
            ? nil : "a body that was changed passes"
    }
}

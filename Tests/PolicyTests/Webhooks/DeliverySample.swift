import Bytes
import HTTP

@testable import Policy

/// A delivery made of parts, laid out as a reader would have found it.
struct DeliverySample {
    struct Header {
        var name: String
        var value: [UInt8]
    }

    var method = "POST"
    var target: [UInt8] = Array("/hooks".utf8)
    var host: [UInt8] = Array("api.example.com".utf8)
    var headers: [Header] = []
    var body: [UInt8] = []
    /// Nanoseconds since 1970.
    var now: UInt64 = 1_767_225_600_000_000_000
    var isSecure = false
    /// What a trusted peer says, if there is one.
    var forwardedHost: [UInt8] = []

    func with(_ name: String, _ value: String) -> DeliverySample {
        var other = self
        other.headers.append(Header(name: name, value: Array(value.utf8)))
        return other
    }

    /// Lends the head, the bytes of its ranges, and who it is from.
    func read<R: ~Copyable>(
        _ use: (borrowing RequestHead, borrowing Span<UInt8>, ClientIdentity) -> R
    ) -> R {
        var bytes: [UInt8] = []
        func placed(_ text: some Sequence<UInt8>) -> ByteRange {
            let start = bytes.count
            bytes += text
            return ByteRange(start, bytes.count)
        }
        var head = RequestHead()
        head.methodName = placed(method.utf8)
        head.method = Method.allCases.first { $0.name.description == method } ?? .other
        let path = target.prefix { $0 != 0x3f }
        head.path = placed(path)
        head.query = placed(target.dropFirst(path.count))
        head.authority = placed(host)
        for header in headers {
            let name = placed(header.name.utf8)
            let known = FieldName.identify(bytes.span, name)
            if !known.isDisguised { head.present.insert(known.id) }
            head.fields.append(
                Field(
                    name: name, value: placed(header.value), id: known.id, hash: known.hash,
                    traits: known.isDisguised ? .disguised : []))
        }
        var identity = ClientIdentity(client: nil, isTrustedPeer: false, isSecure: isSecure)
        identity.forwardedHost = placed(forwardedHost)
        return use(head, bytes.span, identity)
    }

    func ruling(by verifier: WebhookVerifier, _ scratch: inout WebhookScratch) -> WebhookRuling {
        read { head, bytes, identity in
            verifier.verify(
                head, in: bytes, body: body.span, from: identity, at: now, scratch: &scratch)
        }
    }

    func ruling(by verifier: WebhookVerifier) -> WebhookRuling {
        var scratch = WebhookScratch()
        return ruling(by: verifier, &scratch)
    }

    func challenge(_ verifier: WebhookVerifier, _ scratch: inout WebhookScratch) -> WebhookRuling? {
        read { head, bytes, _ in verifier.challenge(head, in: bytes, scratch: &scratch) }
    }
}

extension WebhookScratch {
    /// What it found, as texts.
    var told: (id: String, replay: String, answer: String) {
        (
            String(decoding: id.copy(), as: UTF8.self), appended { replay.append(to: &$0) },
            String(decoding: answer.copy(), as: UTF8.self)
        )
    }
}

extension WebhookSettings {
    /// Of a provider, with secrets that are known to be good.
    static func sample(_ provider: String, _ secrets: [String]) throws -> WebhookSettings {
        guard let provider = WebhookProvider.named(provider) else { throw WebhookKeyProblem.empty }
        var settings = try sample(provider.scheme, secrets)
        settings.provider = provider.name
        settings.tolerance = provider.tolerance
        settings.replay?.secondsKept = provider.secondsKept
        return settings
    }

    static func sample(_ scheme: WebhookScheme, _ secrets: [String]) throws -> WebhookSettings {
        let keys = try secrets.map { try WebhookKey($0, for: scheme) }
        var settings = WebhookSettings(
            name: "sample", provider: "generic", scheme: scheme, keys: keys)
        settings.replay = ReplaySettings(secondsKept: 86_400, duplicateWait: .seconds(5))
        return settings
    }
}

extension WebhookRuling {
    var refusal: WebhookRefusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

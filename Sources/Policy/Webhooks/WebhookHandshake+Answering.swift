import Bytes
import Crypto
import HTTP

extension WebhookHandshake {
    /// Answers a genuine request that only asks whether somebody is there.
    ///
    /// - Returns: Whether it is one. One that asks for what no provider asks for is none.
    func answer(
        _ body: borrowing Span<UInt8>, by key: WebhookKey.Material, _ scratch: inout WebhookScratch
    ) -> Bool {
        switch self {
        case .slack:
            guard Self.holds("url_verification", at: Self.type, body),
                let challenge = Self.text(at: Self.challenge, body)
            else { return false }
            scratch.answerType = "text/plain"
            challenge.append(to: &scratch.answer, in: body)
        case .zoom:
            guard Self.holds("endpoint.url_validation", at: Self.event, body),
                let token = Self.text(at: Self.plainToken, body), !token.hasEscapes,
                token.range.count <= 512, case .hmac(let hmac) = key
            else { return false }
            scratch.answerType = "application/json"
            let code = scratch.digester.authenticate(
                body.extracting(token.range.indices), by: hmac)
            scratch.answer.append("{\"plainToken\":\"")
            scratch.answer.append(body, token.range)
            scratch.answer.append("\",\"encryptedToken\":\"")
            scratch.answer.append(hex: code.bytes.span.extracting(0..<code.count))
            scratch.answer.append("\"}")
        case .discord:
            guard case .number(let number)? = Self.value(at: Self.type, body), number.exact == 1
            else { return false }
            scratch.answerType = "application/json"
            scratch.answer.append("{\"type\":1}")
        }
        return !scratch.answer.hasOverflowed
    }

    private static let type = JSONPath(["type"])
    private static let challenge = JSONPath(["challenge"])
    private static let event = JSONPath(["event"])
    private static let plainToken = JSONPath(["payload", "plainToken"])

    private static func value(at path: JSONPath, _ body: borrowing Span<UInt8>) -> JSONValue? {
        path.firstValue(in: body, depthMax: WebhookPlan.jsonDepthMax)
    }

    private static func text(at path: JSONPath, _ body: borrowing Span<UInt8>) -> JSONText? {
        guard case .text(let text)? = value(at: path, body) else { return nil }
        return text
    }

    private static func holds(
        _ word: String, at path: JSONPath, _ body: borrowing Span<UInt8>
    ) -> Bool {
        guard let text = text(at: path, body) else { return false }
        return text.equals(word.utf8.span, in: body)
    }
}

/// How a GET that asks for a challenge is answered: ``ChallengeSettings``, compiled.
struct WebhookChallenge: Sendable {
    private let query: [UInt8]
    private let tokenQuery: [UInt8]
    private let token: Secret

    /// Of what is sent back; what providers send is a few dozen.
    private static let bytesMax = 1024

    init(_ settings: ChallengeSettings) {
        query = Array(settings.query.utf8)
        tokenQuery = Array(settings.tokenQuery.utf8)
        token = settings.token
    }

    /// - Returns: `nil` for what is no GET with a challenge in its query.
    func answer(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        scratch: inout WebhookScratch
    ) -> WebhookRuling? {
        guard case .get = head.method else { return nil }
        let parameters = head.query.withoutFirst
        let asked = FormText.value(of: query, in: bytes, parameters)
        let offered = FormText.value(of: tokenQuery, in: bytes, parameters)
        guard asked != nil || offered != nil else { return nil }
        guard let asked, let offered, asked.count <= Self.bytesMax else {
            return .refused(.challengeUnreadable)
        }
        scratch.signature.removeAll()
        guard FormText.append(offered, of: bytes, to: &scratch.signature),
            !scratch.signature.hasOverflowed
        else { return .refused(.challengeUnreadable) }
        let isToken = scratch.signature.withReadable { ConstantTime.areEqual($0, token.bytes.span) }
        guard isToken else { return .refused(.challengeTokenWrong) }
        guard FormText.append(asked, of: bytes, to: &scratch.answer),
            !scratch.answer.hasOverflowed, Self.isVisible(scratch.answer)
        else {
            scratch.answer.removeAll()
            return .refused(.challengeUnreadable)
        }
        return .handshake
    }

    /// What is sent back is no markup of somebody's choice, nor a line of a head.
    private static func isVisible(_ answer: borrowing Buffer) -> Bool {
        answer.withReadable { bytes in
            WebhookPlan.isVisible(ByteRange(0, bytes.count), in: bytes)
        }
    }
}

import Bytes
import Crypto
import HTTP

@testable import Policy

/// What holds for the keys of any request; the fuzzer and the corpus's test ask it.
///
/// Two bytes choose the parts of the key and what becomes of a request without it. Then come lines:
/// `h` a header, `c` cookies, `q` the query, `o` the host, `t` the media type, `b` the body.
enum LimitKeyInvariants {
    private static let parts: [(LimitKeyModel.Part, LimitKeyPart)] = [
        (.client, .clientIP), (.host, .host), (.header, .header("x-k")), (.cookie, .cookie("k")),
        (.query, .query("k")), (.form, .form("k")),
    ]

    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        guard let lines = FuzzedLines(input, choiceCount: 2) else { return nil }
        let (request, model) = message(lines)
        var chosen = parts.enumerated().filter { lines.chooses(0, 1 << $0.offset) }.map(\.element)
        if lines.chooses(1, 4) { chosen.reverse() }
        if !chosen.isEmpty {
            let expected = model.material(chosen.map(\.0)) ?? substitute(lines.choices[1] & 3)
            let question = KeyQuestion(
                key: chosen.map(\.1), missing: missing(lines.choices[1] & 3))
            guard read(question, request, model.body) == [expected, expected] else {
                return "a key is not what it looks like"
            }
            if let fault = checkText(expected) { return fault }
        }
        return checkTwice(request, model.body)
    }

    private static func missing(_ choice: UInt8) -> MissingKey {
        switch choice {
        case 0: .skip
        case 1: .reject
        default: .clientIP
        }
    }

    private static func substitute(_ choice: UInt8) -> [UInt8] {
        switch choice {
        case 0: SlowBytes.of("[skipped]")
        case 1: SlowBytes.of("[rejected]")
        default: SlowBytes.of("~192.0.2.1")
        }
    }

    private static func message(_ lines: FuzzedLines) -> (SentRequest, LimitKeyModel) {
        var model = LimitKeyModel()
        for line in lines.lines {
            // Only what a reader lets pass.
            let text = Array(String(decoding: SlowBytes.trimmed(line.text), as: UTF8.self).utf8)
            switch line.letter {
            case "h": model.fields.append(("X-K", text))
            case "c": model.fields.append(("Cookie", text))
            case "t": model.fields.append(("Content-Type", text))
            case "q": model.query = text
            case "o": model.host = text.filter { (0x61...0x7a).contains($0 | 0x20) }
            case "b": model.body = line.text
            default: continue
            }
        }
        let query = String(decoding: model.query, as: UTF8.self)
        var request = SentRequest(
            "POST", "/?" + query, host: String(decoding: model.host, as: UTF8.self))
        request.fields = model.fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
        return (request.from("192.0.2.1"), model)
    }

    /// The key, read twice with the same scratch.
    private static func read(
        _ question: KeyQuestion, _ request: SentRequest, _ body: [UInt8]
    ) -> [[UInt8]] {
        var scratch = PolicyScratch()
        return (0..<2).map { _ in question.material(of: request, body: body, &scratch) }
    }

    /// Members of JSON and paths have models of their own: here they only stay the same.
    private static func checkTwice(_ request: SentRequest, _ body: [UInt8]) -> String? {
        for key in [[LimitKeyPart.json(["a", "b"])], [.path, .json(["k"])]] {
            let read = read(KeyQuestion(key: key), request, body)
            if read[0] != read[1] { return "a key is not what it was a moment ago" }
            if let fault = checkText(read[0]) { return fault }
        }
        return nil
    }

    /// A key in Redis is short, visible, and has one hash tag.
    private static func checkText(_ material: [UInt8]) -> String? {
        let text = LimitKeyText(prefix: "apus:", limit: "l")
        var digester = Digester()
        var buffer = Buffer(capacity: text.bytesMax)
        text.append(material.span, &digester, to: &buffer)
        let key = buffer.copy()
        let isWhole = !buffer.hasOverflowed && key.last == 0x7d
        let isVisible = key.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        let braces = key.filter { $0 == 0x7b || $0 == 0x7d }.count
        return isWhole && isVisible && braces == 2 ? nil : "a key is none for Redis"
    }
}

import Dice
import Testing

@testable import Policy

@Suite struct SignedPartTemplateTests {
    private func parts(_ text: String) -> Result<[SignedPart], SignedTemplateProblem> {
        do throws(SignedTemplateProblem) {
            return .success(try SignedPart.parts(of: text))
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: [
        ("{body}", [SignedPart.body]), ("{ts}.{body}", [.timestamp, .literal("."), .body]),
        ("v0:{ts}:{body}", [.literal("v0:"), .timestamp, .literal(":"), .body]),
        ("{method}{url}{body}{ts}", [.method, .url, .body, .timestamp]),
        (
            "{id}|{header:X-A}|{json:a.b}",
            [
                .id, .literal("|"), .header("X-A"), .literal("|"), .json(["a", "b"]),
            ]
        ),
        ("{{{body}}}", [.literal("{"), .body, .literal("}")]),
        ("é\n{body}", [.literal("é\n"), .body]),
    ])
    func `texts and parts stand as they are written`(_ text: String, _ expected: [SignedPart]) {
        #expect(parts(text) == .success(expected))
    }

    @Test(arguments: [
        ("", SignedTemplateProblem.nothingSigned), ("v0:", .nothingSigned),
        ("{body", .unclosed), ("body}", .unopened), ("{}", .unknownPart("")),
        ("{Body}", .unknownPart("Body")), ("{ body }", .unknownPart(" body ")),
        ("{header:}", .fieldName("")), ("{header:a b}", .fieldName("a b")),
        ("{json:}", .path("")), ("{json:a..b}", .path("a..b")),
        (String(repeating: "{ts}", count: 17), .tooManyParts),
    ])
    func `what is none is refused for a reason`(_ text: String, _ expected: SignedTemplateProblem) {
        #expect(parts(text) == .failure(expected))
        #expect(!expected.reason.isEmpty)
    }

    @Test func `no text of any kind traps`() {
        var dice = Dice(seed: 7)
        let alphabet = Array("{}:.abody ts{header:}{json:}é".utf8)
        for _ in 0..<2000 {
            let bytes = dice.bytes(of: alphabet, countMax: 40)
            _ = parts(String(decoding: bytes, as: UTF8.self))
        }
    }
}

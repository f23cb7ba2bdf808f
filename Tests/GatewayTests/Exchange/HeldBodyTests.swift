import Bytes
import HTTP
import Testing

@testable import Gateway

struct HeldBodyTests {
    /// Feeds a body byte by byte.
    ///
    /// - Returns: What was made of it after its last byte, and the body without framing.
    private static func feed(
        _ text: String, _ framing: BodyFraming, bytesMax: Int = 100
    ) -> (progress: String, body: String) {
        var held = HeldBody(framing, bytesMax: bytesMax)
        var input = Buffer(capacity: 4096)
        var trailers: [Field] = []
        var progress = "needsMore"
        for byte in Array(text.utf8) {
            input.append(byte)
            switch held.look(at: input, trailers: &trailers) {
            case .whole: progress = "whole"
            case .needsMore: progress = "needsMore"
            case .tooLarge: return ("tooLarge", "")
            case .malformed: return ("malformed", "")
            }
        }
        guard held.isWhole else { return (progress, "") }
        var body = Buffer(capacity: 4096)
        held.append(from: input, to: &body, trailers: &trailers)
        #expect(input.count == text.utf8.count, "nothing of it is consumed")
        return (progress, String(decoding: body.copy(), as: UTF8.self))
    }

    @Test func `a body with a length is whole with its last byte`() {
        #expect(Self.feed("hell", .length(5)).progress == "needsMore")
        #expect(Self.feed("hello", .length(5)) == ("whole", "hello"))
        #expect(Self.feed("helloGET /", .length(5)) == ("whole", "hello"))
    }

    @Test func `chunks are put together`() {
        let whole = "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nA: b\r\n\r\n"
        #expect(Self.feed(whole, .chunked) == ("whole", "abcdefg"))
        #expect(Self.feed(String(whole.dropLast()), .chunked).progress == "needsMore")
        #expect(Self.feed("3\r\nabcd", .chunked).progress == "malformed")
    }

    @Test func `what is announced counts as what has come`() {
        #expect(Self.feed("x", .length(101)).progress == "tooLarge")
        #expect(Self.feed("65\r\nx", .chunked).progress == "tooLarge")
        #expect(Self.feed("64\r\nx", .chunked).progress == "needsMore")
        let chunk = "32\r\n" + String(repeating: "x", count: 0x32) + "\r\n"
        #expect(Self.feed(chunk + chunk + "0\r\n\r\n", .chunked).progress == "whole")
        #expect(Self.feed(chunk + chunk + "1\r\nx", .chunked).progress == "tooLarge")
    }

    @Test func `an empty body is whole at once`() {
        var held = HeldBody(.length(0), bytesMax: 10)
        var trailers: [Field] = []
        guard case .whole = held.look(at: Buffer(), trailers: &trailers) else {
            Issue.record("an empty body is not whole")
            return
        }
    }
}

import Bytes
import Testing

@testable import Policy

@Suite struct JSONReaderTests {
    /// The value and all that it holds, written again in one form; or the error.
    private func read(_ text: String) -> String { read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) -> String {
        let span = bytes.span
        do throws(JSONError) {
            return try Self.shown(
                try JSONReader.value(of: ByteRange(0, bytes.count), in: span), span)
        } catch {
            return "\(error)"
        }
    }

    private static func shown(
        _ value: JSONValue, _ bytes: borrowing Span<UInt8>
    ) throws(JSONError) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .number(let number): return number.exact.map(String.init) ?? "inexact"
        case .text(let text): return Self.text(text, bytes)
        case .object(let range):
            var parts: [String] = []
            var members = JSONReader(inside: range)
            while let (name, value) = try members.nextMember(in: bytes) {
                parts.append("\(Self.text(name, bytes)):\(try shown(value, bytes))")
            }
            return "{\(parts.joined(separator: ","))}"
        case .array(let range):
            var parts: [String] = []
            var elements = JSONReader(inside: range)
            while let value = try elements.nextElement(in: bytes) {
                parts.append(try shown(value, bytes))
            }
            return "[\(parts.joined(separator: ","))]"
        }
    }

    private static func text(_ text: JSONText, _ bytes: borrowing Span<UInt8>) -> String {
        var buffer = Buffer(capacity: 1024)
        text.append(to: &buffer, in: bytes)
        return "'\(String(decoding: buffer.copy(), as: UTF8.self))'"
    }

    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("[false]", "[false]"), ("{}", "{}"), ("[ ]", "[]"),
        ("{\"a\" : [1, {\"b\":\"c\"}] , \"a\":2}", "{'a':[1,{'b':'c'}],'a':2}"),
        ("\"\\u0065xp \\\"\\\\\\/\\b\\f\\n\\r\\t\"", "'exp \"\\/\u{8}\u{c}\n\r\t'"),
        ("\"\\u00e9\\u20AC\\ud83d\\ude00 é\"", "'é€😀 é'"),
        ("[0,-0,-17,9007199254740991]", "[0,0,-17,9007199254740991]"),
        (
            "[1.0,1.50,1e2,9007199254740992,123456789012345678901234567890]",
            "[1,inexact,inexact,inexact,inexact]"
        ),
    ])
    func `values are read as RFC 8259 has them`(_ text: String, _ expected: String) {
        #expect(read(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "tru e", "01", "+1", "1.", ".5", "1e", "-", "0x1", "NaN", "'a'",
        "[1,]", "[,1]", "[1 2]", "[1", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "{,}", "{} {}",
        "\"a", "\"a\\", "\"\u{1}\"", "[1]]", "{\"a\":1", "\"a\" x", "1 //",
    ])
    func `what is no JSON is refused`(_ text: String) {
        #expect(read(text) == "malformed")
    }

    @Test(arguments: [
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"",
    ])
    func `half an escape is no text`(_ text: String) {
        #expect(read(text) == "textInvalid")
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0xaf], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf4, 0x90, 0x80, 0x80],
            [0xf0, 0x80, 0x80, 0x80], [0xff],
        ] as [[UInt8]])
    func `what is no UTF-8 is no text`(_ bytes: [UInt8]) {
        #expect(read([0x22] + bytes + [0x22]) == "textInvalid")
    }

    @Test func `depth is bounded`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(read(nested(16)).hasPrefix("[["))
        #expect(read(nested(17)) == "tooDeep")
        #expect(read(String(repeating: "{\"a\":", count: 4000)) == "tooDeep")
    }

    @Test(
        arguments: [
            ("1.5", 1, 2), ("-1.5", -2, -1), ("7", 7, 7), ("-0.5", -1, 0), ("2.000", 2, 2),
        ] as [(String, Int64, Int64)])
    func `fractions are rounded to the side that is asked for`(
        _ text: String, _ down: Int64, _ up: Int64
    ) {
        let bytes = Array(text.utf8)
        var offset = 0
        let number = JSONNumber(at: &offset, bytes.count, in: bytes.span)
        #expect(number?.roundedDown == down)
        #expect(number?.roundedUp == up)
        #expect(offset == bytes.count)
    }

    private func areAlike(_ left: JSONText, _ right: JSONText, _ bytes: [UInt8]) -> Bool {
        left.equals(right, in: bytes.span)
    }

    private func isText(_ text: JSONText, _ expected: String, _ bytes: [UInt8]) -> Bool {
        text.equals(Array(expected.utf8).span, in: bytes.span)
    }

    @Test func `texts are compared by what they stand for`() {
        let bytes = Array("\"\\u0061lg\" \"alg\" \"al\"".utf8)
        let escaped = JSONText(range: ByteRange(1, 9), hasEscapes: true)
        let plain = JSONText(range: ByteRange(12, 15), hasEscapes: false)
        let shorter = JSONText(range: ByteRange(18, 20), hasEscapes: false)
        #expect(areAlike(escaped, plain, bytes))
        #expect(!areAlike(plain, shorter, bytes))
        #expect(!areAlike(shorter, escaped, bytes))
        #expect(isText(escaped, "alg", bytes))
        #expect(!isText(escaped, "algo", bytes))
    }
}

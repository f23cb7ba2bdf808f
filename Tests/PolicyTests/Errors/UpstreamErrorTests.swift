import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct UpstreamErrorTests {
    /// What is kept of an error with these lines.
    private static func error(_ lines: String) throws -> (UpstreamError, retryAfter: String) {
        let bytes = Array("HTTP/1.1 503 x\r\n\(lines)\r\n".utf8)
        var head = ResponseHead()
        var reader = ResponseReader()
        let limits = HeadLimits(startLineBytesMax: 8192, fieldBytesMax: 32_768, fieldCountMax: 100)
        _ = try reader.read(bytes.span, to: .get, limits: limits, into: &head)
        let error = UpstreamError(head, in: bytes.span)
        return (error, String(decoding: bytes[error.retryAfter.indices], as: UTF8.self))
    }

    @Test(arguments: [
        ("text/html; charset=utf-8", UpstreamError.Kind.html), ("TEXT/HTML", .html),
        ("text/htmlx", .text), ("text/plain", .text), ("application/json", .json),
        ("application/problem+json", .json), ("text/json", .json), ("application/xml", .other),
        ("texts/html", .other), ("html", .other), ("", .other),
    ])
    func `its media type tells what was replaced`(_ type: String, _ kind: UpstreamError.Kind) throws
    {
        #expect(try Self.error("Content-Type: \(type)\r\nContent-Length: 1\r\n").0.kind == kind)
        #expect(try Self.error("Content-Type: \(type)\r\nContent-Length: 0\r\n").0.kind == .empty)
    }

    @Test func `one without a type is some other, and one without a body is empty`() throws {
        #expect(try Self.error("Content-Length: 1\r\n").0.kind == .other)
        let tokens = Set(UpstreamError.Kind.allCases.map(\.token.description))
        #expect(tokens.count == UpstreamError.Kind.allCases.count)
    }

    @Test(
        arguments: [
            ("30", 30), ("0", 0), ("999999999", 999_999_999), ("9999999999", nil), ("-1", nil),
            ("1.5", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
            (String(repeating: "1", count: 65), nil),
        ] as [(String, UInt32?)])
    func `when to come again is kept as it was said`(_ value: String, _ seconds: UInt32?) throws {
        let kept = try Self.error("Retry-After: \(value)\r\nContent-Length: 1\r\n")
        #expect(kept.0.retryAfterSeconds == seconds)
        #expect(
            kept.retryAfter == (value.utf8.count > UpstreamError.retryAfterBytesMax ? "" : value))
    }
}

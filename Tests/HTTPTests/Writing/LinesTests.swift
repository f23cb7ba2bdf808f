import Bytes
import Testing

@testable import HTTP

@Suite struct LinesTests {
    private let limits = HeadLimits(
        startLineBytesMax: 8192, fieldBytesMax: 32768, fieldCountMax: 100)

    private func written(_ write: (inout Buffer) -> Void) -> String {
        var buffer = Buffer(capacity: 4096)
        write(&buffer)
        return String(decoding: WireRewriting.copy(buffer), as: UTF8.self)
    }

    private func requestLine(_ line: String, path: String? = nil) throws -> String {
        let bytes = Array("\(line)\r\nHost: a\r\n\r\n\(path ?? "")".utf8)
        var reader = RequestReader()
        var head = RequestHead()
        _ = try reader.read(bytes.span, limits: limits, into: &head)
        let stripped = path.map { _ in ByteRange(head.byteCount, bytes.count) }
        let chosen = stripped ?? head.path
        var buffer = Buffer(capacity: 4096)
        buffer.appendRequestLine(of: head, path: chosen, in: bytes.span)
        return String(decoding: WireRewriting.copy(buffer), as: UTF8.self)
    }

    @Test(arguments: [
        ("GET /a?b HTTP/1.1", "GET /a?b HTTP/1.1\r\n"),
        ("GET / HTTP/1.0", "GET / HTTP/1.1\r\n"),
        ("PROPFIND /%2e/ HTTP/1.1", "PROPFIND /%2e/ HTTP/1.1\r\n"),
        ("GET http://x/a?b HTTP/1.1", "GET /a?b HTTP/1.1\r\n"),
        ("GET http://x HTTP/1.1", "GET / HTTP/1.1\r\n"),
        ("GET http://x?b HTTP/1.1", "GET /?b HTTP/1.1\r\n"),
        ("OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1\r\n"),
        ("OPTIONS http://x HTTP/1.1", "OPTIONS * HTTP/1.1\r\n"),
        ("OPTIONS http://x/ HTTP/1.1", "OPTIONS / HTTP/1.1\r\n"),
        ("OPTIONS http://x?q HTTP/1.1", "OPTIONS /?q HTTP/1.1\r\n"),
    ])
    func `a request line is written in origin or asterisk form`(line: String, expected: String)
        throws
    {
        #expect(try requestLine(line) == expected)
    }

    @Test func `what is left of a path gets its slash, and keeps the query`() throws {
        #expect(try requestLine("GET /api/x?q HTTP/1.1", path: "/x") == "GET /x?q HTTP/1.1\r\n")
        #expect(try requestLine("GET /api?q HTTP/1.1", path: "") == "GET /?q HTTP/1.1\r\n")
        #expect(try requestLine("GET /api HTTP/1.1", path: "") == "GET / HTTP/1.1\r\n")
        #expect(try requestLine("GET /apix HTTP/1.1", path: "x") == "GET /x HTTP/1.1\r\n")
    }

    @Test func `status lines have our reason, theirs, or none`() {
        let bytes = Array("All right".utf8)
        #expect(written { $0.appendStatusLine(404) } == "HTTP/1.1 404 Not Found\r\n")
        #expect(written { $0.appendStatusLine(799) } == "HTTP/1.1 799 \r\n")
        let theirs = written { buffer in
            buffer.appendStatusLine(200, reason: ByteRange(0, 3), of: bytes.span)
        }
        #expect(theirs == "HTTP/1.1 200 All\r\n")
        let none = written { buffer in
            buffer.appendStatusLine(200, reason: .empty, of: bytes.span)
        }
        #expect(none == "HTTP/1.1 200 \r\n")
    }

    @Test func `fields are written in one form whatever their value is`() {
        let bytes = Array("value".utf8)
        let lines = written { buffer in
            buffer.appendField(name: "A", value: "literal")
            buffer.appendField(name: "B", value: bytes.span)
            buffer.appendField(name: "C", value: ByteRange(1, 3), of: bytes.span)
            buffer.appendField(name: "D", decimal: 1234)
            buffer.appendLineEnd()
        }
        #expect(lines == "A: literal\r\nB: value\r\nC: al\r\nD: 1234\r\n\r\n")
    }

    @Test func `chunks are framed, and the last one carries trailers`() {
        #expect(written { $0.appendChunkHead(byteCount: 0x1aF) } == "1af\r\n")
        #expect(written { $0.appendChunkEnd() } == "\r\n")
        #expect(written { $0.appendLastChunk() } == "0\r\n\r\n")
        let bytes = Array("X: 1\r\nY:2\r\n".utf8)
        let fields = [
            Field(
                name: ByteRange(0, 1), value: ByteRange(3, 4), id: .other, hash: 0,
                traits: .canonical),
            Field(name: ByteRange(6, 7), value: ByteRange(8, 9), id: .other, hash: 0, traits: []),
        ]
        let last = written { $0.appendLastChunk(trailers: fields, of: bytes.span) }
        #expect(last == "0\r\nX: 1\r\nY: 2\r\n\r\n")
    }

    @Test func `what does not fit is noticed`() {
        var buffer = Buffer(capacity: 20)
        buffer.appendStatusLine(431)
        let hasOverflowed = buffer.hasOverflowed
        #expect(hasOverflowed)
    }

    @Test func `reasons are those of the registry`() {
        for (status, reason) in [
            (100, "Continue"), (200, "OK"), (308, "Permanent Redirect"), (413, "Content Too Large"),
            (421, "Misdirected Request"), (429, "Too Many Requests"), (502, "Bad Gateway"),
            (599, ""), (0, ""), (1000, ""), (306, ""), (418, ""),
        ] as [(UInt16, String)] {
            #expect("\(StatusCode.reason(of: status))" == reason)
        }
    }
}

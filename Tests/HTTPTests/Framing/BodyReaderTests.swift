import Bytes
import Testing

@testable import HTTP

/// A body reader fed from arrays.
private struct Fed {
    var reader: BodyReader
    var trailers: [Field] = []

    init(_ framing: BodyFraming) { reader = BodyReader(framing) }

    mutating func read(_ bytes: [UInt8]) throws(WireError) -> BodyProgress {
        try reader.read(bytes.span, trailers: &trailers)
    }

    mutating func read(_ text: String) throws(WireError) -> BodyProgress {
        try read(Array(text.utf8))
    }

    /// Whether the body may end where it is.
    var mayEnd: Bool {
        do {
            try reader.endOfInput()
            return true
        } catch {
            return error != .closedEarly
        }
    }
}

@Suite struct BodyReaderTests {
    @Test func `a body of no bytes is finished before it begins`() throws {
        for framing in [BodyFraming.none, .length(0)] {
            var body = Fed(framing)
            #expect(body.reader.isFinished)
            let progress = try body.read("ab")
            #expect(progress == .end(consumed: 0))
            #expect(body.mayEnd)
        }
    }

    @Test func `a length is handed out as it comes, and finished with its last byte`() throws {
        var body = Fed(.length(5))
        let none = try body.read("")
        #expect(none == .needsMore(consumed: 0))
        let first = try body.read("abc")
        #expect(first == .data(ByteRange(0, 3)))
        #expect(!body.reader.isFinished)
        #expect(!body.mayEnd)
        let second = try body.read("defg")
        #expect(second == .data(ByteRange(0, 2)))
        #expect(body.reader.isFinished)
        let last = try body.read("fg")
        #expect(last == .end(consumed: 0))
        #expect(body.mayEnd)
    }

    @Test func `a body that ends with the connection is never finished before`() throws {
        var body = Fed(.untilClose)
        let none = try body.read("")
        #expect(none == .needsMore(consumed: 0))
        let first = try body.read("ab")
        #expect(first == .data(ByteRange(0, 2)))
        #expect(!body.reader.isFinished)
        #expect(body.mayEnd)
    }

    @Test func `one call passes a chunk's line and gives the data behind it`() throws {
        var body = Fed(.chunked)
        let first = try body.read("5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\n\r\nnext")
        #expect(first == .data(ByteRange(3, 8)))
        let second = try body.read("\r\n3;a=b\r\nabc\r\n0\r\n\r\nnext")
        #expect(second == .data(ByteRange(start: 9, count: 3)))
        #expect(!body.reader.isFinished)
        #expect(!body.mayEnd)
        let last = try body.read("\r\n0\r\n\r\nnext")
        #expect(last == .end(consumed: 7))
        #expect(body.reader.isFinished)
        let after = try body.read("next")
        #expect(after == .end(consumed: 0))
    }

    @Test func `a line that is not whole is kept, what stands before it is not`() throws {
        var body = Fed(.chunked)
        let half = try body.read("1")
        #expect(half == .needsMore(consumed: 0))
        let first = try body.read("10\r\nab")
        #expect(first == .data(ByteRange(4, 6)))
        let rest = try body.read("cccccccccccccc")
        #expect(rest == .data(ByteRange(0, 14)))
        let end = try body.read("\r\n0")
        #expect(end == .needsMore(consumed: 2))
        let trailers = try body.read("0\r\nX: 1\r\n\r")
        #expect(trailers == .needsMore(consumed: 3))
        #expect(!body.mayEnd)
        let whole = "X: 1\r\n\r\n!"
        let last = try body.read(whole)
        #expect(last == .end(consumed: 8))
        let field = try #require(body.trailers.first)
        #expect(WireDescription.line(of: field, in: Array(whole.utf8)) == "\"X\" \"1\" canonical")
    }

    @Test func `what a length or a chunk's size announces is known before its data`() throws {
        var body = Fed(.length(5))
        #expect(body.reader.announcedByteCount == 5)
        _ = try body.read("abc")
        #expect(body.reader.announcedByteCount == 2)
        body = Fed(.chunked)
        _ = try body.read("7fffffffffffffff;a")
        #expect(body.reader.announcedByteCount == 0)
        let line = try body.read("7fffffffffffffff;a\r\n")
        #expect(line == .needsMore(consumed: 20))
        #expect(body.reader.announcedByteCount == UInt64(Int64.max))
        body = Fed(.chunked)
        _ = try body.read("3\r\nabc\r\n")
        #expect(body.reader.announcedByteCount == 0)
        #expect(BodyReader(.untilClose).announcedByteCount == 0)
    }

    @Test func `trailers of an earlier body are forgotten`() throws {
        var body = Fed(.chunked)
        _ = try body.read("0\r\nX: 1\r\n\r\n")
        #expect(body.trailers.count == 1)
        body.reader = BodyReader(.chunked)
        _ = try body.read("0\r\n\r\n")
        #expect(body.trailers.isEmpty)
    }
}

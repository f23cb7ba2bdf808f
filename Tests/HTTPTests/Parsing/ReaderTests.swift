import Bytes
import Testing

@testable import HTTP

@Suite struct ReaderTests {
    private let limits = HeadLimits(
        startLineBytesMax: 8192, fieldBytesMax: 32768, fieldCountMax: 100)

    @Test func `what is kept for an idle connection is small`() {
        #expect(MemoryLayout<RequestReader>.size <= 8)
        #expect(MemoryLayout<ResponseReader>.size <= 8)
        #expect(MemoryLayout<BodyReader>.size <= 32)
    }

    @Test func `one reader reads one message after the other into one head`() throws {
        let first = Array(
            "POST /a?b HTTP/1.0\r\nContent-Length: 3\r\nConnection: close\r\n\r\n".utf8)
        let second = Array("OPTIONS http://h HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        var reader = RequestReader()
        var head = RequestHead()
        for _ in 0..<3 {
            _ = try reader.read(first.span, limits: limits, into: &head)
            var framing = head.framing
            #expect(framing == .length(3))
            _ = try reader.read(second.span, limits: limits, into: &head)
            framing = head.framing
            let (options, query, count) = (head.options, head.query, head.fields.count)
            #expect(framing == .none)
            #expect(options == [])
            #expect(query.isEmpty)
            #expect(count == 1)
        }
    }

    @Test func `a status is three digits from 100 on, whatever the reason`() {
        let digits = Array("/0129:".utf8) + [0x00, 0xb2]
        let reasons = ["", "OK", "Not quite eight", "not \u{e9} ASCII", "with\ta tab"].map {
            Array($0.utf8)
        }
        for first in digits {
            for second in digits {
                for third in digits {
                    for reason in reasons {
                        let status = [first, second, third]
                        let line = Array("HTTP/1.1 ".utf8) + status + [0x20] + reason
                        let isStatus = status.allSatisfy { (0x30...0x39).contains($0) }
                        var reader = ResponseReader()
                        var head = ResponseHead()
                        _ = try? reader.read(
                            (line + Array("\r\n\r\n".utf8)).span, to: .get, limits: limits,
                            into: &head)
                        let isRead = head.status != 0
                        #expect(isRead == (isStatus && first != 0x30))
                        if isRead { #expect(head.reason.count == reason.count) }
                    }
                }
            }
        }
    }

    @Test func `ranges count from the first byte, an empty line included`() throws {
        let bytes = Array("\r\nGET /path?q HTTP/1.1\r\nHost: abc\r\n\r\nrest".utf8)
        var reader = RequestReader()
        var head = RequestHead()
        let progress = try reader.read(bytes.span, limits: limits, into: &head)
        #expect(progress == .complete)
        let (path, query, authority) = (head.path, head.query, head.authority)
        let (method, byteCount) = (head.methodName, head.byteCount)
        #expect(WireDescription.string(bytes, method) == "GET")
        #expect(WireDescription.string(bytes, path) == "/path")
        #expect(WireDescription.string(bytes, query) == "?q")
        #expect(WireDescription.string(bytes, authority) == "abc")
        #expect(byteCount == bytes.count - 4)
    }

    /// A request line and fields as long as they may be, one byte at a time: 41 000 calls, which
    /// would look at 840 million bytes if each began anew.
    @Test(.timeLimit(.minutes(1)))
    func `a head that drips in byte by byte costs no more than a few passes`() throws {
        var bytes = Array("GET /".utf8) + [UInt8](repeating: 0x61, count: 8000)
        bytes += Array(" HTTP/1.1\r\nHost: a\r\n".utf8)
        for _ in 0..<30 {
            bytes += Array("X-Filler: ".utf8) + [UInt8](repeating: 0x62, count: 1000) + [13, 10]
        }
        bytes += [13, 10]
        var reader = RequestReader()
        var head = RequestHead()
        var completeCount = 0
        let span = bytes.span
        for count in 1...bytes.count {
            let seen = span.extracting(first: count)
            if try reader.read(seen, limits: limits, into: &head) == .complete {
                completeCount += 1
            }
        }
        #expect(completeCount == 1)
        let fieldCount = head.fields.count
        #expect(fieldCount == 31)
    }

    /// What a new reader makes of bytes, in the second of two calls.
    private func progress(_ bytes: [UInt8], _ limits: HeadLimits) throws -> HeadProgress {
        var head = RequestHead()
        var reader = RequestReader()
        _ = try reader.read([UInt8]().span, limits: limits, into: &head)
        return try reader.read(bytes.span, limits: limits, into: &head)
    }

    @Test func `the longest first line is one of 65 000 bytes, whatever the limits say`() throws {
        let wide = HeadLimits(startLineBytesMax: .max, fieldBytesMax: 100, fieldCountMax: 9)
        let target = [UInt8](repeating: 0x61, count: 64_986)
        let tail = Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(try progress(Array("GET /".utf8) + target + tail, wide) == .complete)
        #expect(throws: WireError.requestLineTooLong(limit: .max)) {
            try progress(Array("GET //".utf8) + target + tail, wide)
        }
    }

    @Test func `no bytes at all are no fault`() throws {
        #expect(try progress([], limits) == .needsMore)
        var reader = ResponseReader()
        var head = ResponseHead()
        let progress = try reader.read([UInt8]().span, to: .get, limits: limits, into: &head)
        #expect(progress == .needsMore)
    }
}

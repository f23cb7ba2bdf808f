import Bytes
import Testing

@testable import HTTP

@Suite struct HeadsTests {
    private func keepsAlive(_ version: HTTPVersion, _ options: ConnectionOptions) -> [Bool] {
        var request = RequestHead()
        request.version = version
        request.options = options
        var response = ResponseHead()
        response.version = version
        response.options = options
        return [request.keepsAlive, response.keepsAlive]
    }

    @Test func `HTTP_1_1 stays open unless told to close`() {
        #expect(keepsAlive(.http11, []) == [true, true])
        #expect(keepsAlive(.http11, .close) == [false, false])
        #expect(keepsAlive(.http11, [.close, .keepAlive]) == [false, false])
    }

    @Test func `HTTP_1_0 closes unless told to stay open`() {
        #expect(keepsAlive(.http10, []) == [false, false])
        #expect(keepsAlive(.http10, .keepAlive) == [true, true])
        #expect(keepsAlive(.http10, [.close, .keepAlive]) == [false, false])
    }

    @Test func `a response that ends with its connection does not keep it`() {
        var response = ResponseHead()
        response.framing = .untilClose
        let keepsAlive = response.keepsAlive
        #expect(!keepsAlive)
    }

    @Test func `the first field of a name is found, and disguised ones are passed over`() throws {
        let bytes = Array(
            "GET / HTTP/1.1\r\nHost: a\r\nX_Real_IP: 1\r\nX-Real-IP: 2\r\nx-real-ip: 3\r\n\r\n".utf8
        )
        var head = RequestHead()
        var reader = RequestReader()
        let limits = HeadLimits(startLineBytesMax: 100, fieldBytesMax: 100, fieldCountMax: 9)
        _ = try reader.read(bytes.span, limits: limits, into: &head)
        let first = head.first(.xRealIP)
        let found = try #require(first)
        #expect(bytes[found.value.indices] == [0x32])
        let isAbsent = head.first(.via) == nil
        #expect(isAbsent)
        let present = head.present
        #expect(present == [.host, .xRealIP])
    }

    @Test func `repeating a method is safe exactly where RFC 9110 9_2_2 says so`() {
        let idempotent = HTTP.Method.allCases.filter(\.isIdempotent)
        #expect(idempotent == [.get, .head, .put, .delete, .options, .trace])
    }

    private func named(_ name: [UInt8]) -> HTTP.Method {
        HTTP.Method.named(name.span, ByteRange(0, name.count))
    }

    @Test func `a method is known by its exact name`() {
        for method in HTTP.Method.allCases where method != .other {
            let name = Array("\(method.name)".utf8)
            #expect(named(name) == method)
            let lower = Array("\(method.name)".lowercased().utf8)
            #expect(named(lower) == .other)
            let longer = name + [0x53]
            #expect(named(longer) == .other)
        }
    }
}

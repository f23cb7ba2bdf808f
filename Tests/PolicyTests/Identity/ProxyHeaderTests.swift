import Bytes
import Testing

@testable import Policy

@Suite struct ProxyHeaderTests {
    /// What is read of these bytes: `nil` for more to come.
    private static func read(_ bytes: [UInt8]) -> Result<ProxyHeader?, ProxyHeaderError> {
        do throws(ProxyHeaderError) {
            return .success(try ProxyHeader.read(bytes.span))
        } catch {
            return .failure(error)
        }
    }

    private static func read(_ text: String) -> Result<ProxyHeader?, ProxyHeaderError> {
        read(Array(text.utf8))
    }

    private static let signature: [UInt8] = [
        13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10,
    ]

    /// A header of version 2.
    private static func binary(
        _ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + rest
    }

    private static func ip(_ text: String, _ port: UInt16) -> Peer {
        .ip(address(text), port: port)
    }

    private static let four: [UInt8] = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x67, 0x01, 0xbb]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
        + [UInt8](repeating: 0, count: 15) + [1] + [0x12, 0x67, 0x01, 0xbb]
    private static let mapped: [UInt8] =
        [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 1]
        + [UInt8](repeating: 0, count: 16) + [0, 80, 0, 80]

    struct Case: CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let source: Peer?
        var testDescription: String { name }

        init(_ name: String, _ bytes: [UInt8], _ source: Peer?) {
            self.name = name
            self.bytes = bytes
            self.source = source
        }

        init(_ text: String, _ source: Peer?) { self.init(text, Array(text.utf8), source) }
    }

    static let valid: [Case] = [
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\n", ip("192.0.2.1", 4711)),
        Case(
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            ip("255.255.255.255", 65535)),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 0 0\r\n", ip("192.0.2.1", 0)),
        Case("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n", ip("2001:db8::1", 4711)),
        Case("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", ip("192.0.2.1", 1)),
        Case("PROXY UNKNOWN\r\n", nil),
        Case("PROXY UNKNOWN ffff::1 what ever\r\n", nil),
        Case(
            "PROXY UNKNOWN " + String(repeating: "f", count: 107 - 16) + "\r\n", nil),
        Case("v2 TCP4", binary(0x21, 0x11, four), ip("192.0.2.1", 4711)),
        Case(
            "v2 TCP4 with additions", binary(0x21, 0x11, four + [4, 0, 1, 0]), ip("192.0.2.1", 4711)
        ),
        Case(
            "v2 TCP4 with broken additions", binary(0x21, 0x11, four + [4, 255, 255]),
            ip("192.0.2.1", 4711)),
        Case("v2 TCP6", binary(0x21, 0x21, six), ip("2001:db8::1", 4711)),
        Case("v2 TCP6 mapped", binary(0x21, 0x21, mapped), ip("192.0.2.1", 80)),
        Case("v2 of datagrams", binary(0x21, 0x12, four), nil),
        Case("v2 unix", binary(0x21, 0x31, [UInt8](repeating: 47, count: 216)), nil),
        Case("v2 of nothing", binary(0x21, 0x00, []), nil),
        Case("v2 of nothing with additions", binary(0x21, 0x00, [4, 0, 1, 0]), nil),
        Case("v2 local", binary(0x20, 0x00, []), nil),
        Case("v2 local with addresses", binary(0x20, 0x11, four), nil),
        Case("v2 local of an unknown family", binary(0x20, 0xff, [1]), nil),
        Case(
            "v2 as long as may be",
            binary(0x21, 0x11, four + [UInt8](repeating: 0, count: 4096 - 28)),
            ip("192.0.2.1", 4711)),
    ]

    @Test(arguments: valid)
    func `a header is read whole, whatever comes after it`(_ row: Case) {
        let expected = ProxyHeader(source: row.source, byteCount: row.bytes.count)
        #expect(Self.read(row.bytes) == .success(expected))
        #expect(Self.read(row.bytes + Array("GET / HTTP/1.1\r\n".utf8)) == .success(expected))
    }

    @Test(arguments: valid)
    func `cut off at any byte it is still to come`(_ row: Case) {
        for count in 0..<row.bytes.count {
            #expect(Self.read(Array(row.bytes.prefix(count))) == .success(nil), "\(count) bytes")
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "P ", "PROXX", "proxy TCP4", "PROXY\r\n", "\n", "\r\n\r\nGET", " ",
        "\u{16}\u{3}\u{1}",
    ])
    func `what begins otherwise is refused at its first other byte`(_ text: String) {
        #expect(Self.read(text) == .failure(.signatureMissing))
    }

    @Test(arguments: [
        "PROXY \r\n", "PROXY TCP5 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY TCP4\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1 2 \r\n", "PROXY TCP4  192.0.2.1 10.0.0.1 1 2\r\n",
        "PROXY  TCP4 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1 99999999999999999999\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 -1 2\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 +1 2\r\n", "PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n",
        "PROXY TCP4 192.0.2.01 10.0.0.1 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 host 1 2\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 1 2\rX",
        "PROXY tcp4 192.0.2.1 10.0.0.1 1 2\r\n", "PROXY UNKNOWNX\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n" + String(repeating: "x", count: 80),
        "PROXY UNKNOWN " + String(repeating: "f", count: 107 - 15) + "\r\n",
        "PROXY " + String(repeating: "x", count: 200),
    ])
    func `a line that breaks the grammar, or has no end, is refused`(_ text: String) {
        #expect(Self.read(text) == .failure(.lineMalformed))
    }

    @Test func `hostile numbers of version 2 are refused before their bytes are waited for`() {
        func refused(_ bytes: [UInt8]) -> ProxyHeaderError? {
            if case .failure(let error) = Self.read(bytes) { return error }
            return nil
        }
        #expect(refused(Self.binary(0x11, 0x11, Self.four)) == .kindUnknown)
        #expect(refused(Self.binary(0x22, 0x11, Self.four)) == .kindUnknown)
        #expect(refused(Self.binary(0x21, 0x41, Self.four)) == .kindUnknown)
        #expect(refused(Self.binary(0x21, 0x13, Self.four)) == .kindUnknown)
        #expect(refused(Self.signature + [0x31]) == .kindUnknown)
        #expect(refused(Self.binary(0x21, 0x11, [], length: 65_535)) == .lengthOutOfBounds)
        #expect(refused(Self.binary(0x20, 0x00, [], length: 4081)) == .lengthOutOfBounds)
        #expect(refused(Self.binary(0x21, 0x11, [], length: 11)) == .lengthOutOfBounds)
        #expect(refused(Self.binary(0x21, 0x21, [], length: 35)) == .lengthOutOfBounds)
        #expect(refused(Self.binary(0x21, 0x31, [], length: 215)) == .lengthOutOfBounds)
    }

    @Test func `random bytes never trap, and what is read lies within them`() {
        var random = RandomSource(seed: 11)
        for _ in 0..<5000 {
            var bytes = Self.valid.randomElement(using: &random)?.bytes ?? []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            if case .success(let header?) = Self.read(bytes) {
                #expect(header.byteCount <= bytes.count)
            }
        }
    }
}

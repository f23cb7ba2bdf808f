import Bytes
import Testing

@testable import Policy

@Suite struct RequestHostTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("example.com:80", "example.com"),
        ("example.com.", "example.com"),
        ("example.com.:80", "example.com"), ("example.com:", "example.com"), ("[::1]", "[::1]"),
        ("[::1]:443", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("127.0.0.1:1", "127.0.0.1"),
        ("7", "7"),
        ("", ""), (":80", ""), (".", ""), ("a..", "a."), ("a:b:80", "a:b"),
    ])
    func `port and trailing dot are taken off`(_ authority: String, _ host: String) {
        // Surroundings that must not count.
        let bytes = Array(":9\(authority):9".utf8)
        let range = RequestHost.range(of: ByteRange(2, bytes.count - 2), in: bytes.span)
        #expect(String(decoding: bytes[range.indices], as: UTF8.self) == host)
    }
}

import Bytes
import Testing

@testable import Policy

@Suite struct ForwardedTextTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:0", "192.0.2.1"), ("192.0.2.1:65535", "192.0.2.1"),
        ("192.0.2.1:65536", nil), ("192.0.2.1:080808", nil), ("192.0.2.1:8a", nil),
        ("192.0.2.1:-1", nil),
        ("::1", "::1"), ("[::1]", "::1"), ("[::1]:1", "::1"), ("[::1]:", nil), ("[::1]x", nil),
        ("[]", nil),
        ("[", nil), ("]", nil), ("[192.0.2.1]", nil), ("[::ffff:192.0.2.1]", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"), ("[fe80::1%eth0]:9", "fe80::1"), ("192.0.2.1%eth0", nil),
        ("unknown", nil), ("_secret", nil), ("", nil), (":", nil), (":80", nil),
        ("example.com", nil),
        ("for=192.0.2.1", nil), ("2001:db8::1:80", "2001:db8::1:80"),
    ])
    func `a hop is an address in one of its spellings`(_ text: String, _ address: String?) {
        let bytes = Array(text.utf8)
        let read = ForwardedText.address(bytes.span, ByteRange(0, bytes.count))
        #expect(read?.description == address)
    }

    @Test(arguments: [
        ("example.com", true), ("Example.com:8080", true), ("[2001:db8::1]:80", true),
        ("a_b~c-d", true),
        ("a b", false), ("a,b", false), ("a/b", false), ("a?b", false), ("a#b", false),
        ("a@b", false),
        ("a\\b", false), ("a\"b", false), ("a'b", false), ("a<b", false), ("a;b", false),
        ("a\r\nb", false),
        ("é", false), ("", false), (String(repeating: "a", count: 255), true),
        (String(repeating: "a", count: 256), false),
    ])
    func `a host holds nothing that could end it`(_ text: String, _ isHost: Bool) {
        let bytes = Array(text.utf8)
        let range = ByteRange(0, bytes.count)
        #expect(ForwardedText.isHost(bytes.span, range) == isHost)
    }
}

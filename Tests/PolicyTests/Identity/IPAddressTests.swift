import Bytes
import Testing

@testable import Policy

@Suite struct IPAddressTests {
    @Test(arguments: [
        // RFC 5952 §4: no leading zeros, the longest run, the first of equal ones, none for one
        // group, lower case.
        ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
        ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::ABCD", "2001:db8::abcd"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"),
        ("1:0:0:0:0:0:0:0", "1::"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1::8", "1::8"), ("1:2::7:8", "1:2::7:8"),
        ("1:2:3::6:7:8", "1:2:3::6:7:8"), ("::1.2.3.4", "::102:304"), ("1::1.2.3.4", "1::102:304"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("::ffff:0:0", "0.0.0.0"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"),
        ("::fffe:1.2.3.4", "::fffe:102:304"),
        ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("192.0.2.10", "192.0.2.10"),
    ])
    func `an address is written in its one recommended form`(_ text: String, _ canonical: String)
        throws
    {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.", ".1.2.3",
        "1..2.3",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.4a", "0x1.2.3.4", "1.2.3.-4", "1.2.3.4:80", "localhost",
        "999999999999",
        ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8", "12345::", "g::", "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1.2.3.4::",
        "[::1]",
        "::1%eth0", "::1%", "1:2:3:4:5:6:7:1.2.3.4", "::1 ", "::١", "1.2.3.٤",
    ])
    func `what is no address is refused`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a zone id is dropped where that is asked for, and only with IPv6`() {
        func dropped(_ text: String) -> String? {
            let bytes = Array(text.utf8)
            return IPAddress(bytes.span, .init(0, bytes.count), zone: .dropped)?.description
        }
        #expect(dropped("fe80::1%eth0") == "fe80::1")
        #expect(dropped("fe80::1%25") == "fe80::1")
        #expect(dropped("fe80::1%") == nil)
        #expect(dropped("1.2.3.4%eth0") == nil)
    }

    @Test func `every random address reads back what it wrote`() {
        var random = RandomSource(seed: 7)
        for _ in 0..<2000 {
            // Groups of few bits, so that runs of zeros are common.
            var words: (UInt64, UInt64) = (0, 0)
            for group in 0..<8 where Bool.random(using: &random) {
                let value = random.next() >> UInt64.random(in: 48...63, using: &random)
                if group < 4 { words.0 |= value << UInt64(16 * group) }
                if group >= 4 { words.1 |= value << UInt64(16 * (group - 4)) }
            }
            let address = IPAddress(v6: words.0, words.1)
            #expect(IPAddress(address.description) == address)
            let v4 = IPAddress(v4: UInt32(truncatingIfNeeded: random.next()))
            #expect(IPAddress(v4.description) == v4)
        }
    }
}

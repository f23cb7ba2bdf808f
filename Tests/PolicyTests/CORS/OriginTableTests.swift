import Bytes
import Testing

@testable import Policy

@Suite struct OriginTableTests {
    private static let table = OriginTable([
        .exact("https://app.example.com"), .exact("http://localhost:3000"),
        .exact("http://[::1]:3000"), .exact("capacitor://localhost"),
        .below(scheme: "https", suffix: ".example.org"),
        .below(scheme: "https", suffix: ".example.net:8443"),
    ])

    private static func admits(_ origin: String, _ table: OriginTable = table) -> Bool {
        // Not at the front, so that offsets matter.
        let bytes = Array("Origin: \(origin)\r\n".utf8)
        return table.admits(bytes.span, ByteRange(8, 8 + origin.utf8.count))
    }

    @Test(arguments: [
        "https://app.example.com", "http://localhost:3000", "http://[::1]:3000",
        "capacitor://localhost", "https://a.example.org", "https://a.b.c.example.org",
        "https://xn--bcher-kva.example.org", "https://a-b.example.org", "https://a_b.example.org",
        "https://1.example.org", "https://a.example.net:8443", "https://www.example.org",
        "https://example.org.example.org",
    ])
    func `a listed origin is allowed as browsers spell it`(_ origin: String) {
        #expect(Self.admits(origin))
    }

    /// What attackers, and lenient comparisons elsewhere, have taken for the origins above.
    static let hostile: [String] = [
        // Nothing, white space, wildcards, the literal null.
        "", " ", "\t", "*", "null", "NULL", "undefined", "https://", "https:", "://", "//",
        "https://*", "https://*.example.org", "https://*.example.com",
        // Other names that hold the listed one, at either end.
        "https://app.example.com.evil.test", "https://evil-app.example.com",
        "https://evilapp.example.com", "https://evil.app.example.com",
        "https://xapp.example.com", "https://app.example.comm", "https://app.example.co",
        "https://app.example.com.", "https://app.example.com..", "https://.app.example.com",
        "https://www.app.example.com", "https://example.com", "https://app.example.com-evil.test",
        "https://app.example.com_evil.test", "https://appXexample.com", "https://app-example.com",
        "https://app.exampleXcom", "https://evil.test/app.example.com",
        "https://evil.test?app.example.com", "https://evil.test#app.example.com",
        "https://evil.test\\app.example.com", "https://app.example.com%2eevil.test",
        "https://app.example.com%00.evil.test", "https://app.example.com\u{0}.evil.test",
        "https://app.example.com\u{0}", "https://app%2eexample.com", "https://app.example.com%20",
        // User information, paths, queries, fragments.
        "https://app.example.com@evil.test", "https://app.example.com:443@evil.test",
        "https://evil.test@app.example.com", "https://user:pass@app.example.com",
        "https://app.example.com/", "https://app.example.com//", "https://app.example.com/a",
        "https://app.example.com?", "https://app.example.com#", "https://app.example.com\\",
        "https://app.example.com;evil.test", "https://app.example.com,evil.test",
        "https://app.example.com&evil.test", "https://app.example.com!.evil.test",
        "https://app.example.com`.evil.test", "https://app.example.com{.evil.test",
        "https://app.example.com|.evil.test", "https://app.example.com'.evil.test",
        "https://app.example.com\".evil.test", "https://app.example.com$.evil.test",
        // Ports.
        "https://app.example.com:443", "https://app.example.com:80", "https://app.example.com:",
        "https://app.example.com:8443", "https://app.example.com:0443",
        "https://app.example.com:+443", "https://app.example.com:443:443",
        "http://localhost", "http://localhost:", "http://localhost:80", "http://localhost:30000",
        "http://localhost:300", "http://localhost:03000", "http://localhost:3001",
        "http://localhost:3000.evil.test", "http://localhost.evil.test:3000",
        // Schemes.
        "http://app.example.com", "HTTPS://app.example.com", "Https://app.example.com",
        "https:/app.example.com", "https:app.example.com", "https:///app.example.com",
        "app.example.com", "//app.example.com", "ws://app.example.com", "wss://app.example.com",
        "ftp://app.example.com", "file://app.example.com", "javascript://app.example.com",
        "data:https://app.example.com", "blob:https://app.example.com",
        "view-source:https://app.example.com", "shttps://app.example.com",
        "https+x://app.example.com", "http://a.example.org", "capacitor://localhost:80",
        "capacitor://localhost.evil.test", "capacitor://", "https://localhost:3000",
        // Spellings that no browser sends.
        "https://APP.example.com", "https://app.EXAMPLE.com", "https://app.example.COM",
        " https://app.example.com", "https://app.example.com ", "https://app.example.com\t",
        "https://app.example.com\u{a0}", "https://app .example.com",
        "https://app.example.com https://evil.test", "https://evil.test https://app.example.com",
        "https://app.example.com,https://evil.test", "https://evil.test,https://app.example.com",
        "https://app.example.com, https://app.example.com", "\"https://app.example.com\"",
        "'https://app.example.com'", "<https://app.example.com>", "[https://app.example.com]",
        "https://app\u{3002}example\u{3002}com", "https://\u{430}pp.example.com",
        "https://app.ex\u{e4}mple.com", "https://app.example.com\u{200b}",
        "https://app\u{ad}.example.com", "\u{feff}https://app.example.com",
        "https://app.example.com\r", "https://app.example.com\n",
        "https://app.example.com\r\nX-Injected: 1", "https://app.example.com\u{7f}",
        // Suffixes: what is no whole label before them, and what is behind them.
        "https://example.org", "https://.example.org", "https://..example.org",
        "https://a..example.org", "https://.a.example.org", "https://evilexample.org",
        "https://evil-example.org", "https://a.example.org.", "https://a.example.org.evil.test",
        "https://a.example.orgx", "https://a.example.org:443", "https://a.example.org:8443",
        "https://a.example.org/", "https://evil.test/.example.org",
        "https://evil.test:443.example.org", "https://evil.test:1/.example.org",
        "https://evil.test#.example.org", "https://evil.test?.example.org",
        "https://evil.test\\.example.org", "https://evil.test@a.example.org",
        "https://a@b.example.org", "https://a:b@c.example.org", "https://a%2e.example.org",
        "https://*.a.example.org", "https://a b.example.org", "https://a\tb.example.org",
        "https://a\u{0}b.example.org", "https://A.example.org", "https://a.Example.org",
        "https://\u{e9}.example.org", "https://[::1].example.org", "https://a,b.example.org",
        "https://https://a.example.org", "https:///a.example.org", "https:a.example.org",
        "https://a.example.net", "https://a.example.net:443", "https://a.example.net:84430",
        "https://example.net:8443", "https://a.example.net:8443.evil.test",
        "http://a.example.net:8443", "https://.example.net:8443",
        "https://a:1.example.net:8443",
        "https://" + String(repeating: "a", count: 64) + ".example.org",
        "https://" + String(repeating: "a.", count: 200) + "example.org",
        "https://" + String(repeating: "a", count: 9000),
        // Addresses in other forms than the shortest.
        "http://[0:0:0:0:0:0:0:1]:3000", "http://[::0001]:3000", "http://[::1]", "http://::1:3000",
        "http://[::ffff:127.0.0.1]:3000", "http://[::1%25lo]:3000", "http://[::1%lo]:3000",
        "http://127.0.0.1:3000", "http://0x7f.1:3000", "http://2130706433:3000",
        "http://[::1]:3000.evil.test", "http://[::1].evil.test:3000", "http://[::1]:3001",
    ]

    @Test func `the hostile spellings are a hundred and more, each of them once`() {
        #expect(Self.hostile.count >= 100)
        #expect(Set(Self.hostile.map { Array($0.utf8) }).count == Self.hostile.count)
    }

    @Test(arguments: hostile)
    func `no other spelling is taken for a listed origin`(_ origin: String) {
        #expect(!Self.admits(origin))
    }

    @Test(arguments: hostile)
    func `no such spelling becomes a verdict that echoes it`(_ origin: String) {
        let rules = CORSRules(
            name: "app",
            origins: [
                .exact("https://app.example.com"), .below(scheme: "https", suffix: ".example.org"),
            ], methods: [], headers: [], exposed: [], allowsCredentials: true, maxAge: 1,
            enforcesOrigin: false)
        let policy = CORSPolicy(rules, index: 0)
        SentRequest(host: "here.test").with("Origin", origin).read { head, bytes in
            let identity = ClientIdentity(client: nil, isTrustedPeer: false, isSecure: true)
            let verdict = policy.judge(head, in: bytes, identity).verdict
            #expect(verdict == CORSVerdict(.foreign, origin: .empty))
            #expect(appended { policy.append(to: &$0, for: verdict, in: bytes) }.isEmpty)
        }
    }

    @Test func `null is allowed where it is listed, in these letters alone`() {
        let table = OriginTable([.null, .exact("https://a.test")])
        #expect(Self.admits("null", table))
        for other in ["NULL", "Null", "nul", "nulll", " null", "null ", "https://null"] {
            #expect(!Self.admits(other, table), "\(other)")
        }
    }

    @Test func `a star allows whatever there is`() {
        let table = OriginTable([.any])
        for origin in ["https://a.test", "null", "", "\u{ff}"] {
            #expect(Self.admits(origin, table))
        }
    }

    @Test func `many origins of many lengths are told apart`() {
        let origins = (0..<256).map {
            "https://\(String(repeating: "x", count: $0 % 60))\($0).test"
        }
        let table = OriginTable(origins.map(AllowedOrigin.exact))
        for origin in origins {
            #expect(Self.admits(origin, table))
            #expect(!Self.admits(origin + "x", table))
            #expect(!Self.admits(String(origin.dropLast()), table))
        }
        #expect(!Self.admits("https://y0.test", table))
    }
}

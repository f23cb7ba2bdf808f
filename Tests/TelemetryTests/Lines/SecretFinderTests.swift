import Bytes
import Dice
import Telemetry
import Testing

/// Secrets that are encoded, quoted, or parts of URLs within other texts.
@Suite struct SecretFinderTests {
    @Test(arguments: [
        // Encoded once, twice, three times.
        "next=https%3A%2F%2Fa.example%2Fcb%3Ftoken%3DS3CRET",
        "next=https%253A%252F%252Fa.example%252Fcb%253Faccess_token%253DS3CRET",
        "next=%25253Fapi_key%25253DS3CRET",
        "q=%26password%3DS3CRET", "q=%3Bsecret%3dS3CRET", "q=%23access_token%3DS3CRET",
        // The key itself is.
        "%74%6F%6b%65%6e=S3CRET", "%2574oken=S3CRET", "access%255Ftoken=S3CRET",
        // Users of URLs.
        "url=https://user:S3CRET@a.example/", "url=https%3A%2F%2Fuser%3AS3CRET%40a.example%2F",
        "url=https%253A%252F%252Fuser%253AS3CRET%2540a.example", "u=//S3CRET@a.example",
        "dsn=postgres://app:S3CRET@db:5432/x", "u=https://a@b:S3CRET@c/",
        // JSON.
        "f={\"password\":\"S3CRET\"}", "f=%7B%22a%22%3A1%2C%22apiKey%22%3A%22S3CRET%22%7D",
        "f={'client_secret':'S3CRET'}",
        // A member of something.
        "user%5Bpassword%5D=S3CRET", "user.credentials.pin=S3CRET%20", "a%5B0%5D%5Btoken%5D=S3CRET",
        // What was configured.
        "%63ustomer_id=S3CRET", "customerId=S3CRET", "CUSTOMER-ID=S3CRET", "user[ssn]=S3CRET%20",
        "user.ssn=S3CRET", "a%5Bcustomer_id%5D=S3CRET",
    ])
    func `a query shows no secret however it is wrapped`(_ query: String) throws {
        for text in [query, "?a=%20&\(query)&z=2"] {
            let shown = try #require(try member("query", of: Array(text.utf8), as: \.query))
            #expect(!shown.contains("S3CRET"), "\(text) → \(shown)")
            #expect(shown.contains("[redacted]"))
            #expect(shown.hasSuffix("&z=2") == text.hasSuffix("&z=2"))
        }
    }

    @Test(arguments: [
        "mail=a%40b.example", "mail=a@b.example", "t=10:20%20Uhr", "q=%C3%BC", "p=50%", "p=%zz",
        "u=https%3A%2F%2Fa.example%2F%3Fpage%3D2", "u=https://a.example/@me", "f={\"a\":1}",
        "%", "%2", "%25", "a=%25%25%25", "keyword=%20", "zip%63ode=1", "x=//", "x=//@",
    ])
    func `a query without secrets stands as it was sent`(_ query: String) throws {
        #expect(try member("query", of: Array(query.utf8), as: \.query) == query)
    }

    @Test(arguments: [
        ("/a;jsessionid=S3CRET/b", "/a;jsessionid=[redacted]/b"),
        ("/a;v=1;token=S3CRET;w=2", "/a;v=1;token=[redacted];w=2"),
        ("/a%3Btoken%3DS3CRET", "/a%3Btoken%3D[redacted]"),
        ("/go/https://u:S3CRET@a.example/x", "/go/https://[redacted]@a.example/x"),
        ("/go/https%3A%2F%2Fu%3AS3CRET%40a.example", "/go/https%3A%2F%2F[redacted]%40a.example"),
        ("/api_key=S3CRET/x", "/api_key=[redacted]/x"),
        ("/token/x=5", "/token/x=5"), ("/a%20b", "/a%20b"), ("/@me", "/@me"), ("/a=b", "/a=b"),
        ("//a", "//a"), ("/", "/"),
    ])
    func `a path shows neither parameters nor users that are secret`(
        _ path: String, _ shown: String
    ) throws {
        #expect(try member("path", of: Array(path.utf8), as: \.path) == shown)
    }

    @Test(arguments: [
        ("bot (+https://u:S3CRET@a.example/)", "bot (+https://[redacted]@a.example/)"),
        ("bot/1 (token=S3CRET; x86)", "bot/1 (token=[redacted]; x86)"),
        ("a https://b/?api_key=S3CRET&c=d e", "a https://b/?api_key=[redacted]&c=d e"),
        ("Mozilla/5.0 (X11; Linux) a@b", "Mozilla/5.0 (X11; Linux) a@b"),
        ("a=b; c%", "a=b; c%"),
    ])
    func `a user agent shows no secrets of URLs in it`(_ agent: String, _ shown: String) throws {
        #expect(try member("user_agent", of: Array(agent.utf8), as: \.userAgent) == shown)
    }

    @Test(arguments: [
        (
            "https://a.example/https%3A%2F%2Fu%3AS3CRET%40b/?x=%26code%3DS3CRET",
            "https://a.example/https%3A%2F%2F[redacted]%40b/?x=%26code%3D[redacted]"
        ),
        ("https://a.example/b;token=S3CRET?c", "https://a.example/b;token=[redacted]?c"),
        ("https://u:S3CRET@a.example/b;token=S3CRET", "https://a.example/b;token=[redacted]"),
        ("https://a.example/?n=https://u:S3CRET@b/", "https://a.example/?n=https://[redacted]@b/"),
    ])
    func `a referer shows none within its path and query`(
        _ referer: String, _ shown: String
    ) throws {
        #expect(try member("referer", of: Array(referer.utf8), as: \.referer) == shown)
    }

    @Test func `random noise before it never uncovers a secret`() throws {
        var numbers = Dice(seed: 77)
        let pieces = [
            "a", "=", "&", ";", "token", "%", "25", "3D", "%3D", "%26", "%2525", "/", "//", "@",
            "\"", ":", "?", "#", "{", "%40", "%2F", "é", "key",
        ]
        for _ in 0..<2000 {
            let count = Int.random(in: 0...14, using: &numbers)
            let noise = (0..<count).map { _ in pieces.randomElement(using: &numbers) ?? "" }
                .joined()
            for secret in ["&api_token=S3CRET", "%26api_token%3DS3CRET", "&x=//u:S3CRET@h"] {
                let shown = try member("query", of: Array((noise + secret).utf8), as: \.query)
                #expect(shown?.contains("S3CRET") == false, "\(noise)\(secret)")
            }
        }
    }

    @Test func `the longest texts take time in proportion to their length`() throws {
        // A mark at every byte: each is looked at a bounded number of times.
        let clock = ContinuousClock()
        for piece in ["//", "a=", "%25", "\":", "//a", "%2F%2F"] {
            let text = String(repeating: piece, count: 2048 / piece.count)
            let taken = try clock.measure {
                for _ in 0..<20 { _ = try member("query", of: Array(text.utf8), as: \.query) }
            }
            #expect(taken < .seconds(5))
        }
    }
}

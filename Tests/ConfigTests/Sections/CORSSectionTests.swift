import Policy
import Testing

@testable import Config

struct CORSSectionTests {
    private static func policy(_ lines: String) -> CORSRules? {
        load("environment: development\n\(minimal)cors: { app: { \(lines) } }").snapshot?.cors
            .first?.rules
    }

    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM:443", "https://app.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://localhost:80", "https://localhost:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
    ])
    func `an origin is kept as browsers spell it`(_ text: String, _ origin: String) {
        #expect(Self.policy("origins: [\"\(text)\"]")?.origins == [.exact(origin)])
    }

    @Test(arguments: [
        ("https://*.example.com", "https", ".example.com"),
        ("https://*.EXAMPLE.com:443", "https", ".example.com"),
        ("http://*.localhost:3000", "http", ".localhost:3000"),
    ])
    func `a star stands for labels before a suffix, scheme and port as written`(
        _ text: String, _ scheme: String, _ suffix: String
    ) {
        #expect(
            Self.policy("origins: [\"\(text)\"]")?.origins
                == [.below(scheme: scheme, suffix: suffix)])
    }

    @Test func `a policy has defaults that allow little`() {
        let rules = Self.policy("origins: [\"https://a.test\"]")
        #expect(
            rules
                == CORSRules(
                    name: "app", origins: [.exact("https://a.test")],
                    methods: ["GET", "HEAD", "POST"], headers: [], exposed: [],
                    allowsCredentials: false, maxAge: 7200, enforcesOrigin: false))
    }

    @Test(arguments: [("0s", 0), ("900ms", 0), ("1s", 1), ("1d", 86_400)])
    func `max_age is told in whole seconds`(_ text: String, _ seconds: UInt32) {
        #expect(
            Self.policy("origins: [\"https://a.test\"], max_age: \(text)")?.maxAge == seconds)
    }

    @Test func `a route has the policy that it names, and shares it`() throws {
        let text = """
            listeners: { a: { bind: "127.0.0.1:1" } }
            cors:
              one: { origins: ["https://1.test"] }
              two: { origins: ["https://2.test"] }
            routes:
              - { name: a, match: { path: /a }, cors: two, respond: {} }
              - { name: b, match: { path: /b }, respond: {} }
              - { name: c, match: { path: /c }, cors: two, respond: {} }
            """
        let snapshot = try #require(load(text).snapshot)
        #expect(snapshot.cors.map(\.rules.name) == ["one", "two"])
        #expect(snapshot.routes.map { $0.cors?.index } == [1, nil, 1])
        #expect(snapshot.routes[0].cors === snapshot.cors[1])
    }

    @Test func `the wildcard is an error in production, with credentials everywhere`() {
        let open = minimal + "cors: { app: { origins: [\"*\"] } }"
        #expect(problems(open).count == 1)
        #expect(load(open).snapshot == nil)
        #expect(load("environment: staging\n" + open).snapshot != nil)
        for origin in ["*", "null"] {
            let lines = "cors: { app: { origins: [\"\(origin)\"], credentials: on } }"
            #expect(load("environment: development\n" + minimal + lines).snapshot == nil)
        }
    }
}

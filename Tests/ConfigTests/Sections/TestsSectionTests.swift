import Testing

@testable import Config

/// From `tests` to what is asked and expected.
struct TestsSectionTests {
    private func tests(_ lines: String) throws -> [RequestTest] {
        let result = load(minimal + "upstreams: { app: { servers: [\"a:1\"] } }\n" + lines)
        #expect(result.problems == [])
        return result.tests
    }

    @Test func `a test is read with all its keys`() throws {
        let test = try #require(
            try tests(
                """
                tests:
                  - request: POST https://a.example:8443/x?y
                    headers: { Origin: "https://b.example", X-Empty: "" }
                    from: "2001:db8::1"
                    listener: public
                    expect:
                      route: all
                      upstream: app
                      status: 404
                      header: { X-Frame-Options: DENY }
                      header_matches: { Date: "GMT$" }
                      no_header: [Server, X-Powered-By]
                      cors: refused
                """
            ).first)
        #expect(test.line == 5)
        #expect(test.title == "POST https://a.example:8443/x?y")
        #expect(test.method == "POST" && test.url == "https://a.example:8443/x?y")
        #expect(test.fields == ["Origin: https://b.example", "X-Empty: "])
        #expect(test.client == "2001:db8::1" && test.listener == "public")
        #expect(
            test.expectations == [
                .route("all"), .upstream("app"), .status(404), .header("X-Frame-Options", "DENY"),
                .headerMatches("Date", try ValuePattern("GMT$")), .noHeader("Server"),
                .noHeader("X-Powered-By"), .cors(.refused),
            ])
    }

    @Test func `what is not said is nobody's word`() throws {
        let test = try #require(
            try tests("tests: [ { request: GET http://a/, expect: { route: none } } ]").first)
        #expect(test.fields.isEmpty && test.client == nil && test.listener == nil)
        #expect(test.expectations == [.route(nil)])
    }

    @Test func `none is no upstream`() throws {
        let test = try tests("tests: [ { request: GET http://a/, expect: { upstream: none } } ]")
        #expect(test.first?.expectations == [.upstream(nil)])
    }

    @Test func `the title of a test does not show what was put in`() throws {
        let result = load(
            minimal + "tests: [ { request: \"GET http://a/${TOKEN}\", expect: { status: 200 } } ]",
            environment: ["TOKEN": "hunter2"])
        #expect(result.tests.first?.title == "GET http://a/${TOKEN}")
        #expect(result.tests.first?.url == "http://a/hunter2")
    }

    @Test func `an invalid configuration has no tests`() {
        let result = load(
            "routes: []\ntests: [ { request: GET http://a/, expect: { status: 200 } } ]")
        #expect(result.snapshot == nil && result.tests.isEmpty)
    }

    @Test(arguments: [
        ("DENY", "DENY", true), ("EN", "DENY", true), ("^EN", "DENY", false),
        ("Y$", "DENY", true), ("(?i)deny", "DENY", true), ("^$", "", true),
        ("max-age=[0-9]{8}", "max-age=31536000; includeSubDomains", true),
    ])
    func `a pattern is searched for in a value`(
        _ pattern: String, _ value: String, _ isFound: Bool
    ) throws {
        #expect(try ValuePattern(pattern).matches(value) == isFound)
    }

    @Test func `no text of a pattern traps, however it is made up`() throws {
        let parts = [
            "a", "(", ")", "[", "]", "{", "}", "?", "*", "+", "|", "\\", "^", "$", ".", "-", "&&",
            "(?", "(?:", "(?<n>", "\\k<n>", "\\1", "\\p{L}", "\\P{", "\\x{", "\\u", "0", ",",
            "{2,3}", "(?x)", "[[:", "alpha", ":]]", "é", "\u{301}", "\\Q", "\\N{", "#", "\0",
        ]
        var seed: UInt64 = 7
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<8 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += parts[Int(seed >> 33) % parts.count]
            }
            _ = try? ValuePattern(text).matches("a(0)-é")
        }
        #expect(throws: (any Error).self) {
            try ValuePattern(String(repeating: "(", count: 512))
        }
    }
}

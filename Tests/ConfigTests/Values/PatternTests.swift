import Policy
import Testing

@testable import Config

/// Hosts and paths that routes match, and header fields.
struct PatternTests {
    @Test(arguments: [
        ("Example.COM", HostPattern.exact("example.com")), ("example.com.", .exact("example.com")),
        ("*.Example.com", .suffix(".example.com")), ("127.0.0.1", .exact("127.0.0.1")),
        ("[::1]", .exact("[::1]")), ("localhost", .exact("localhost")),
    ])
    func `a host pattern is exact or a suffix`(text: String, pattern: HostPattern) throws {
        #expect(try HostText.pattern(text) == pattern)
    }

    @Test(arguments: [
        "", "*", "*.", "a.*.b", "*a.b", "**.a", "a:80", "http://a", "a/b", "a b", "-a", "a-.b",
        "a..b", ".a",
        "1.2.3", "[a]", "ä.example", "*.1.2", "*.*.a",
    ])
    func `what is no host pattern is refused`(text: String) {
        #expect(throws: Objection.self) { try HostText.pattern(text) }
    }

    @Test func `labels and names are as long as names can be`() throws {
        let label = String(repeating: "a", count: 63)
        try HostText.checkName(label)
        #expect(throws: Objection.self) { try HostText.checkName(label + "a") }
        let name = Array(repeating: label, count: 4).joined(separator: ".")
        try HostText.checkName(String(name.dropLast(2)))
        #expect(throws: Objection.self) { try HostText.checkName(name) }
    }

    @Test(arguments: [
        ("/", PathPattern.exact("/")), ("/robots.txt", .exact("/robots.txt")),
        ("/a/", .exact("/a/")),
        ("/*", .prefix("")), ("/api/*", .prefix("/api")), ("/a b/ä", .exact("/a b/ä")),
        ("/...", .exact("/...")),
    ])
    func `a path pattern is exact or a prefix`(text: String, pattern: PathPattern) throws {
        #expect(try PathText.pattern(text) == pattern)
    }

    @Test(arguments: [
        "", "*", "api", "/a*", "/*/a", "/a/**", "/a/./b", "/..", "/a/../*", "/a%20b", "/a?b",
        "/a#b", "/a\u{7f}", "/a;b", "/a;/b", "/;", "/a\\b", "\\", "//", "//a", "/a//b", "/a//",
        "/a//*", "//*", "/a;\u{301}",
        "/" + String(repeating: "a", count: 2048),
    ])
    func `what is no path pattern is refused`(text: String) {
        #expect(throws: Objection.self) { try PathText.pattern(text) }
    }

    @Test(arguments: [
        ("/a;b", "/a"), ("/a;b/c", "/a/c"), ("/a;b/*", "/a/*"), ("/a\\b", "/a/b"), ("//", "/"),
        ("/a//b/", "/a/b/"), ("//a", "/a"), ("//*", "/*"), ("/a/../b", "/b"), ("/a/./*", "/a/*"),
        ("/a\\..;x\\b", "/b"), ("/..", nil), ("/a/../..", nil),
    ])
    func `a path that an app may read otherwise is suggested as it would`(
        text: String, suggestion: String?
    ) throws {
        let objection = #expect(throws: Objection.self) { try PathText.pattern(text) }
        #expect(objection?.suggestion == suggestion)
        if let suggestion { _ = try PathText.pattern(suggestion) }
    }

    @Test func `names of fields are tokens`() {
        #expect(FieldText.isToken("X-Api_Version.1!#$%&'*+^`|~"))
        for text in ["", "a b", "a:b", "ä", "a\u{0}", "(a)", "a/b", "{a}", "a\"", "@a", "[a]"] {
            #expect(!FieldText.isToken(text))
        }
    }

    @Test func `values of fields keep nothing that a reader would drop`() throws {
        try FieldText.checkValue("")
        try FieldText.checkValue("a\tb ä")
        for value in [" a", "a ", "\ta", "a\r\nb", "a\u{0}", "a\u{7f}"] {
            #expect(throws: Objection.self) { try FieldText.checkValue(value) }
        }
    }
}

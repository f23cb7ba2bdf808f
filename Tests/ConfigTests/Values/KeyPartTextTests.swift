import Policy
import Testing

@testable import Config

struct KeyPartTextTests {
    private func key(_ text: String) -> [LimitKeyPart]? { decode(KeyPartText.kind, text).value }

    @Test(
        arguments: [
            ("client_ip", .clientIP), ("host", .host), ("path", .path), ("auth", .auth),
            ("header:x-tenant", .header("x-tenant")), ("cookie:Session", .cookie("Session")),
            ("query:a b", .query("a b")), ("form:From", .form("From")),
            ("query:a:b", .query("a:b")), ("json:user.id", .json(["user", "id"])),
            ("jwt:sub", .jwt(["sub"])),
            (#"jwt:https://id\.example\.com/org"#, .jwt(["https://id.example.com/org"])),
            (#"json:a\\.b"#, .json([#"a\"#, "b"])),
        ] as [(String, LimitKeyPart)])
    func `every part is read, and written back as it was`(text: String, part: LimitKeyPart) {
        #expect(key(text) == [part])
        #expect(part.description == text)
    }

    @Test func `names of fields are alike in all letters`() {
        #expect(key("header:X-Tenant") == [.header("x-tenant")])
    }

    @Test(arguments: [
        ("client-ip", "client_ip"), ("hosts", "host"), ("headers:X-A", "header:X-A"),
        ("cookies:a", "cookie:a"),
    ])
    func `a slip gets the key that may be meant`(text: String, meant: String) {
        #expect(
            decode(KeyPartText.kind, text).problem?.contains("did you mean \"\(meant)\"?") == true)
    }

    @Test(arguments: [
        "", "ip", "header", "header:", "header:a b", "cookie:a=b", "query:", "query:\u{1}",
        "json:", "json:.", "json:a.", "json:a..b", #"json:a\"#, #"json:a\b"#,
        "json:a.b.c.d.e.f.g.h.i", "client_ip:a", "auth:",
    ])
    func `what is no key is refused`(text: String) {
        #expect(key(text) == nil)
    }
}

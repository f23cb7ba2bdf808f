import Bytes
import Testing

@testable import Policy

@Suite struct RedirectTargetTests {
    private static func location(_ target: String, _ request: String) -> String {
        let redirect = RedirectTarget(Redirect(target: target, status: 308))
        let line = SentRequest("GET", request).read { head, bytes in
            // The bound holds in every test here: an overflow would cut the line's end off.
            var buffer = Buffer(capacity: redirect.byteCountMax(for: head, in: bytes))
            redirect.append(to: &buffer, head: head, in: bytes)
            return buffer.withReadable { text in
                String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
            }
        }
        #expect(line.hasPrefix("Location: ") && line.hasSuffix("\r\n"))
        return String(decoding: line.utf8.dropFirst(10).dropLast(2), as: UTF8.self)
    }

    @Test(arguments: [
        ("https://www.example.com{path}", "/a/b?c=d", "https://www.example.com/a/b?c=d"),
        ("https://www.example.com{path}", "", "https://www.example.com/"),
        ("https://www.example.com{path}", "?x", "https://www.example.com/?x"),
        ("https://www.example.com{path}", "/?", "https://www.example.com/"),
        ("https://www.example.com/", "/a?c", "https://www.example.com/?c"),
        ("/new{path}", "/a", "/new/a"), ("/new{path}/end", "/a", "/new/a/end"),
        ("/x?from={path}", "/a?b=c", "/x?from=/a&b=c"), ("/x?", "/a?b", "/x?&b"),
        ("/x#part", "/a?b", "/x?b#part"), ("/x?y#part", "/a?b", "/x?y&b#part"),
        ("/x{path}#{path}", "/a", "/x/a#{path}"),
        ("/{path}{path}", "/a", "/a/a"), ("/x", "/a", "/x"),
    ])
    func `the client's path and query take their places`(
        _ target: String, _ request: String, _ location: String
    ) {
        #expect(Self.location(target, request) == location)
    }

    @Test(arguments: [
        ("/%61/../b%2F", "/new/%61/../b%2F"), ("/a\"b<c>\\d`", "/new/a%22b%3Cc%3E%5Cd%60"),
        ("/é", "/new/%C3%A9"), ("/a b\u{7f}\u{1}", "/new/a%20b%7F%01"), ("/a?b#c", "/new/a?b%23c"),
        ("/a\r\nSet-Cookie: x=y", "/new/a%0D%0ASet-Cookie:%20x=y"),
        ("/a?b\r\n\r\n", "/new/a?b%0D%0A%0D%0A"),
    ])
    func `the client's bytes stay as they are unless a reader could misread them`(
        _ request: String, _ location: String
    ) {
        #expect(Self.location("/new{path}", request) == location)
    }

    @Test(arguments: ["{path}", "/{path}"])
    func `a path at the start cannot become a host`(_ target: String) {
        #expect(Self.location(target, "//evil.example/x") == "/evil.example/x")
        #expect(Self.location(target, "////evil.example") == "/evil.example")
        #expect(Self.location(target, "/\\evil.example") == "/%5Cevil.example")
        #expect(Self.location(target, "/a//b") == "/a//b")
        #expect(Self.location(target, "//") == "/")
    }

    @Test func `a target's own odd bytes are escaped at load`() {
        #expect(Self.location("/ü x\r\n", "/") == "/%C3%BC%20x%0D%0A")
    }
}

import Policy
import Testing

@testable import Config

struct EditSectionsTests {
    private func edits(_ keys: String, path: String = "/api/*") -> RouteEdits? {
        let lines = """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            routes: [ { name: all, match: { path: \(path) }, respond: {}\(keys) } ]
            """
        return load(lines).snapshot?.routes.first?.edits
    }

    @Test func `a route without the keys changes nothing`() {
        #expect(edits("") == RouteEdits.none)
        #expect(edits(", request_headers: {}, response_headers: {}") == RouteEdits.none)
    }

    @Test func `fields are kept in order, as they are written`() {
        let edits = edits(
            ", request_headers: { set: { X-B: \"1\", X-A: \"2\" }, remove: [Cookie] },"
                + " response_headers: { add: { Link: \"</a>\", Cache-Control: no-cache } }")
        #expect(
            edits?.request
                == HeaderEdits(
                    set: [
                        HeaderLine(name: "X-B", value: "1"), HeaderLine(name: "X-A", value: "2"),
                    ],
                    add: [], remove: ["Cookie"]))
        #expect(
            edits?.response.lines.count == "Link: </a>\r\nCache-Control: no-cache\r\n".utf8.count)
    }

    @Test(arguments: [
        ("pass", CookieSettings.pass), ("harden", .harden(except: [])), ("{}", .harden(except: [])),
        ("{ except: [csrf] }", .harden(except: ["csrf"])), ("{ preset: pass }", .pass),
        ("{ preset: harden, except: [a, b] }", .harden(except: ["a", "b"])),
    ])
    func `cookies are hardened by name, or but for some`(
        _ text: String, _ settings: CookieSettings
    ) {
        #expect(edits(", cookies: \(text)")?.cookies == settings)
    }

    @Test(arguments: [("pass", false), ("replace", true)])
    func `errors of the app pass or give way`(_ text: String, _ isReplaced: Bool) {
        #expect(edits(", upstream_errors: \(text)")?.replacesErrors == isReplaced)
    }

    @Test(arguments: [
        ("/api/*", "/api", true), ("/api/v1/*", "/api", true), ("/api/v1", "/api", true),
        ("/api", "/api", true), ("/*", "/api", true), ("/a/*", "/api", false),
        ("/apix/*", "/api", false), ("/api", "/api/v1", false), ("/api/*", "/api/v1", true),
    ])
    func `a prefix is one that a path of the route can begin with`(
        _ path: String, _ prefix: String, _ isAccepted: Bool
    ) {
        let found = edits(", strip_prefix: \(prefix)", path: path)?.strippedPrefix
        #expect(found == (isAccepted ? prefix : nil))
    }

    @Test func `all fields of one direction are bounded together`() {
        let value = String(repeating: "x", count: 2000)
        let two = ", response_headers: { set: { A: \(value), B: \(value) } }"
        let three = ", response_headers: { set: { A: \(value), B: \(value), C: \(value) } }"
        #expect(edits(two) != nil)
        #expect(edits(three) == nil)
    }
}

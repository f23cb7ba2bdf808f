import Policy
import Testing

@testable import Config

/// What holds between sections; the messages are in golden files.
struct AssemblyTests {
    /// A development configuration with two upstreams and these routes.
    private func said(_ routes: [String]) -> [String] {
        let lines = routes.map { "  - { \($0) }\n" }.joined()
        return problems(
            """
            environment: development
            listeners: { public: { bind: "*:1" }, inner: { bind: "*:2" } }
            upstreams: { one: { servers: ["a:1"] }, two: { servers: ["b:1"] } }
            routes:
            \(lines)
            """)
    }

    @Test func `a route does exactly one thing`() {
        #expect(said(["name: a, upstream: one"]) == [])
        #expect(said(["name: a"]).count == 1)
        #expect(said(["name: a, upstream: one, health: live"]).count == 1)
        #expect(said(["name: a, upstream: one, health: live, respond: {}"]).count == 2)
    }

    @Test func `references lead to what there is`() {
        #expect(said(["name: a, match: { listener: inner }, upstream: two"]) == [])
        #expect(said(["name: a, match: { listener: outer }, upstream: three"]).count == 2)
    }

    @Test func `a broken upstream is there for the routes that name it`() {
        let text =
            "upstreams: { app: 5 }\nroutes: [ { name: a, upstream: app } ]\n"
            + "listeners: { a: { bind: \"*:1\" } }"
        #expect(problems(text) == ["upstreams.app: expects a section of keys, not a single value"])
    }

    @Test func `names of routes are unlike each other`() {
        #expect(
            said(["name: a, match: { path: /a }, upstream: one", "name: a, upstream: one"])
                == ["routes[1].name: is the name of routes[0] already"])
    }

    @Test func `two listeners may ask for any port, not for the same one`() {
        let routes = "\nroutes: [ { name: a, respond: {} } ]"
        #expect(
            problems("listeners: { a: { bind: \"*:0\" }, b: { bind: \"*:0\" } }" + routes) == [])
        #expect(
            problems("listeners: { a: { bind: \"*:1\" }, b: { bind: \"0.0.0.0:1\" } }" + routes)
                .count == 1)
        #expect(
            problems("listeners: { a: { bind: \"fd:x\" }, b: { bind: \"fd:x\" } }" + routes).count
                == 1)
        #expect(
            problems("listeners: { a: { bind: \"*:1\" }, b: { bind: \"[::]:1\" } }" + routes) == [])
    }

    @Test(arguments: [
        ("", "path: /x"), ("path: /*", "path: /x"), ("path: /a/*", "path: /a"),
        ("path: /a/*", "path: /a/b/*"),
        ("path: /a/*", "host: h.example, path: /a/b"), ("host: \"*.example\"", "host: h.example"),
        ("host: \"*.example\"", "host: \"*.a.example\""), ("host: h.example", "host: H.Example"),
        ("methods: [GET]", "methods: [HEAD]"), ("methods: [GET, POST]", "methods: [POST]"),
        ("headers: { A: b }", "headers: { A: b, C: d }"),
        ("listener: inner", "listener: inner, path: /x"),
        (
            "host: \"*.example\", path: /a/*, methods: [GET]",
            "host: a.b.example, path: /a/b, methods: [GET]"
        ),
    ])
    func `a route that an earlier one takes everything from is a warning`(
        first: String, second: String
    ) {
        let routes = [
            "name: a, match: { \(first) }, upstream: one",
            "name: b, match: { \(second) }, upstream: one",
        ]
        #expect(said(routes) == ["routes[1]: no request reaches it: routes[0] (a) takes them all"])
    }

    @Test(arguments: [
        ("path: /x", ""), ("path: /a/*", "path: /ab"), ("path: /a", "path: /a/*"),
        ("path: /a/*", "path: /"),
        ("host: \"*.example\"", "host: example"), ("host: \"*.a.example\"", "host: \"*.example\""),
        ("host: h.example", "host: \"*.example\""), ("methods: [HEAD]", "methods: [GET]"),
        ("methods: [GET]", "path: /x"), ("headers: { A: b }", "headers: { A: c }"),
        ("headers: { A: b }", "path: /x"),
        ("listener: inner", "listener: public"), ("listener: inner", "path: /x"),
        ("host: \"*.example\", path: /a/*", "host: a.example, path: /b"),
    ])
    func `a route with something left for it is none`(first: String, second: String) {
        let routes = [
            "name: a, match: { \(first) }, upstream: one",
            "name: b, match: { \(second) }, upstream: one",
        ]
        #expect(said(routes) == [])
    }

    @Test func `routes name no more unusual methods than can be told apart`() {
        func routes(_ count: Int) -> [String] {
            (0..<count).map {
                "name: r\($0), match: { path: /\($0), methods: [X\($0)] }, upstream: one"
            }
        }
        #expect(said(routes(50)) == [])
        #expect(said(routes(51)).count == 1)
    }

    @Test(arguments: ["0.0.0.0:1", "[::]:1", "192.0.2.1:1"])
    func `an admin listener that others reach is an error in production only`(bind: String) {
        for (environment, severity) in [
            ("production", Problem.Severity.error), ("staging", .warning),
        ] {
            let result = load(
                "environment: \(environment)\nadmin: { bind: \"\(bind)\" }\n" + minimal)
            #expect(result.problems.map(\.severity) == [severity])
            #expect((result.snapshot == nil) == (severity == .error))
        }
    }

    @Test(arguments: ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/run/admin.sock", "fd:admin"])
    func `an admin listener that only this machine reaches is fine`(bind: String) {
        #expect(problems(adding: "admin: { bind: \"\(bind)\" }") == [])
    }

    @Test func `responses without security headers are an error in production only`() {
        #expect(load(minimal + "security_headers: none").snapshot == nil)
        #expect(load("environment: staging\nsecurity_headers: none\n" + minimal).snapshot != nil)
    }
}

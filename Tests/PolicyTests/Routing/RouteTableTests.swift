import Testing

@testable import Policy

@Suite struct RouteTableTests {
    @Test func `the first of the routes that match wins, be it the less specific one`() {
        let routes = [RouteSample("/a/*"), RouteSample("/a/b"), RouteSample("/*")]
        #expect(routes.decision(SentRequest("GET", "/a/b")) == "0")
        #expect(Array(routes.reversed()).decision(SentRequest("GET", "/a/b")) == "0")
        #expect([routes[1], routes[0]].decision(SentRequest("GET", "/a/b")) == "0")
        #expect([routes[1], routes[0]].decision(SentRequest("GET", "/a/b/c")) == "1")
    }

    @Test(arguments: [
        ("/a", "0"), ("/a/", "0"), ("/a/b", "0"), ("/ab", "2"), ("/x", "1"), ("/x/", "no_route"),
        ("/x/y", "no_route"), ("/", "no_route"),
    ])
    func `a prefix takes itself and what is below, an exact path only itself`(
        _ path: String, _ decision: String
    ) {
        let routes = [RouteSample("/a/*"), RouteSample("/x"), RouteSample("/ab")]
        #expect(routes.decision(SentRequest("GET", path)) == decision)
    }

    @Test(arguments: [
        ("example.com", "0"), ("EXAMPLE.com", "0"), ("example.com:8080", "0"),
        ("example.com.", "0"),
        ("example.com.:443", "0"), ("a.example.com", "1"), ("a.b.Example.Com", "1"),
        ("xexample.com", "3"), (".example.com", "3"), ("", "3"), ("127.0.0.1", "3"), ("com", "3"),
        ("[::1]", "2"), ("[::1]:8080", "2"), ("[0:0::0:1]", "2"), ("[::2]", "3"),
        ("example.com:", "0"),
        ("other.example.com", "1"),
    ])
    func `hosts are compared without case, port and trailing dot`(
        _ host: String, _ decision: String
    ) {
        let routes = [
            RouteSample(host: "Example.com."), RouteSample(host: "*.example.com"),
            RouteSample(host: "::1"), RouteSample(),
        ]
        #expect(routes.decision(SentRequest("GET", "/", host: host)) == decision)
    }

    @Test func `the narrowest host does not hide a route of a wider one that comes first`() {
        let routes = [
            RouteSample("/x", host: "*.com"), RouteSample(host: "a.b.com"), RouteSample("/y"),
            RouteSample(host: "*.b.com"),
        ]
        #expect(routes.decision(SentRequest("GET", "/x", host: "a.b.com")) == "0")
        #expect(routes.decision(SentRequest("GET", "/y", host: "a.b.com")) == "1")
        #expect(routes.decision(SentRequest("GET", "/y", host: "c.b.com")) == "2")
        #expect(routes.decision(SentRequest("GET", "/z", host: "c.b.com")) == "3")
        #expect(routes.decision(SentRequest("GET", "/z", host: "c.com")) == "no_route")
    }

    @Test func `a method that only later routes take is theirs`() {
        let routes = [RouteSample("/a", methods: ["POST"]), RouteSample("/*", methods: ["GET"])]
        #expect(routes.decision(SentRequest("POST", "/a")) == "0")
        #expect(routes.decision(SentRequest("GET", "/a")) == "1")
        #expect(routes.decision(SentRequest("HEAD", "/a")) == "1")
    }

    @Test func `without any route for the method the union of theirs is allowed`() {
        let routes = [
            RouteSample("/a", methods: ["POST"]), RouteSample("/b", methods: ["PUT"]),
            RouteSample("/a/*", methods: ["GET", "PURGE"]),
        ]
        #expect(routes.decision(SentRequest("DELETE", "/a")) == "405 GET, HEAD, POST, PURGE")
        #expect(routes.decision(SentRequest("PURGE", "/a")) == "2")
        #expect(routes.decision(SentRequest("purge", "/a")) == "405 GET, HEAD, POST, PURGE")
        #expect(routes.decision(SentRequest("OPTIONS", "/b")) == "405 PUT")
        #expect(routes.decision(SentRequest("DELETE", "/c")) == "no_route")
    }

    @Test func `a preflight is matched as the method it asks for`() {
        let routes = [
            RouteSample("/a", methods: ["PATCH"]), RouteSample("/b", methods: ["OPTIONS"]),
        ]
        let preflight = SentRequest("OPTIONS", "/a").with("Origin", "https://x.example")
            .with("Access-Control-Request-Method", "PATCH")
        #expect(routes.decision(preflight) == "0")
        var other = preflight
        other.target = "/b"
        #expect(routes.decision(other) == "405 OPTIONS")
        let withoutOrigin = SentRequest("OPTIONS", "/a").with(
            "Access-Control-Request-Method", "PATCH")
        #expect(routes.decision(withoutOrigin) == "405 PATCH")
        let disguised = SentRequest("OPTIONS", "/a").with("Origin", "https://x.example")
            .with("Access_Control_Request_Method", "PATCH")
        #expect(routes.decision(disguised) == "405 PATCH")
        #expect(routes.decision(SentRequest("OPTIONS", "/b")) == "1")
    }

    @Test func `a header criterion wants one line of exactly that value`() {
        let routes = [RouteSample(headers: ["X-Role": "admin", "X-Zone": ""]), RouteSample()]
        let request = SentRequest().with("x-role", "user").with("X-ROLE", "admin")
        #expect(routes.decision(request.with("X-Zone", "")) == "0")
        #expect(routes.decision(request) == "1")
        #expect(routes.decision(SentRequest().with("X-Role", "Admin").with("X-Zone", "")) == "1")
        #expect(routes.decision(SentRequest().with("X-Role", "admin,").with("X-Zone", "")) == "1")
    }

    @Test func `a listener criterion wants that listener`() {
        let routes = [
            RouteSample(listener: "internal"), RouteSample(listener: "gone"),
            RouteSample(listener: "public"),
        ]
        var request = SentRequest()
        #expect(routes.decision(request) == "2")
        request.arrival.listener = 1
        #expect(routes.decision(request) == "0")
        request.arrival.listener = 2
        #expect(routes.decision(request) == "no_route")
    }

    @Test func `no routes take nothing`() {
        #expect([RouteSample]().decision(SentRequest()) == "no_route")
    }

    @Test func `more extension methods than there are bits take nothing and harm nothing`() {
        let routes = (0..<80).map { RouteSample("/\($0)", methods: ["M\($0)"]) }
        #expect(routes.decision(SentRequest("M0", "/0")) == "0")
        #expect(routes.decision(SentRequest("M53", "/53")) == "53")
        #expect(routes.decision(SentRequest("M79", "/79")) == "no_route")
    }

    @Test func `a path as long as a head admits is matched in bounded storage`() {
        let deep = "/a" + String(repeating: "/a", count: 16_000)
        #expect([RouteSample("/a/*")].decision(SentRequest("GET", deep)) == "0")
        let escaped = "/a" + String(repeating: "/%61", count: 16_000)
        #expect([RouteSample("/a/*")].decision(SentRequest("GET", escaped)) == "0")
        let host = String(repeating: "a.", count: 16_000) + "com"
        #expect([RouteSample(host: "*.com")].decision(SentRequest("GET", "/", host: host)) == "0")
    }
}

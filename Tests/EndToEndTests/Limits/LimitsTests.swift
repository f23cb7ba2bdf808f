import Testing

/// Each limit with its status, its problem, its outcome in the log and its count.
@Suite(.staged) struct LimitsTests {
    /// What everybody is told of a refusal.
    struct Refusal {
        let status: Int
        let code: String
        let route: String
        let method: String
    }

    static func expect(
        _ refusal: Refusal, in answer: Message, of apus: Apus,
        location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(answer.status == refusal.status, sourceLocation: location)
        let problem = try answer.problem()
        #expect(problem.code == refusal.code, sourceLocation: location)
        #expect(problem.status == refusal.status, sourceLocation: location)
        #expect(answer["X-Content-Type-Options"] == "nosniff", sourceLocation: location)
        let id = try #require(answer["X-Request-ID"], sourceLocation: location)
        let line = try eventually("the line of \(id)") {
            try apus.lines("request").first { $0.requestId == id }
        }
        #expect(line.outcome == refusal.code, sourceLocation: location)
        #expect(line.status == refusal.status, sourceLocation: location)
        try apus.expect("apus_http_outcomes_total{outcome=\"\(refusal.code)\"}", is: 1)
        try apus.expect(
            "apus_http_requests_total{route=\"\(refusal.route)\",method=\"\(refusal.method)\","
                + "status=\"\(refusal.status)\"}", is: 1)
    }

    static let unreadHead = "OTHER"

    @Test func `a request line that is too long is refused with 414`() throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { request_line: 1KiB }")
        let wire = try apus.connect()
        #expect(try wire.ask(get("/" + String(repeating: "a", count: 900))).status == 200)
        let answer = try wire.ask(get("/" + String(repeating: "a", count: 1100)))
        try Self.expect(
            Refusal(status: 414, code: "uri_too_long", route: "-", method: Self.unreadHead),
            in: answer, of: apus)
        wire.endWrites()
        #expect(try wire.readToEnd().isEmpty)
    }

    @Test func `a request line that never ends is refused as soon as it is too long`() throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { request_line: 1KiB }")
        let wire = try apus.connect()
        try wire.send("GET /" + String(repeating: "a", count: 3000))
        #expect(try wire.response().status == 414)
    }

    @Test(arguments: [
        String(repeating: "X-A: \(String(repeating: "a", count: 90))\r\n", count: 30),
        "X-A: \(String(repeating: "a", count: 3000))\r\n",
    ])
    func `headers that are too large are refused with 431`(fields: String) throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { header_bytes: 2KiB }")
        let answer = try apus.ask(get("/", fields))
        try Self.expect(
            Refusal(status: 431, code: "headers_too_large", route: "-", method: Self.unreadHead),
            in: answer, of: apus)
    }

    @Test func `headers that are too many are refused with 431`() throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { header_count: 10 }")
        let wire = try apus.connect()
        #expect(try wire.ask(get("/", String(repeating: "X-A: 1\r\n", count: 9))).status == 200)
        let answer = try wire.ask(get("/", String(repeating: "X-A: 1\r\n", count: 10)))
        try Self.expect(
            Refusal(status: 431, code: "headers_too_large", route: "-", method: Self.unreadHead),
            in: answer, of: apus)
    }

    @Test func `a head as large as is allowed reaches the app whole`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "limits: { header_bytes: 40KiB, request_line: 16KiB }")
        let wire = try apus.connect()
        let long = String(repeating: "v", count: 38_000)
        #expect(try wire.ask(get("/", "X-Long: \(long)\r\n")).status == 200)
        #expect(app.requests.all[0]["X-Long"] == long)
        let path = "/" + String(repeating: "p", count: 15_000)
        #expect(try wire.ask(get(path)).status == 200)
        #expect(app.requests.all[1].target == path)
    }

    @Test func `a body whose length is too large is refused with 413 before it comes`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "limits: { body: 1KiB }")
        let wire = try apus.connect()
        #expect(try wire.ask(post("/", String(repeating: "x", count: 1024))).status == 200)
        try wire.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1025\r\n\r\n")
        try Self.expect(
            Refusal(status: 413, code: "body_too_large", route: "app", method: "POST"),
            in: wire.response(), of: apus)
        #expect(app.requests.all.count == 1)
    }

    @Test func `a body in chunks is refused with 413 once it is too large`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "limits: { body: 1KiB }")
        let wire = try apus.connect()
        try wire.send(BodiesTests.chunkedHead + "\r\n")
        for _ in 1...3 { try wire.send("190\r\n\(String(repeating: "x", count: 400))\r\n") }
        try Self.expect(
            Refusal(status: 413, code: "body_too_large", route: "app", method: "POST"),
            in: wire.response(), of: apus)
        #expect(app.requests.all.isEmpty)
    }

    @Test func `a route may have a limit of its own`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            limits: { body: 10B }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: up, match: { path: /up }, upstream: app, limits: { body: 1KiB } }
              - { name: app, match: { path: /* }, upstream: app }
            """, apps: [app])
        #expect(try apus.ask(post("/up", String(repeating: "x", count: 500))).status == 200)
        #expect(try apus.ask(post("/other", String(repeating: "x", count: 500))).status == 413)
    }

    @Test func `one connection too many is told so and closed`() throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { connections: 2 }")
        let first = try apus.connect()
        #expect(try first.ask(get("/")).status == 200)
        do {
            let second = try apus.connect()
            #expect(try second.ask(get("/")).status == 200)
            let third = try apus.connect()
            let answer = try third.response()
            try Self.expect(
                Refusal(status: 503, code: "overloaded", route: "-", method: Self.unreadHead),
                in: answer, of: apus)
            #expect(answer["Retry-After"] == "1")
            #expect(try answer.problem().retryAfter == 1)
            third.endWrites()
            #expect(try third.readToEnd().isEmpty)
            try apus.expect("apus_connections_refused_total{listener=\"public\"}", is: 1)
        }
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 1)
        #expect(try apus.ask(get("/")).status == 200)
        #expect(try first.ask(get("/")).status == 200)
    }
}

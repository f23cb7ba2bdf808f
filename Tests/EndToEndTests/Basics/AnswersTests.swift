import Testing

@Suite(.staged) struct AnswersTests {
    static let configuration = """
        upstreams: { app: { servers: ["127.0.0.1:1"] } }
        routes:
          - { name: live, match: { path: /api/health }, health: live }
          - name: old
            match: { host: old.test }
            redirect: { to: "https://www.test{path}", status: 301 }
          - name: robots
            match: { path: /robots.txt }
            respond: { status: 200, body: "User-agent: *\\n", content_type: text/plain }
          - { name: forms, match: { path: /forms, methods: [POST] }, respond: { status: 202 } }
          - { name: forms2, match: { path: /forms, methods: [PUT] }, respond: { status: 202 } }
          - { name: lower, match: { path: /lower/*, methods: [GET] }, respond: { status: 204 } }
        """

    @Test func `a fixed response comes with its type, its length and the preset's headers`() throws
    {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/robots.txt"))
        #expect(answer.status == 200)
        #expect(answer.text == "User-agent: *\n")
        #expect(answer["Content-Type"] == "text/plain")
        #expect(answer["X-Frame-Options"] == "DENY")
        #expect(answer["X-Request-ID"] != nil)
        let line = try apus.accessLine(of: "/robots.txt")
        #expect(line.route == "robots")
        #expect(line.outcome == "answered")
        #expect(line.bytesOut == 14)
        #expect(line.upstream == nil)
    }

    @Test func `health is alive`() throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/api/health"))
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer["Cache-Control"] == "no-store")
    }

    @Test func `a redirect keeps path and query`() throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/a%20b/c?d=e&f", host: "old.test"))
        #expect(answer.status == 301)
        #expect(answer["Location"] == "https://www.test/a%20b/c?d=e&f")
        #expect(answer.body.isEmpty)
    }

    @Test func `curl follows a redirect's head`() throws {
        let apus = try Apus(Self.configuration)
        let (code, output) = try curl(
            "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Host: old.test",
            "http://127.0.0.1:\(apus.port)/x")
        #expect(code == 0)
        #expect(output == "301 https://www.test/x")
    }

    @Test func `what no route takes is not found`() throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/nowhere"))
        #expect(answer.status == 404)
        let problem = try answer.problem()
        #expect(problem.code == "not_found")
        let line = try apus.accessLine(of: "/nowhere")
        #expect(line.outcome == "not_found")
        #expect(line.route == nil)
        try apus.expect(
            "apus_http_requests_total{route=\"-\",method=\"GET\",status=\"404\"}", is: 1)
    }

    @Test func `a wrong method is told the right ones`() throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/forms"))
        #expect(answer.status == 405)
        let allowed = Set((answer["Allow"] ?? "").split(separator: ", ").map(String.init))
        #expect(allowed == ["POST", "PUT"])
        #expect(try answer.problem().code == "method_not_allowed")
        #expect(try apus.accessLine(of: "/forms").outcome == "method_not_allowed")
        #expect(try apus.ask("HEAD /lower/x HTTP/1.1\r\nHost: a.test\r\n\r\n").status == 204)
    }

    @Test func `a problem names the request and can be told apart by its code`() throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/nowhere"))
        let problem = try answer.problem()
        let id = try #require(answer["X-Request-ID"])
        #expect(
            problem
                == Problem(
                    type: "about:blank", title: "Not Found", status: 404, detail: problem.detail,
                    instance: "urn:request:\(id)", code: "not_found", retryAfter: nil))
        #expect(!problem.detail.isEmpty)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(answer["Content-Length"] == "\(answer.body.count)")
    }

    @Test(arguments: [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"), ("text/plain", "text/plain"),
        ("*/*", "application/problem+json"), ("application/json", "application/problem+json"),
    ])
    func `a problem speaks as the client prefers`(accept: String, type: String) throws {
        let apus = try Apus(Self.configuration)
        let answer = try apus.ask(get("/nowhere", "Accept: \(accept)\r\n"))
        #expect(answer["Content-Type"]?.hasPrefix(type) == true)
        #expect(answer.text.contains(answer["X-Request-ID"] ?? "?"))
    }

    @Test func `an answer to HEAD has no body`() throws {
        let apus = try Apus(Self.configuration)
        let wire = try apus.connect()
        let answer = try wire.ask("HEAD /nowhere HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(answer.status == 404)
        #expect(try wire.ask(get("/robots.txt")).text == "User-agent: *\n")
    }

    @Test func `the first route that matches wins`() throws {
        let apus = try Apus(
            """
            routes:
              - { name: one, match: { path: /a/b }, respond: { status: 200, body: one } }
              - name: two
                match: { path: /a/*, headers: { X-V: "2" } }
                respond: { status: 200, body: two }
              - { name: three, match: { path: /a/* }, respond: { status: 200, body: three } }
              - { name: four, match: { host: "*.b.test" }, respond: { status: 200, body: four } }
            """)
        #expect(try apus.ask(get("/a/b")).text == "one")
        #expect(try apus.ask(get("/a/c", "X-V: 2\r\n")).text == "two")
        #expect(try apus.ask(get("/a/c", "X-V: 3\r\n")).text == "three")
        #expect(try apus.ask(get("/a")).text == "three")
        #expect(try apus.ask(get("/x", host: "q.a.b.test")).text == "four")
        #expect(try apus.ask(get("/x", host: "b.test")).status == 404)
        // As written it is no route's path, without its dots it is: nobody may choose.
        #expect(try apus.ask(get("/x/../a/b")).status == 400)
    }

    @Test func `an encoded path cannot slip round a route`() throws {
        let app = try Origin.saying("app")
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: secret, match: { path: /admin/* }, respond: { status: 403 } }
              - { name: app, match: { path: /* }, upstream: app }
            """)
        for target in [
            "/admin/x", "/%61dmin/x", "/x/../admin/x", "/x/%2e%2e/admin/x", "/./admin/x",
            "/admin%2fx",
            "/%2e/admin/x", "/admin/../admin/x",
        ] {
            let answer = try apus.ask(get(target))
            #expect([400, 403].contains(answer.status), "\(target): \(answer.status)")
        }
        #expect(app.requests.all.isEmpty)
        for target in ["/%zz", "/%", "/a%00b", "/../x", "/%2e%2e/x"] {
            #expect(try apus.ask(get(target)).status == 400, "\(target)")
        }
    }
}

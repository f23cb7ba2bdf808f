import Testing

@Suite(.staged) struct AdminTests {
    @Test func `the process says that it is alive`() throws {
        let apus = try Apus(to: Origin.saying())
        let answer = try apus.admin("/livez")
        #expect(answer.status == 200)
        #expect(answer["X-Content-Type-Options"] == "nosniff")
        #expect(try apus.admin("/livez", method: "HEAD").status == 200)
    }

    @Test func `what is not there is said so`() throws {
        let apus = try Apus(to: Origin.saying())
        #expect(try apus.admin("/nowhere").status == 404)
        let answer = try apus.admin("/metrics", method: "POST")
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "GET, HEAD")
        #expect(try Wire(to: .ip4(apus.adminPort)).ask("nonsense\r\n\r\n").status == 400)
    }

    @Test func `the public listener does not know the admin's pages`() throws {
        let apus = try Apus(
            "routes: [ { name: a, match: { path: /a }, respond: { status: 200 } } ]")
        for path in ["/metrics", "/livez"] { #expect(try apus.ask(get(path)).status == 404) }
    }

    @Test func `a metrics page is well-formed`() throws {
        let apus = try Apus(to: Origin.saying())
        for path in ["/", "/\"quote\"", "/%0a"] { _ = try apus.ask(get(path)) }
        _ = try apus.ask("GARBAGE\r\n\r\n")
        let answer = try apus.admin("/metrics")
        #expect(answer["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        let metrics = try Metrics(answer.text)
        #expect(metrics.faults.isEmpty)
        #expect(metrics.types["apus_http_requests_total"] == "counter")
        #expect(metrics.types["apus_http_request_duration_seconds"] == "histogram")
        #expect(metrics.types["apus_connections_active"] == "gauge")
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
            "process_max_fds", "process_start_time_seconds",
        ] {
            #expect((metrics[name] ?? 0) > 0, "\(name)")
        }
        #expect(metrics.sum("apus_build_info") == 1)
    }

    @Test func `counts equal what was sent`() throws {
        let app = try Origin.answering { ok("12345", "X-Asked: \($0.method)\r\n") }
        let apus = try Apus(
            """
            server: { workers: 2 }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: own, match: { path: /own }, respond: { status: 201, body: "123" } }
              - { name: app, match: { path: /app/* }, upstream: app }
            """, apps: [app])
        for _ in 1...5 {
            let wire = try apus.connect()
            for _ in 1...4 {
                _ = try wire.ask(get("/own"))
                _ = try wire.ask(get("/app/x"))
                _ = try wire.ask(post("/app/x", "12"))
                _ = try wire.ask(get("/nowhere"))
            }
            _ = try wire.ask("BREW /app/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        }
        func requests(_ route: String, _ method: String, _ status: Int) -> String {
            "apus_http_requests_total{route=\"\(route)\",method=\"\(method)\",status=\"\(status)\"}"
        }
        try apus.expect(requests("own", "GET", 201), is: 20)
        try apus.expect(requests("app", "GET", 200), is: 20)
        try apus.expect(requests("app", "POST", 200), is: 20)
        try apus.expect(requests("app", "OTHER", 200), is: 5)
        try apus.expect(requests("-", "GET", 404), is: 20)
        let metrics = try apus.metrics()
        #expect(metrics.sum("apus_http_requests_total") == 85)
        #expect(metrics.sum("apus_http_outcomes_total") == 85)
        #expect(metrics["apus_http_request_duration_seconds_count{route=\"app\"}"] == 45)
        #expect(
            metrics["apus_http_request_duration_seconds_bucket{route=\"app\",le=\"+Inf\"}"] == 45)
        #expect(metrics["apus_http_request_bytes_total{route=\"app\"}"] == 40)
        #expect(metrics["apus_http_response_bytes_total{route=\"app\"}"] == 225)
        #expect(metrics["apus_http_response_bytes_total{route=\"own\"}"] == 60)
        #expect(metrics["apus_connections_total{listener=\"public\"}"] == 5)
        #expect(metrics["apus_upstream_duration_seconds_count{upstream=\"app\"}"] == 45)
        // One line for each request, and nothing else counts as one.
        try eventually("85 lines") { try apus.lines("request").count == 85 }
        #expect(metrics["apus_log_lines_dropped_total"] == 0)
    }

    @Test func `an operator who is slow holds up nobody`() throws {
        let apus = try Apus(to: Origin.saying())
        let slow = try (0..<10).map { _ in try Wire(to: .ip4(apus.adminPort)) }
        for wire in slow { try wire.send("GET /met") }
        #expect(try apus.admin("/livez").status == 200)
        #expect(try apus.ask(get("/")).status == 200)
        for wire in slow {
            try wire.send("rics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.response().status == 200)
        }
    }

    @Test func `log lines are valid whatever the client sends`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        try wire.send(
            Array("GET /odd?token=abc&x=1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: \"q\\".utf8)
                + [0xFF, 0xC3, 0x28, 0x09] + Array("\r\nReferer: http://r/?a=b\r\n\r\n".utf8))
        #expect(try wire.response().status == 200)
        // Each line is decoded strictly as it is read.
        let line = try apus.accessLine(of: "/odd")
        #expect(line.userAgent?.hasPrefix("\"q\\") == true)
        #expect(line.query?.contains("abc") == false)
        #expect(line.query?.contains("x=1") == true)
        #expect(line.host == "a.test")
        #expect(line.clientIp == "127.0.0.1")
    }
}

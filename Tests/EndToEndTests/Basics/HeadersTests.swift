import Testing

@Suite(.staged) struct HeadersTests {
    @Test func `the gateway's headers stand once and win over the app's`() throws {
        let app = try Origin.answering { _ in
            ok(
                "x",
                "X-Frame-Options: ALLOWALL\r\nX-Content-Type-Options: off\r\n"
                    + "X-Powered-By: app/1\r\nServer: app\r\nX-Request-ID: of-the-app\r\nX-Custom: 1\r\nX-Custom: 2\r\n"
            )
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/"))
        #expect(answer.all("X-Frame-Options") == ["DENY"])
        #expect(answer.all("X-Content-Type-Options") == ["nosniff"])
        #expect(answer.all("Referrer-Policy") == ["strict-origin-when-cross-origin"])
        #expect(answer.all("X-Powered-By").isEmpty)
        #expect(answer.all("Server").isEmpty)
        #expect(answer.all("X-Custom") == ["1", "2"])
        #expect(answer.all("Date").count == 1)
        let id = try #require(answer["X-Request-ID"])
        #expect(id != "of-the-app")
        #expect(app.requests.all[0].all("X-Request-ID") == [id])
        #expect(try apus.accessLine(of: "/").requestId == id)
    }

    @Test func `the app's policies for content and caches stay`() throws {
        let app = try Origin.answering { _ in
            ok("x", "Content-Security-Policy: default-src https:\r\nCache-Control: max-age=60\r\n")
        }
        let apus = try Apus(to: app, with: "security_headers: api")
        let answer = try apus.ask(get("/"))
        #expect(answer.all("Content-Security-Policy") == ["default-src https:"])
        #expect(answer.all("Cache-Control") == ["max-age=60"])
    }

    @Test func `a stranger's claims about the client are replaced`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        _ = try apus.ask(
            get(
                "/",
                "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
                    + "X-Real-IP: 6.6.6.6\r\nX-Request-ID: mine\r\nForwarded: for=6.6.6.6\r\n"
                    + "X-Forwarded-Port: 1\r\nTrue-Client-IP: 6.6.6.6\r\n"
                    + "Apus-Webhook: provider=stripe\r\nX-Auth-Subject: admin\r\n"))
        let seen = app.requests.all[0]
        #expect(seen.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(seen.all("X-Forwarded-Proto") == ["http"])
        #expect(seen.all("X-Forwarded-Host") == ["app.test"])
        #expect(seen.all("X-Real-IP") == ["127.0.0.1"])
        #expect(seen.all("X-Request-ID").count == 1)
        #expect(seen["X-Request-ID"] != "mine")
        for name in [
            "Forwarded", "X-Forwarded-Port", "True-Client-IP", "Apus-Webhook", "X-Auth-Subject",
        ] {
            #expect(seen.all(name).isEmpty, "\(name)")
        }
    }

    @Test func `a trusted peer is believed`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "trusted_proxies: [127.0.0.0/8]")
        let answer = try apus.ask(
            get(
                "/t",
                "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
                    + "X-Request-ID: from-the-edge\r\nX-Auth-Subject: admin\r\n"))
        #expect(answer["X-Request-ID"] == "from-the-edge")
        #expect(answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains")
        let seen = app.requests.all[0]
        #expect(seen.all("X-Forwarded-For") == ["6.6.6.6, 203.0.113.9, 127.0.0.1"])
        #expect(seen.all("X-Forwarded-Proto") == ["https"])
        #expect(seen.all("X-Real-IP") == ["203.0.113.9"])
        #expect(seen.all("X-Request-ID") == ["from-the-edge"])
        #expect(seen.all("X-Auth-Subject").isEmpty)
        #expect(try apus.accessLine(of: "/t").clientIp == "203.0.113.9")
    }

    @Test(arguments: [
        "X_Forwarded_For: 6.6.6.6", "X_Real_IP: 6.6.6.6", "X_Request_ID: mine",
        "X_Forwarded_Host: evil",
        "Content_Length: 5", "Transfer_Encoding: chunked", "X_Auth_Subject: admin",
    ])
    func `names in disguise do not reach the app`(line: String) throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        _ = try apus.ask(get("/", "\(line)\r\nX-Plain: 1\r\n"))
        let name = line.prefix { $0 != ":" }
        #expect(app.requests.all[0].all(String(name)).isEmpty)
        #expect(app.requests.all[0]["X-Plain"] == "1")
    }

    @Test func `what concerns one connection stays on it`() throws {
        let app = try Origin.answering { _ in
            ok(
                "x",
                "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
                    + "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-End: 1\r\n")
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(
            get(
                "/",
                "Connection: X-Mine, X-Forwarded-For, Cookie\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
                    + "Cookie: a=b\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nX-End: 1\r\n"
                    + "Proxy-Authorization: Basic x\r\nUpgrade: websocket\r\n"))
        let seen = app.requests.all[0]
        for name in [
            "X-Mine", "Keep-Alive", "Proxy-Connection", "TE", "Proxy-Authorization", "Upgrade",
        ] {
            #expect(seen.all(name).isEmpty, "\(name)")
        }
        // What belongs to the whole way cannot be nominated away.
        #expect(seen.all("Cookie") == ["a=b"])
        #expect(seen.all("X-Forwarded-For") == ["127.0.0.1"])
        #expect(seen["X-End"] == "1")
        for name in ["X-Hop", "Keep-Alive", "Proxy-Authenticate", "Upgrade", "Connection"] {
            #expect(answer.all(name).isEmpty, "\(name)")
        }
        #expect(answer["X-End"] == "1")
    }

    @Test(arguments: [("client", "app.test"), ("server", "SERVER"), ("inner.test", "inner.test")])
    func `the app sees the host that the configuration says`(setting: String, host: String) throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"], host: \(setting) } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """)
        _ = try apus.ask(get("/"))
        let expected = host == "SERVER" ? app.address : host
        #expect(app.requests.all[0].all("Host") == [expected])
        #expect(app.requests.all[0].all("X-Forwarded-Host") == ["app.test"])
    }

    @Test func `an absolute target names the host, whatever Host says`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        _ = try apus.ask("GET http://real.test/p?q HTTP/1.1\r\nHost: other.test\r\n\r\n")
        let seen = app.requests.all[0]
        #expect(seen.startLine == "GET /p?q HTTP/1.1")
        #expect(seen.all("Host") == ["real.test"])
    }

    @Test func `header names and values arrive as they were written`() throws {
        let app = try Origin.answering { _ in ok("x", "x-oDD-Name:   spaced  value \t\r\nX-E: \r\n")
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/", "x-oDD-Name: v\u{e9}\r\nX-Empty:\r\n"))
        let seen = app.requests.all[0]
        #expect(seen.raw.contains("x-oDD-Name: v\u{c3}\u{a9}\r\n"))
        #expect(seen.all("X-Empty") == [""])
        #expect(answer.raw.contains("x-oDD-Name: spaced  value\r\n"))
        #expect(answer.all("X-E") == [""])
    }
}

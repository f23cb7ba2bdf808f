import Testing

/// Who a request comes from, and what is refused for it, on real sockets.
@Suite(.staged) struct IdentityTests {
    private static let proxied = """
        listeners: { public: { bind: "127.0.0.1:PORT", proxy_protocol: on } }
        trusted_proxies: [127.0.0.0/8]
        """

    @Test func `curl's PROXY header names the client, and a request without one is closed`() throws
    {
        let app = try Origin.saying("hello")
        let apus = try Apus(to: app, with: Self.proxied)
        let wire = try apus.connect()
        try wire.send("PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n")
        #expect(try wire.ask(get("/a", "X-Forwarded-For: 6.6.6.6\r\n")).status == 200)
        #expect(try apus.accessLine(of: "/a").clientIp == "2001:db8::7")
        #expect(app.requests.all.first?.all("X-Forwarded-For") == ["2001:db8::7"])
        let url = "http://127.0.0.1:\(apus.port)/b"
        #expect(try curl("--haproxy-protocol", url).output == "hello")
        #expect(try curl(url).code != 0)
        #expect(app.requests.all.count == 2)
    }

    @Test func `access lists, other sites and media types are refused with their problems`() throws
    {
        let app = try Origin.saying("hello")
        let apus = try Apus(
            """
            trusted_proxies: [127.0.0.1]
            forwarded: { read: forwarded, write: on }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: ops, match: { path: /ops }, access: { allow: [192.0.2.0/24] },
                  upstream: app }
              - { name: form, match: { path: /form }, fetch_metadata: enforce, upstream: app }
              - { name: api, match: { path: /v1/* }, content_types: [application/json],
                  strip_prefix: /v1, response_headers: { set: { X-Api: "1" } }, upstream: app }
            """, apps: [app])
        #expect(try apus.ask(get("/ops", "Forwarded: for=198.51.100.1\r\n")).status == 403)
        #expect(
            try apus.ask(get("/ops", "Forwarded: for=\"192.0.2.1:80\";proto=https\r\n")).status
                == 200)
        #expect(
            app.requests.all.first?["Forwarded"]
                == "for=192.0.2.1;host=\"app.test\";proto=https")
        #expect(try apus.ask(post("/form", "a", "Sec-Fetch-Site: cross-site\r\n")).status == 403)
        #expect(try apus.ask(post("/form", "a", "Sec-Fetch-Site: same-origin\r\n")).status == 200)
        #expect(try apus.ask(post("/v1/x", "a", "Content-Type: text/plain\r\n")).status == 415)
        let answer = try apus.ask(post("/v1/x", "{}", "Content-Type: application/json\r\n"))
        #expect(answer.status == 200)
        #expect(answer["X-Api"] == "1")
        #expect(app.requests.all.last?.target == "/x")
        try eventually("the event of the refused form") {
            try apus.lines("security").map(\.kind) == ["fetch_metadata"]
        }
    }
}

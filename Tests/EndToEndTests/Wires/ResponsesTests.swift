import Testing

@Suite(.staged) struct ResponsesTests {
    /// A server that says the same bytes to each first request of a connection, then waits for its
    /// end.
    static func blurting(_ bytes: String, closes: Bool = false) throws -> Origin {
        try Origin { wire, _ in
            guard try wire.request() != nil else { return }
            try wire.send(bytes)
            if !closes { try wire.readToEnd(within: 30) }
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "\r\n\r\n", "\0\0\0\0", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func `a malformed response is answered for with 502`(bytes: String) throws {
        let app = try Self.blurting(bytes)
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let answer = try wire.ask(get("/m"))
        #expect(answer.status == 502)
        #expect(try answer.problem().code == "upstream_invalid")
        let line = try apus.accessLine(of: "/m")
        #expect(line.outcome == "upstream_invalid")
        #expect(line.status == 502)
        try apus.expect("apus_upstream_errors_total{upstream=\"app\",reason=\"invalid\"}", is: 1)
        // The client's connection goes on, the server's does not.
        #expect(try wire.ask(get("/again")).status == 502)
        #expect(app.connections.value == 2)
    }

    @Test func `a head that never ends is refused`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.1 200 OK\r\n")
            while true { try wire.send("X-Filler: \(String(repeating: "x", count: 500))\r\n") }
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/"))
        #expect(answer.status == 502)
        #expect(try answer.problem().code == "upstream_invalid")
    }

    @Test func `bytes beyond a response spoil its connection, not the next answer`() throws {
        let app = try Origin { wire, number in
            while try wire.request() != nil { try wire.send(ok("\(number)") + ok("smuggled")) }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for number in 0..<5 { #expect(try wire.ask(get("/")).text == "\(number)") }
        #expect(app.connections.value == 5)
    }

    @Test func `bytes that a server sends while idle spoil its connection`() throws {
        let spoilt = Door()
        let app = try Origin { wire, number in
            while try wire.request() != nil {
                try wire.send(ok("\(number)"))
                if number == 0 {
                    _ = wire.isReady(1, within: 0.1)
                    try wire.send(ok("smuggled"))
                    spoilt.open()
                    return
                }
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        #expect(try wire.ask(get("/")).text == "0")
        try spoilt.pass()
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 0)
        #expect(try wire.ask(get("/")).text == "1")
    }

    @Test func `a body to HEAD or of a 304 spoils the connection`() throws {
        let app = try Origin { wire, number in
            while try wire.request() != nil {
                try wire.send("HTTP/1.1 304 Not Modified\r\nX-Number: \(number)\r\n\r\nbody")
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for number in 0..<3 { #expect(try wire.ask(get("/"))["X-Number"] == "\(number)") }
        #expect(app.connections.value == 3)
    }

    @Test func `a response cut short does not look whole`() throws {
        let app = try Self.blurting(
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", closes: true)
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/cut"))
        let head = try #require(try wire.head())
        #expect(head["Content-Length"] == "100")
        #expect(latin(try wire.readToEnd()).count < 100)
        let line = try apus.accessLine(of: "/cut")
        #expect(line.outcome == "upstream_closed_early")
        #expect(line.status == 200)
        try apus.expect(
            "apus_upstream_errors_total{upstream=\"app\",reason=\"closed_early\"}", is: 1)
    }

    @Test(arguments: [
        "5\r\nhello\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\nx\r\n", "zz\r\n",
    ])
    func `chunks cut short or broken do not look whole`(chunks: String) throws {
        let app = try Self.blurting(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)", closes: true)
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/cut"))
        let all = latin(try wire.readToEnd())
        #expect(!all.hasSuffix("0\r\n\r\n"))
        if !all.isEmpty { #expect(wire.wasReset) }
        #expect(try apus.accessLine(of: "/cut").outcome == "upstream_closed_early")
    }

    @Test func `an app that says nothing and closes is answered for`() throws {
        let apus = try Apus(to: Self.blurting("", closes: true))
        let answer = try apus.ask(get("/none"))
        #expect(answer.status == 502)
        #expect(try answer.problem().code == "upstream_unreachable")
        let line = try apus.accessLine(of: "/none")
        #expect(line.outcome == "upstream_closed_early")
        try apus.expect(
            "apus_upstream_errors_total{upstream=\"app\",reason=\"closed_early\"}", is: 1)
    }

    @Test func `an app that closes amid its head is answered for`() throws {
        let apus = try Apus(to: Self.blurting("HTTP/1.1 200 OK\r\nX-Half: ", closes: true))
        let answer = try apus.ask(get("/none"))
        #expect(answer.status == 502)
    }

    @Test func `interim responses are passed on, the final one is the answer`() throws {
        let app = try Origin { wire, _ in
            while try wire.request() != nil {
                try wire.send("HTTP/1.1 102 Processing\r\n\r\n")
                try wire.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
                try wire.send(ok("final"))
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...2 {
            try wire.send(get("/i"))
            #expect(try wire.response().status == 102)
            let hints = try wire.response()
            #expect(hints.status == 103)
            #expect(hints["Link"] == "</style.css>; rel=preload")
            #expect(try wire.response().text == "final")
        }
        #expect(try apus.accessLine(of: "/i").status == 200)
    }

    @Test(arguments: ["", "Fine", "Not\u{e9}"]) func `any reason phrase will do`(reason: String)
        throws
    {
        let app = try Origin.answering { _ in "HTTP/1.1 299 \(reason)\r\nContent-Length: 1\r\n\r\nx"
        }
        let answer = try Apus(to: app).ask(get("/"))
        #expect(answer.status == 299)
        #expect(answer.text == "x")
    }

    @Test func `the app's own errors are passed as they are`() throws {
        let app = try Origin.answering { _ in
            "HTTP/1.1 503 Mine\r\nRetry-After: 9\r\nContent-Length: 4\r\n\r\nmine"
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/503"))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "9")
        #expect(answer.text == "mine")
        let line = try apus.accessLine(of: "/503")
        #expect(line.outcome == "proxied")
        #expect(line.upstreamStatus == 503)
    }
}

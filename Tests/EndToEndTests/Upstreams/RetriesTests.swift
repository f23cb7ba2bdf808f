import Testing

@Suite(.staged) struct RetriesTests {
    /// An app each of whose connections carries one request, and dies in secret when asked for a
    /// second: to the gateway the kept connection looks alive until it is used.
    static func dyingWhenReused(requests: Notes<Message>) throws -> Origin {
        try Origin(requests: requests) { wire, _ in
            guard let first = try wire.request(within: 60) else { return }
            requests.add(first)
            try wire.send(ok("answered"))
            guard let second = try wire.head(within: 60) else { return }
            requests.add(second)
            wire.socket.closeByReset()
        }
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"])
    func `an idempotent request on a connection that died is sent once more`(method: String) throws
    {
        let requests = Notes<Message>()
        let app = try Self.dyingWhenReused(requests: requests)
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        #expect(try wire.ask(get("/first")).text == "answered")
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 1)
        let answer = try wire.ask("\(method) /again HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(answer.status == 200)
        #expect(requests.all.filter { $0.target == "/again" }.count == 2)
        #expect(app.connections.value == 2)
        try apus.expect("apus_upstream_retries_total{upstream=\"app\"}", is: 1)
        #expect(try apus.accessLine(of: "/again").outcome == "proxied")
    }

    @Test(arguments: [
        "POST /once HTTP/1.1\r\nHost: a.test\r\n\r\n", post("/once", "body"),
        "PATCH /once HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "PUT /once HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbody",
    ])
    func `what may not or cannot be sent twice is not`(request: String) throws {
        let requests = Notes<Message>()
        let app = try Self.dyingWhenReused(requests: requests)
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        #expect(try wire.ask(get("/first")).text == "answered")
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 1)
        let answer = try wire.ask(request)
        #expect(answer.status == 502)
        #expect(requests.all.filter { $0.target == "/once" }.count == 1)
        #expect(app.connections.value == 1)
        try apus.expect("apus_upstream_retries_total{upstream=\"app\"}", is: 0)
    }

    @Test func `a retry is not retried`() throws {
        let app = try Origin { wire, number in
            if number == 0 {
                _ = try wire.request()
                try wire.send(ok())
            }
            _ = try wire.head(within: 60)
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        #expect(try wire.ask(get("/")).status == 200)
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 1)
        #expect(try wire.ask(get("/")).status == 502)
        #expect(app.connections.value == 2)
    }

    @Test func `a fresh connection that dies is not tried again`() throws {
        let app = try Origin { wire, _ in _ = try wire.head() }
        let apus = try Apus(to: app)
        #expect(try apus.ask(get("/")).status == 502)
        #expect(app.connections.value == 1)
    }

    @Test func `a connection that spoke before it died is not tried again`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send(ok())
            _ = try wire.request(within: 60)
            try wire.send("HTTP/1.1 200 O")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        #expect(try wire.ask(get("/")).status == 200)
        #expect(try wire.ask(get("/")).status == 502)
        #expect(app.connections.value == 1)
    }

    @Test func `connections that the app closed while idle are noticed, not used`() throws {
        let app = try Origin { wire, number in
            _ = try wire.request()
            try wire.send(ok("\(number)"))
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for number in 0..<5 {
            #expect(try wire.ask(post("/", "x")).text == "\(number)")
            try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 0)
        }
    }
}

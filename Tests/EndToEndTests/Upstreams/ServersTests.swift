import Testing

@Suite(.staged) struct ServersTests {
    static func routes(_ servers: [String], _ more: String = "") -> String {
        let list = servers.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            upstreams: { app: { servers: [\(list)] } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            \(more)
            """
    }

    static func reason(_ reason: String) -> String {
        "apus_upstream_errors_total{upstream=\"app\",reason=\"\(reason)\"}"
    }

    @Test(arguments: ["GET", "POST"])
    func `a server that refuses is passed over, and nobody notices`(method: String) throws {
        let app = try Origin.answering { ok($0.text) }
        let apus = try Apus(Self.routes([try refusingAddress(), app.address]), apps: [app])
        let body = method == "POST" ? "body" : ""
        for _ in 1...6 {
            let answer = try apus.ask(
                "\(method) / HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body)
            #expect(answer.text == body)
        }
        // Set aside after the first time, for a second or so each.
        let refusals = try apus.metrics()[Self.reason("refused")] ?? 0
        #expect((1...3).contains(refusals))
        try eventually("it is logged") {
            try apus.lines("upstream").contains { $0.reason == "refused" && $0.level == "warn" }
        }
    }

    @Test func `a server that times out is passed over`() throws {
        let deaf = try Descriptor.listening(on: .ip4(0), backlog: 0)
        let fillers = try (0..<4).map { _ in try Descriptor.begun(to: .ip4(deaf.port)) }
        let app = try Origin.saying()
        let apus = try Apus(
            Self.routes(["127.0.0.1:\(deaf.port)", app.address], "timeouts: { connect: 300ms }"),
            apps: [app])
        for _ in 1...4 { #expect(try apus.ask(get("/")).text == "hello") }
        let timeouts = try apus.metrics()[Self.reason("connect_timeout")] ?? 0
        #expect((1...2).contains(timeouts))
        #expect(fillers.count == 4)
    }

    @Test func `a server that was set aside comes back`() throws {
        let port = try Ports.free()
        let steady = try Origin.saying("steady")
        let apus = try Apus(Self.routes(["127.0.0.1:\(port)", steady.address]), apps: [steady])
        for _ in 1...4 { #expect(try apus.ask(get("/")).text == "steady") }
        let back = try Origin.saying("back", on: .ip4(port))
        try eventually("the server is asked again") { try apus.ask(get("/")).text == "back" }
        #expect(back.connections.value > 0)
        try eventually("its return is logged") {
            try apus.lines("upstream").contains { $0.message.contains("again") }
        }
    }

    @Test func `without a living server the answer is 502, and the reason is counted once each`()
        throws
    {
        let apus = try Apus(Self.routes([try refusingAddress()]))
        let wire = try apus.connect()
        for number in 1...3 {
            let answer = try wire.ask(get("/r"))
            #expect(answer.status == 502)
            #expect(try answer.problem().code == "upstream_unreachable")
            // With all of them set aside, all are tried.
            try apus.expect(Self.reason("refused"), is: Double(number))
        }
        let line = try apus.accessLine(of: "/r")
        #expect(line.outcome == "upstream_unreachable")
        #expect(line.upstreamStatus == nil)
    }

    @Test func `every server is tried once before the answer is 502`() throws {
        let servers = [try refusingAddress(), try refusingAddress(), try refusingAddress()]
        let apus = try Apus(Self.routes(servers))
        #expect(try apus.ask(get("/")).status == 502)
        try apus.expect(Self.reason("refused"), is: 3)
    }

    @Test func `a name without address is told as such`() throws {
        let apus = try Apus(Self.routes(["no-such-name.invalid:80"]))
        let answer = try apus.ask(get("/"))
        #expect(answer.status == 502)
        #expect(try answer.problem().code == "upstream_unreachable")
        try apus.expect(Self.reason("resolve"), is: 1)
    }

    @Test func `a missing socket file is told as such`() throws {
        let apus = try Apus(Self.routes(["unix:/nonexistent/app.sock"]))
        #expect(try apus.ask(get("/")).status == 502)
        try apus.expect(Self.reason("unreachable"), is: 1)
    }

    @Test func `a reset amid the answer's wait has its reason`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            wire.socket.closeByReset()
        }
        let apus = try Apus(to: app)
        #expect(try apus.ask(get("/")).status == 502)
        try apus.expect(Self.reason("reset"), is: 1)
    }

    // MARK: Idle connections

    @Test func `no more idle connections are kept than asked for`() throws {
        let gate = Door()
        let app = try Origin { wire, _ in
            while try wire.request(within: 60) != nil {
                try gate.pass()
                try wire.send(ok())
            }
        }
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"], keepalive: { max: 2 } } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [app])
        let wires = try (0..<6).map { _ in try apus.connect() }
        for wire in wires { try wire.send(get("/")) }
        try eventually("six connections") { app.connections.value == 6 }
        gate.open()
        for wire in wires { #expect(try wire.response().status == 200) }
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 2)
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"active\"}", is: 0)
    }

    @Test func `without keep-alive each request has its own connection`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"], keepalive: { max: 0 } } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [app])
        let wire = try apus.connect()
        for _ in 1...3 { #expect(try wire.ask(get("/")).status == 200) }
        #expect(app.connections.value == 3)
    }

    @Test func `idle connections are closed in time`() throws {
        let ended = Counter()
        let app = try Origin { wire, _ in
            while try wire.request(within: 60) != nil { try wire.send(ok()) }
            ended.increment()
        }
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"], keepalive: { idle: 300ms } } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [app])
        #expect(try apus.ask(get("/")).status == 200)
        try eventually("it is closed") { ended.value == 1 }
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 0)
    }

    @Test(arguments: ["Connection: close\r\n", "Connection: Close, x\r\n"])
    func `an app that asks to close is not asked again on that connection`(field: String) throws {
        let app = try Origin.answering { _ in ok("x", field) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...3 { #expect(try wire.ask(get("/")).text == "x") }
        #expect(app.connections.value == 3)
    }
}

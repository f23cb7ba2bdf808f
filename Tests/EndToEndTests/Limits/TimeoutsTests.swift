import Glibc
import Testing

@Suite(.staged) struct TimeoutsTests {
    /// An app that reads a request, says `bytes`, and then nothing more.
    static func stalling(after bytes: String = "") throws -> Origin {
        try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(bytes)
            try wire.readToEnd(within: 60)
        }
    }

    @Test func `a head must be there in time`() throws {
        let apus = try Apus(to: Origin.saying(), with: "timeouts: { header: 400ms }")
        let wire = try apus.connect()
        try wire.send("GET / HTTP/1.1\r\n")
        let began = uptime()
        try LimitsTests.expect(
            LimitsTests.Refusal(
                status: 408, code: "request_timeout", route: "-", method: LimitsTests.unreadHead),
            in: wire.response(), of: apus)
        #expect(uptime() - began < 10)
        wire.endWrites()
        #expect(try wire.readToEnd().isEmpty)
    }

    @Test func `dripping does not gain a head more time`() throws {
        let apus = try Apus(to: Origin.saying(), with: "timeouts: { header: 600ms }")
        let wire = try apus.connect()
        try wire.send("GET / HTTP/1.1\r\nX-Drip: ")
        let began = uptime()
        while !wire.isReady(Int16(POLLIN), within: 0.1), uptime() - began < 15 {
            try wire.send("x")
        }
        #expect(uptime() - began < 10)
        #expect(try wire.response().status == 408)
    }

    @Test func `the time for a head begins with its first byte`() throws {
        let apus = try Apus(to: Origin.saying(), with: "timeouts: { header: 300ms, idle: 60s }")
        let wire = try apus.connect()
        #expect(try wire.isSilent(for: 0.7))
        #expect(try wire.ask(get("/")).status == 200)
        #expect(try wire.isSilent(for: 0.7))
        #expect(try wire.ask(get("/")).status == 200)
    }

    @Test func `a connection without requests is closed without a word`() throws {
        let apus = try Apus(to: Origin.saying(), with: "timeouts: { idle: 300ms }")
        let fresh = try apus.connect()
        #expect(try fresh.readToEnd().isEmpty)
        let used = try apus.connect()
        #expect(try used.ask(get("/")).status == 200)
        #expect(try used.readToEnd().isEmpty)
        #expect(!used.wasReset)
        #expect(try apus.accessLines(of: "/").count == 1)
        #expect(try apus.lines("request").count == 1)
    }

    @Test func `a body must come at the least rate after its first ten seconds`() throws {
        let apus = try Apus(
            to: Self.stalling(), with: "timeouts: { body_min_rate: 100KiB, response: 60s }")
        let wire = try apus.connect()
        try wire.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n")
        let began = uptime()
        while !wire.isReady(Int16(POLLIN), within: 0.2), uptime() - began < 40 {
            try wire.send(String(repeating: "x", count: 100))
        }
        #expect(uptime() - began > 9)
        #expect(uptime() - began < 25)
        try LimitsTests.expect(
            LimitsTests.Refusal(
                status: 408, code: "request_timeout", route: "app", method: "POST"),
            in: wire.response(), of: apus)
    }

    @Test func `a body that comes slowly but at the least rate is waited for`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "timeouts: { body_min_rate: 20B }")
        let wire = try apus.connect()
        let began = uptime()
        try wire.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 12000\r\n\r\n")
        for _ in 1...60 {
            try wire.send(String(repeating: "x", count: 200))
            #expect(try wire.isSilent(for: 0.2) || !wire.pending.isEmpty)
        }
        #expect(try wire.response().status == 200)
        #expect(uptime() - began > 11)
    }

    @Test func `an upload that stops is not waited for`() throws {
        let apus = try Apus(to: Self.stalling(), with: "timeouts: { stream: 400ms }")
        let wire = try apus.connect()
        try wire.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nsome")
        try LimitsTests.expect(
            LimitsTests.Refusal(
                status: 408, code: "request_timeout", route: "app", method: "POST"),
            in: wire.response(), of: apus)
    }

    @Test func `a client that takes nothing is let go`() throws {
        let ended = Door()
        let app = try Origin { wire, _ in
            _ = try wire.request()
            defer { ended.open() }
            try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
            while true { try wire.send(pattern(1 << 16)) }
        }
        let apus = try Apus(to: app, with: "timeouts: { send: 500ms }")
        let wire = Wire(try Descriptor.connected(to: .ip4(apus.port), receiveBytes: 4096))
        try wire.send(get("/flood"))
        #expect(try apus.accessLine(of: "/flood").outcome == "send_timeout")
        try ended.pass()
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
        try apus.expect("apus_http_outcomes_total{outcome=\"send_timeout\"}", is: 1)
    }

    @Test func `a client that takes a little now and then is not let go`() throws {
        let size = 3_000_000
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            try wire.send(pattern(size), within: 60)
        }
        let apus = try Apus(to: app, with: "timeouts: { send: 1s }")
        let wire = Wire(try Descriptor.connected(to: .ip4(apus.port), receiveBytes: 65_536))
        try wire.send(get("/slowly"))
        _ = try wire.head()
        var body: [UInt8] = []
        let began = uptime()
        while body.count < size {
            if uptime() - began < 4 { _ = wire.isReady(Int16(POLLERR), within: 0.3) }
            body += try wire.read(count: min(40_000, size - body.count))
        }
        let isSame = body == pattern(size)
        #expect(isSame)
        #expect(try apus.accessLine(of: "/slowly").outcome == "proxied")
    }

    @Test func `an app that does not accept is answered for with 504`() throws {
        // Connections beyond the backlog are not answered by the kernel at all.
        let app = try Descriptor.listening(on: .ip4(0), backlog: 0)
        let fillers = try (0..<4).map { _ in try Descriptor.begun(to: .ip4(app.port)) }
        let apus = try Apus(
            ForwardingTests.route(to: "127.0.0.1:\(app.port)") + "\ntimeouts: { connect: 400ms }")
        let answer = try apus.ask(get("/"))
        try LimitsTests.expect(
            LimitsTests.Refusal(
                status: 504, code: "upstream_timeout", route: "app", method: "GET"),
            in: answer, of: apus)
        try apus.expect(
            "apus_upstream_errors_total{upstream=\"app\",reason=\"connect_timeout\"}", is: 1)
        #expect(fillers.count == 4)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nX-Half: "])
    func `an app that does not answer is answered for with 504`(bytes: String) throws {
        let apus = try Apus(to: Self.stalling(after: bytes), with: "timeouts: { response: 400ms }")
        let answer = try apus.ask(get("/"))
        try LimitsTests.expect(
            LimitsTests.Refusal(
                status: 504, code: "upstream_timeout", route: "app", method: "GET"),
            in: answer, of: apus)
        try apus.expect("apus_upstream_errors_total{upstream=\"app\",reason=\"timeout\"}", is: 1)
    }

    @Test func `an interim response does not stand for the answer`() throws {
        let apus = try Apus(
            to: Self.stalling(after: "HTTP/1.1 103 Early Hints\r\n\r\n"),
            with: "timeouts: { response: 500ms }")
        let wire = try apus.connect()
        try wire.send(get("/"))
        #expect(try wire.response().status == 103)
        #expect(try wire.response().status == 504)
    }

    @Test func `a response that stalls is cut`() throws {
        let apus = try Apus(
            to: Self.stalling(after: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
            with: "timeouts: { stream: 400ms }")
        let wire = try apus.connect()
        try wire.send(get("/stall"))
        #expect(try wire.head()?.status == 200)
        #expect(latin(try wire.readToEnd()).count < 10)
        let line = try apus.accessLine(of: "/stall")
        #expect(line.outcome == "upstream_timeout")
        try apus.expect("apus_upstream_errors_total{upstream=\"app\",reason=\"timeout\"}", is: 1)
        try apus.expect("apus_http_outcomes_total{outcome=\"upstream_timeout\"}", is: 1)
    }

    @Test func `a route may have timeouts of its own`() throws {
        let app = try Self.stalling()
        let apus = try Apus(
            """
            timeouts: { response: 60s }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: app, match: { path: /* }, upstream: app, timeouts: { response: 300ms } }
            """, apps: [app])
        #expect(try apus.ask(get("/")).status == 504)
    }
}

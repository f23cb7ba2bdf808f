import Glibc
import Testing

@Suite(.staged) struct PersistenceTests {
    @Test func `a connection carries one request after another, on both sides`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for number in 0..<50 {
            let answer = try wire.ask(get("/\(number)"))
            #expect(answer.text == "hello")
            #expect(answer["Connection"] == nil)
        }
        #expect(app.connections.value == 1)
        try apus.expect("apus_connections_total{listener=\"public\"}", is: 1)
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 1)
    }

    @Test func `pipelined requests are answered in their order, one at a time upstream`() throws {
        let app = try Origin.answering { ok($0.target) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let count = 200
        try wire.send((0..<count).map { get("/\($0)") }.joined())
        for number in 0..<count { #expect(try wire.response().text == "/\(number)") }
        #expect(app.connections.value == 1)
    }

    @Test func `pipelined requests with bodies and answers of the gateway's own keep their order`()
        throws
    {
        let app = try Origin.answering { ok("\($0.target) \($0.text)") }
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: own, match: { path: /own }, respond: { status: 200, body: own } }
              - { name: app, match: { path: /app/* }, upstream: app }
            """, apps: [app])
        let wire = try apus.connect()
        let chunked =
            "POST /app/c HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
        let round = post("/app/1", "one") + get("/own") + chunked + get("/nowhere") + get("/app/2")
        for _ in 1...10 { try wire.send(round) }
        for _ in 1...10 {
            #expect(try wire.response().text == "/app/1 one")
            #expect(try wire.response().text == "own")
            #expect(try wire.response().text == "/app/c abcde")
            #expect(try wire.response().status == 404)
            #expect(try wire.response().text == "/app/2 ")
        }
    }

    @Test func `a request that comes byte by byte is one request`() throws {
        let app = try Origin.answering { ok($0.text) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        wire.socket.sendAtOnce()
        for byte in post("/slow", "bytes", "X-Y: z\r\n").utf8 { try wire.send([byte]) }
        #expect(try wire.response().text == "bytes")
        #expect(app.requests.all.count == 1)
    }

    @Test func `a client that asks to close is closed after its answer`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        let answer = try wire.ask(get("/", "Connection: close\r\n"))
        #expect(answer.text == "hello")
        #expect(answer["Connection"] == "close")
        #expect(try wire.readToEnd().isEmpty)
        #expect(!wire.wasReset)
    }

    @Test func `a client that sends on after asking to close still gets its answer`() throws {
        let apus = try Apus(to: Origin.saying())
        for _ in 0..<20 {
            let wire = try apus.connect()
            // More than one read takes, so that the close finds bytes that nobody read.
            try wire.send(
                get("/", "Connection: close\r\n") + String(repeating: "x", count: 90_000))
            #expect(try wire.response().text == "hello")
        }
    }

    @Test func `a client of HTTP 1-0 is closed unless it asks for more`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        let kept = try wire.ask("GET /a HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.text == "hello")
        #expect(kept["Connection"] == "keep-alive")
        let last = try wire.ask("GET /b HTTP/1.0\r\nHost: a.test\r\n\r\n")
        #expect(last.text == "hello")
        #expect(try wire.readToEnd().isEmpty)
        #expect(try apus.accessLine(of: "/a").protocol == "HTTP/1.0")
    }

    @Test func `a client of HTTP 1-0 gets no chunks and no interim response`() throws {
        let app = try Origin { wire, _ in
            while try wire.request() != nil {
                try wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                try wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                try wire.send("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n")
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let answer = try wire.ask(
            "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n")
        #expect(answer.status == 200)
        #expect(answer["Transfer-Encoding"] == nil)
        #expect(answer["Content-Length"] == nil)
        #expect(answer["Connection"] == "close")
        #expect(answer.text == "abcdef")
    }

    @Test func `a client that has ended its side still gets its answer`() throws {
        let gate = Door()
        let app = try Origin { wire, _ in
            while try wire.request() != nil {
                try gate.pass()
                try wire.send(ok("late"))
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(post("/half", "whole body"))
        wire.endWrites()
        #expect(try wire.isSilent(for: 0.3))
        gate.open()
        let answer = try wire.response()
        #expect(answer.text == "late")
        #expect(try wire.readToEnd().isEmpty)
        #expect(try apus.accessLine(of: "/half").outcome == "proxied")
    }

    @Test func `pipelined requests before a half-close are all answered`() throws {
        let app = try Origin.answering { ok($0.target) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/1") + get("/2") + get("/3"))
        wire.endWrites()
        for number in 1...3 { #expect(try wire.response().text == "/\(number)") }
        #expect(try wire.readToEnd().isEmpty)
    }

    @Test(arguments: [true, false])
    func `a client that goes away cancels its request at the app`(isReset: Bool) throws {
        let asked = Door()
        let cancelled = Door()
        let app = try Origin { wire, _ in
            _ = try wire.request()
            asked.open()
            try wire.readToEnd()
            cancelled.open()
        }
        let apus = try Apus(to: app)
        do {
            let wire = try apus.connect()
            try wire.send(get("/gone"))
            try asked.pass()
            // An end within the first moment would be a half-close.
            #expect(try wire.isSilent(for: 0.3))
            if isReset { wire.socket.closeByReset() }
        }
        try cancelled.pass()
        let line = try apus.accessLine(of: "/gone")
        #expect(line.outcome == "client_closed")
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
        try apus.expect("apus_upstream_connections{upstream=\"app\",state=\"active\"}", is: 0)
    }

    @Test func `a client that goes away amid its upload ends the request at the app`() throws {
        let cancelled = Door()
        let app = try Origin { wire, _ in
            try wire.readToEnd()
            cancelled.open()
        }
        let apus = try Apus(to: app)
        do {
            let wire = try apus.connect()
            try wire.send(
                "POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\nsome of it")
            #expect(try wire.isSilent(for: 0.2))
        }
        try cancelled.pass()
        #expect(try apus.accessLine(of: "/up").outcome == "client_closed")
    }

    @Test func `a client that connects and says nothing leaves no line`() throws {
        let apus = try Apus(to: Origin.saying())
        do { _ = try apus.connect() }
        try apus.expect("apus_connections_total{listener=\"public\"}", is: 1)
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
        #expect(try apus.lines("request").isEmpty)
    }

    @Test func `an empty line before a request is forgiven`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        try wire.send("\r\n" + get("/1"))
        #expect(try wire.response().text == "hello")
        try wire.send("\r\n" + get("/2"))
        #expect(try wire.response().text == "hello")
    }
}

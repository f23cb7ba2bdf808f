import Glibc
import Testing

@Suite(.staged) struct DrainingTests {
    /// An app that answers `/slow` only when the door opens, everything else at once.
    static func app(behind door: Door, asked: Door) throws -> Origin {
        try Origin { wire, _ in
            while let request = try wire.request(within: 60) {
                if request.target == "/slow" {
                    asked.open()
                    try door.pass()
                }
                try wire.send(ok(request.target))
            }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a request in flight is finished, an idle connection closed`(signal: Int32) throws {
        let door = Door()
        let asked = Door()
        let apus = try Apus(to: Self.app(behind: door, asked: asked))
        let idle = try apus.connect()
        #expect(try idle.ask(get("/")).status == 200)
        let untouched = try apus.connect()
        let busy = try apus.connect()
        try busy.send(get("/slow"))
        try asked.pass()
        apus.signal(signal)
        #expect(try idle.readToEnd().isEmpty)
        #expect(!idle.wasReset)
        #expect(try untouched.readToEnd().isEmpty)
        #expect(throws: Unmet.self) { try apus.connect() }
        #expect(apus.process.exitCode == nil)
        door.open()
        let answer = try busy.response()
        #expect(answer.text == "/slow")
        #expect(answer["Connection"] == "close")
        #expect(try busy.readToEnd().isEmpty)
        #expect(try apus.process.waitForEnd() == 0)
        #expect(try apus.lines("request").count == 2)
        #expect(try apus.lines("shutdown").map(\.message) == ["draining", "ended"])
    }

    @Test func `a head that had begun is read to its end and answered`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        try wire.send("GET /begun HTTP/1.1\r\nHost: a.t")
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 1)
        #expect(try wire.isSilent(for: 0.3))
        apus.signal(SIGTERM)
        try eventually("it drains") { try !apus.lines("shutdown").isEmpty }
        #expect(try wire.isSilent(for: 0.3))
        try wire.send("est\r\n\r\n")
        let answer = try wire.response()
        #expect(answer.status == 200)
        #expect(answer["Connection"] == "close")
        #expect(try apus.process.waitForEnd() == 0)
    }

    @Test func `an upload and a download in flight are finished`() throws {
        let door = Door()
        let app = try Origin { wire, _ in
            guard let head = try wire.head(within: 60) else { return }
            if head.method == "POST" {
                let body = try wire.read(count: 200_000)
                return try wire.send(ok("\(body.count)"))
            }
            try wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            try door.pass()
            try wire.send("5\r\nworld\r\n0\r\n\r\n")
        }
        let apus = try Apus(to: app)
        let up = try apus.connect()
        try up.send("POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\n\r\n")
        try up.send([UInt8](repeating: 1, count: 100_000))
        let down = try apus.connect()
        try down.send(get("/down"))
        let head = try #require(try down.head())
        #expect(head.status == 200)
        apus.signal(SIGTERM)
        try eventually("it drains") { try !apus.lines("shutdown").isEmpty }
        try up.send([UInt8](repeating: 1, count: 100_000))
        let answer = try up.response()
        #expect(answer.text == "200000")
        #expect(answer["Connection"] == "close")
        door.open()
        #expect(latin(try down.chunks().0) == "helloworld")
        #expect(try apus.process.waitForEnd() == 0)
    }

    @Test func `what is not done in time is cut off`() throws {
        let asked = Door()
        let apus = try Apus(
            to: Self.app(behind: Door(), asked: asked),
            with: "server: { workers: 1, drain_timeout: 500ms }")
        let wire = try apus.connect()
        try wire.send(get("/slow"))
        try asked.pass()
        #expect(try apus.terminate() == 0)
        try wire.readToEnd()
        #expect(try apus.accessLine(of: "/slow").outcome == "drain_cut")
    }

    @Test func `a tunnel lasts until the drain's end`() throws {
        let apus = try Apus(
            to: UpgradeTests.echoing(), with: "server: { workers: 1, drain_timeout: 2s }")
        let wire = try apus.connect()
        try wire.send(UpgradeTests.ask)
        #expect(try wire.head()?.status == 101)
        apus.signal(SIGTERM)
        try eventually("it drains") { try !apus.lines("shutdown").isEmpty }
        try wire.send("still")
        #expect(latin(try wire.read(count: 5)) == "still")
        try wire.readToEnd()
        #expect(try apus.process.waitForEnd() == 0)
        #expect(try apus.accessLine(of: "/ws").outcome == "tunneled")
    }

    @Test func `a second signal ends at once`() throws {
        let asked = Door()
        let apus = try Apus(
            to: Self.app(behind: Door(), asked: asked),
            with: "server: { workers: 1, drain_timeout: 10min }")
        let wire = try apus.connect()
        try wire.send(get("/slow"))
        try asked.pass()
        apus.signal(SIGTERM)
        try eventually("it drains") { try !apus.lines("shutdown").isEmpty }
        #expect(apus.process.exitCode == nil)
        apus.signal(SIGTERM)
        #expect(try apus.process.waitForEnd(within: 10) == 0)
        #expect(try apus.lines("shutdown").map(\.message) == ["draining", "ended at once"])
    }

    @Test func `nothing to do is done at once`() throws {
        let apus = try Apus(
            to: Origin.saying(), with: "server: { workers: 4, drain_timeout: 10min }")
        #expect(try apus.terminate(within: 10) == 0)
    }
}

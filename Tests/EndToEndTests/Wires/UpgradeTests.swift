import Glibc
import Testing

@Suite(.staged) struct UpgradeTests {
    static let ask =
        "GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    static let agree =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    /// A tunnel whose far end says everything back, until it is ended.
    static func echoing() throws -> Origin {
        try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(agree)
            while !wire.isEnded {
                try wire.receive(within: 30)
                try wire.send(wire.take(.max))
            }
        }
    }

    @Test func `a WebSocket talks to an app in Python`() throws {
        let app = try PythonApp("websocket")
        let apus = try Apus(ForwardingTests.route(to: app.address))
        let wire = try apus.connect()
        try wire.send(Self.ask)
        let head = try #require(try wire.head())
        #expect(head.status == 101)
        #expect(head["Upgrade"]?.lowercased() == "websocket")
        #expect(head["Connection"]?.lowercased() == "upgrade")
        // The example of RFC 6455 §1.3.
        #expect(head["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(head["X-Frame-Options"] == "DENY")
        for text in ["hello", String(repeating: "long ", count: 1000)] {
            try wire.send(Self.frame(1, text))
            #expect(try Self.readFrame(wire) == text.uppercased())
        }
        try wire.send(Self.frame(8, "\u{3}\u{e8}"))
        _ = try Self.readFrame(wire)
        wire.endWrites()
        #expect(try wire.readToEnd().isEmpty)
        let line = try apus.accessLine(of: "/ws")
        #expect(line.status == 101)
        #expect(line.outcome == "tunneled")
        #expect((line.bytesIn ?? 0) > 5000)
        #expect((line.bytesOut ?? 0) > 5000)
    }

    /// A client's frame, masked with zeros (RFC 6455 §5.2).
    private static func frame(_ kind: UInt8, _ text: String) -> [UInt8] {
        let count = text.utf8.count
        let size: [UInt8] =
            count < 126 ? [0x80 | UInt8(count)] : [0xFE, UInt8(count >> 8), UInt8(count & 0xFF)]
        return [0x80 | kind] + size + [0, 0, 0, 0] + Array(text.utf8)
    }

    private static func readFrame(_ wire: Wire) throws -> String {
        let head = try wire.read(count: 2)
        var count = Int(head[1])
        if count == 126 {
            let size = try wire.read(count: 2)
            count = Int(size[0]) << 8 | Int(size[1])
        }
        return latin(try wire.read(count: count))
    }

    @Test func `the app is asked for the protocol that the client offers`() throws {
        let heads = Notes<Message>()
        let app = try Origin { wire, _ in
            if let head = try wire.head() { heads.add(head) }
            try wire.send(Self.agree)
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(Self.ask)
        #expect(try wire.head()?.status == 101)
        #expect(heads.all[0].all("Upgrade") == ["websocket"])
        #expect(heads.all[0]["Connection"]?.lowercased() == "upgrade")
        #expect(heads.all[0]["Sec-WebSocket-Version"] == "13")
    }

    @Test func `bytes that come before the app agreed are held until then`() throws {
        let early = Notes<Bool>()
        let gate = Door()
        let app = try Origin { wire, _ in
            _ = try wire.head()
            early.add(try wire.isSilent(for: 0.3))
            try gate.pass()
            try wire.send(Self.agree)
            try wire.send(try wire.read(count: 5))
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(Self.ask + "early")
        try eventually("the app has waited") { !early.all.isEmpty }
        gate.open()
        #expect(try wire.head()?.status == 101)
        #expect(latin(try wire.read(count: 5)) == "early")
        #expect(early.all == [true])
    }

    @Test func `bytes that come before an app that declines are the next request`() throws {
        let app = try Origin.answering { ok($0.target) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(Self.ask + get("/next"))
        #expect(try wire.response().text == "/ws")
        #expect(try wire.response().text == "/next")
    }

    @Test func `each side of a tunnel may end by itself`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(Self.agree)
            let all = try wire.readToEnd()
            try wire.send("got \(latin(all))")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(Self.ask)
        #expect(try wire.head()?.status == 101)
        try wire.send("everything")
        wire.endWrites()
        #expect(latin(try wire.readToEnd()) == "got everything")
    }

    @Test func `a tunnel is closed when the app closes and the client follows`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(Self.agree + "bye")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(Self.ask)
        #expect(try wire.head()?.status == 101)
        #expect(latin(try wire.readToEnd()) == "bye")
        wire.endWrites()
        #expect(try apus.accessLine(of: "/ws").outcome == "tunneled")
    }

    @Test func `a tunnel in which nothing passes is closed`() throws {
        let apus = try Apus(to: Self.echoing(), with: "timeouts: { tunnel_idle: 400ms }")
        let wire = try apus.connect()
        try wire.send(Self.ask)
        #expect(try wire.head()?.status == 101)
        // What passes keeps it open beyond the timeout.
        for _ in 1...6 {
            try wire.send("ping")
            #expect(latin(try wire.read(count: 4)) == "ping")
            #expect(try wire.isSilent(for: 0.1))
        }
        #expect(try wire.readToEnd().isEmpty)
        #expect(try apus.accessLine(of: "/ws").outcome == "tunneled")
    }

    @Test func `a tunnel carries megabytes both ways at once`() throws {
        let apus = try Apus(to: Self.echoing())
        let wire = try apus.connect()
        try wire.send(Self.ask)
        #expect(try wire.head()?.status == 101)
        for number in 0..<40 {
            let piece = pattern(1 << 18, seed: number)
            try wire.send(piece)
            let isSame = try wire.read(count: 1 << 18) == piece
            #expect(isSame, "piece \(number)")
        }
    }

    @Test(arguments: ["h2c", "H2C", "h2c, websocket", "websocket, h2c"])
    func `h2c is never offered to an app`(offer: String) throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let answer = try wire.ask(
            get(
                "/",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: \(offer)\r\nHTTP2-Settings: AAM\r\n"
            ))
        #expect(answer.status == 200)
        #expect(!app.requests.all[0].all("Upgrade").joined().lowercased().contains("h2c"))
        #expect(app.requests.all[0].all("HTTP2-Settings").isEmpty)
    }

    @Test(arguments: ["", "Upgrade: websocket\r\n", "Connection: upgrade\r\n"])
    func `a switch that nobody asked for is refused`(fields: String) throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(Self.agree + "secret")
            try wire.readToEnd()
        }
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/", fields))
        #expect(answer.status == 502)
        #expect(try answer.problem().code == "upstream_invalid")
        try apus.expect("apus_upstream_errors_total{upstream=\"app\",reason=\"invalid\"}", is: 1)
    }

    @Test func `a switch to something else than was asked for is refused`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        }
        let apus = try Apus(to: app)
        #expect(try apus.ask(Self.ask).status == 502)
    }

    @Test func `a tunnel's end by reset is passed on`() throws {
        let opened = Door()
        let ended = Door()
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(Self.agree)
            opened.open()
            try wire.readToEnd()
            ended.open()
        }
        let apus = try Apus(to: app)
        do {
            let wire = try apus.connect()
            try wire.send(Self.ask)
            _ = try wire.head()
            try opened.pass()
            wire.socket.closeByReset()
        }
        try ended.pass()
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
    }
}

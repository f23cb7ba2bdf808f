import Glibc
import Testing

@Suite(.staged) struct StreamingTests {
    @Test func `events arrive one by one as they are sent, their head before them`() throws {
        let doors = (0...4).map { _ in Door() }
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for (number, door) in doors.dropLast().enumerated() {
                try door.pass()
                let event = "data: \(number)\n\n"
                try wire.send("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n")
            }
            try doors[4].pass()
            try wire.send("0\r\n\r\n")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/events", "Accept: text/event-stream\r\n"))
        let head = try #require(try wire.head())
        #expect(head["Content-Type"] == "text/event-stream")
        #expect(head["X-Request-ID"] != nil)
        for number in 0...3 {
            doors[number].open()
            #expect(latin(try wire.chunk() ?? []) == "data: \(number)\n\n")
            #expect(wire.pending.isEmpty)
        }
        doors[4].open()
        #expect(try wire.chunk() == nil)
    }

    @Test func `an upload passes piece by piece as it is sent`() throws {
        let pieces = Notes<String>()
        let app = try Origin { wire, _ in
            _ = try wire.head()
            for _ in 1...3 { pieces.add(latin(try wire.chunk() ?? [])) }
            _ = try wire.chunks()
            try wire.send(ok("done"))
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(BodiesTests.chunkedHead + "\r\n")
        for number in 1...3 {
            try wire.send("2\r\np\(number)\r\n")
            try eventually("piece \(number) is there") { pieces.all.last == "p\(number)" }
        }
        try wire.send("0\r\n\r\n")
        #expect(try wire.response().text == "done")
    }

    @Test func `a client that reads nothing holds the app back, not the memory`() throws {
        let sent = Counter()
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
            while true {
                try wire.send(pattern(1 << 16), within: 60)
                sent.increment(by: 1 << 16)
            }
        }
        let apus = try Apus(to: app)
        let wire = Wire(try Descriptor.connected(to: .ip4(apus.port), receiveBytes: 8192))
        try wire.send(get("/flood"))
        var last = -1
        // The app is held back once nothing has moved for a while.
        try eventually("the app is held back", within: 30) {
            let before = sent.value
            _ = wire.isReady(Int16(POLLERR), within: 0.5)
            last = sent.value
            return before == last && last > 0
        }
        #expect(last < 64 << 20)
        #expect(try apus.residentKiB() < 40 << 10)
        // It goes on where it stopped.
        #expect(try wire.head()?.status == 200)
        #expect(try wire.read(count: 1 << 16) == pattern(1 << 16))
        _ = try wire.read(count: last)
        #expect(sent.value > last)
    }

    @Test func `an app that reads nothing holds the client back, not the memory`() throws {
        let release = Door()
        let app = try Origin { wire, _ in
            wire.socket.set(SO_RCVBUF, 8192)
            try release.pass()
        }
        let apus = try Apus(to: app, with: "limits: { body: none }")
        let wire = try apus.connect()
        try wire.send("POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(1 << 30)\r\n\r\n")
        let piece = pattern(1 << 16)
        var sent = 0
        while wire.isReady(Int16(POLLOUT), within: 1), sent < 256 << 20 {
            sent += max(0, wire.sendSome(piece[...]))
        }
        #expect(sent < 64 << 20)
        #expect(try apus.residentKiB() < 40 << 10)
        release.open()
    }

    @Test func `one slow client does not hold up another`() throws {
        let app = try Origin.answering { request in
            request.target == "/flood"
                ? "HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n"
                    + String(repeating: "x", count: 50_000_000) : ok("quick")
        }
        let apus = try Apus(to: app)
        let slow = Wire(try Descriptor.connected(to: .ip4(apus.port), receiveBytes: 8192))
        try slow.send(get("/flood"))
        _ = try slow.head()
        let quick = try apus.connect()
        for _ in 1...50 { #expect(try quick.ask(get("/quick")).text == "quick") }
    }
}

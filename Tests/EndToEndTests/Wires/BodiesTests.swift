import Glibc
import Testing

@Suite(.staged) struct BodiesTests {
    static let chunkedHead =
        "POST /up HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"

    @Test func `chunks and trailers pass upstream`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(
            Self.chunkedHead + "Trailer: X-Sum\r\nTE: trailers\r\n\r\n"
                + "5\r\nhello\r\n006;name=\"va;lue\"\r\n world\r\n0\r\nX-Sum: abc\r\n"
                + "Content-Length: 5\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
        #expect(try wire.response().text == "hello")
        let seen = app.requests.all[0]
        #expect(seen.isChunked)
        #expect(seen["Content-Length"] == nil)
        #expect(seen.text == "hello world")
        // What would change the message's meaning is no trailer (RFC 9110 §6.5.1).
        #expect(!seen.trailers.map(\.name).contains("Content-Length"))
        #expect(!seen.trailers.map(\.name).contains("X-Forwarded-For"))
        #expect(try apus.accessLine(of: "/up").bytesIn == 11)
    }

    @Test func `chunks and trailers pass to the client`() throws {
        let app = try Origin { wire, _ in
            while try wire.request() != nil {
                try wire.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
                try wire.send("5;x\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: abc\r\n\r\n")
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...3 {
            let answer = try wire.ask(get("/", "TE: trailers\r\nConnection: TE\r\n"))
            #expect(answer.text == "hello!")
            #expect(answer.trailers == [Message.Field(name: "X-Sum", value: "abc")])
        }
        #expect(app.connections.value == 1)
    }

    @Test func `a response that ends with its connection is made chunks`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...3 {
            let answer = try wire.ask(get("/"))
            #expect(answer.isChunked)
            #expect(answer.text == "until the end")
        }
        #expect(app.connections.value == 3)
    }

    @Test func `a response of HTTP 1-0 is passed on as one of 1-1`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold")
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...2 {
            let answer = try wire.ask(get("/"))
            #expect(answer.startLine.hasPrefix("HTTP/1.1 200"))
            #expect(answer.text == "old")
        }
    }

    // MARK: Expect: 100-continue

    @Test func `the app decides whether the client may go on`() throws {
        let app = try Origin { wire, _ in
            while let head = try wire.head(within: 60) {
                guard head["Expect"] == "100-continue", wire.pending.isEmpty else {
                    throw Unmet("no expectation, or the body was sent without permission")
                }
                try wire.send("HTTP/1.1 100 Continue\r\n\r\n")
                try wire.send(ok(latin(try wire.read(count: 4))))
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...2 {
            try wire.send(
                "PUT /e HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
            )
            let interim = try wire.response()
            #expect(interim.startLine == "HTTP/1.1 100 Continue")
            try wire.send("body")
            #expect(try wire.response().text == "body")
        }
    }

    @Test func `an app that refuses does so before any of the body`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            try wire.readToEnd()
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(
            "PUT /e HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        let answer = try wire.response()
        #expect(answer.status == 401)
        #expect(answer.text == "no")
        wire.endWrites()
        #expect(try wire.readToEnd().isEmpty)
    }

    @Test func `what is too large is refused without a 100`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "limits: { body: 1KiB }")
        let wire = try apus.connect()
        try wire.send(
            "PUT /e HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4000\r\nExpect: 100-continue\r\n\r\n"
        )
        let answer = try wire.response()
        #expect(answer.status == 413)
        #expect(try answer.problem().code == "body_too_large")
        #expect(app.connections.value == 0)
    }

    @Test func `other expectations fail`() throws {
        let apus = try Apus(to: Origin.saying())
        let answer = try apus.ask(get("/", "Expect: miracles\r\n"))
        #expect(answer.status == 417)
        #expect(try answer.problem().code == "expectation_failed")
    }

    // MARK: Responses before the request's end

    @Test func `an early answer reaches a client that is still sending`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send(
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly")
            // It closes without having read: the kernel answers what is on its way with a reset.
        }
        let apus = try Apus(to: app, with: "limits: { body: none }")
        let wire = try apus.connect()
        try wire.send("POST /early HTTP/1.1\r\nHost: a.test\r\nContent-Length: 50000000\r\n\r\n")
        var sent = 0
        let piece = [UInt8](repeating: 120, count: 65_536)
        while sent < 8_000_000, !wire.isReady(1, within: 0) {
            let count = wire.sendSome(piece[...])
            if count > 0 { sent += count }
            if count < 0 { _ = wire.isReady(5, within: 0.5) }
        }
        let answer = try wire.response()
        #expect(answer.status == 403)
        #expect(answer.text == "early")
        #expect(answer["Connection"] == "close")
    }

    @Test func `a client may go on sending for a while after an early answer`() throws {
        let app = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nearly")
            try wire.readToEnd(within: 30)
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let body = [UInt8](repeating: 120, count: 2_000_000)
        try wire.send("POST /early HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2000000\r\n\r\n")
        try wire.send(body)
        let answer = try wire.response()
        #expect(answer.status == 403)
        #expect(answer.text == "early")
    }

    @Test func `a refused upload can be read by a client that sends all of it first`() throws {
        let apus = try Apus(to: Origin.saying(), with: "limits: { body: 1KiB }")
        let wire = try apus.connect()
        try wire.send("POST /large HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3000000\r\n\r\n")
        try wire.send([UInt8](repeating: 120, count: 3_000_000))
        #expect(try wire.response().status == 413)
        wire.endWrites()
        #expect(try wire.readToEnd().isEmpty)
        #expect(!wire.wasReset)
    }

    // MARK: Sizes

    @Test(arguments: [0, 1, 2047, 2048, 2049, 8191, 16_384, 65_535, 65_536, 65_537, 1_000_003])
    func `bodies of awkward sizes are the same on both sides`(size: Int) throws {
        let body = pattern(size)
        let app = try Origin { wire, _ in
            while let request = try wire.request() {
                try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
                try wire.send(request.body)
            }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for isChunked in [false, true, false] {
            if isChunked {
                try wire.send(Self.chunkedHead + "\r\n")
                var rest = body[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(5000)
                    try wire.send("\(String(piece.count, radix: 16))\r\n")
                    try wire.send(Array(piece))
                    try wire.send("\r\n")
                    rest = rest.dropFirst(5000)
                }
                try wire.send("0\r\n\r\n")
            } else {
                try wire.send(
                    "POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(size)\r\n\r\n")
                try wire.send(body)
            }
            #expect(try wire.response().body == body)
        }
        #expect(app.connections.value == 1)
    }

    @Test func `a download of many megabytes arrives byte for byte`() throws {
        let size = 64 << 20
        let app = try Origin { wire, _ in
            _ = try wire.request()
            try wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            for number in 0..<64 { try wire.send(pattern(1 << 20, seed: number)) }
        }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        try wire.send(get("/big"))
        #expect(try wire.head()?["Content-Length"] == "\(size)")
        for number in 0..<64 {
            let isSame = try wire.read(count: 1 << 20) == pattern(1 << 20, seed: number)
            #expect(isSame, "MiB \(number)")
        }
        #expect(try apus.residentKiB() < 40 << 10)
        #expect(try apus.accessLine(of: "/big").bytesOut == size)
    }

    @Test func `an upload of many megabytes arrives byte for byte at an app that is slow`() throws {
        let count = 24
        let faults = Notes<Int>()
        let app = try Origin { wire, _ in
            wire.socket.set(SO_RCVBUF, 16_384)
            _ = try wire.head()
            for number in 0..<count {
                let piece = try wire.read(count: 1 << 20, within: 60)
                if piece != pattern(1 << 20, seed: number) { faults.add(number) }
            }
            try wire.send(ok("all"))
        }
        let apus = try Apus(to: app, with: "limits: { body: none }")
        let wire = try apus.connect()
        try wire.send(
            "POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: \(count << 20)\r\n\r\n")
        for number in 0..<count { try wire.send(pattern(1 << 20, seed: number), within: 60) }
        #expect(try wire.response(within: 60).text == "all")
        #expect(faults.all.isEmpty)
        #expect(try apus.residentKiB() < 40 << 10)
    }
}

/// Bytes that look like no others: a shift or a swap would show.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
    var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761 &+ 12_345)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count {
            state = state &* 1_664_525 &+ 1_013_904_223
            unsafe buffer[index] = UInt8(truncatingIfNeeded: state >> 16)
        }
        filled = count
    }
}

import Testing

/// Limits by fields of bodies: the body is held, looked at, and passed on as it came.
@Suite(.staged) struct HeldBodiesTests {
    private func gateway(_ place: BucketPlace) throws -> LimitedGateway {
        try LimitedGateway(
            place,
            limits: """
                sms: { rate: 2/h, key: "form:From" }
                ids: { rate: 2/h, key: "json:a.id" }
                """,
            routes: """
                - name: sms
                  match: { path: /sms }
                  limits: { body: 32KiB }
                  rate_limits: [sms]
                  upstream: app
                - { name: ids, match: { path: /ids }, rate_limits: [ids], upstream: app }
                """, with: "timeouts: { stream: 300ms }")
    }

    static let form = "Content-Type: application/x-www-form-urlencoded\r\n"

    @Test(arguments: BucketPlace.allCases)
    func `a field of the body is the key`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        func send(_ path: String, _ body: String) throws -> Int {
            try gateway.apus.ask(post(path, body, Self.form)).status
        }
        #expect(try send("/sms", "Body=hi&From=%2B1555") == 200)
        #expect(try send("/sms", "From=%2b1555&Body=From%3D%2B2") == 200)
        #expect(try send("/sms", "x=1&%46rom=%2B1555") == 429)
        #expect(try send("/sms", "From=%2B1556") == 200)
        for _ in 1...2 { #expect(try send("/ids", #"{"a": {"id": 7}, "b": [1]}"#) == 200) }
        #expect(try send("/ids", #"{"b": {"id": 8}, "a": {"\u0069d": 7}}"#) == 429)
        #expect(try send("/ids", #"{"a": {"id": "8"}}"#) == 200)
        #expect(gateway.app.requests.all.last?.text == #"{"a": {"id": "8"}}"#)
    }

    @Test(arguments: BucketPlace.allCases)
    func `the app gets every byte of a body that was held`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let body = "From=a&Body=" + String(repeating: "0123456789abcdef", count: 1900)
        let wire = try gateway.apus.connect()
        #expect(try wire.ask(post("/sms", body, Self.form)).status == 200)
        #expect(gateway.app.requests.all.last?.text == body)
        // In chunks, with a pause in the middle of one, on the same connection.
        try wire.send("POST /sms HTTP/1.1\r\nHost: a\r\n\(Self.form)")
        try wire.send("Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nFro\r\n5\r\nm=a")
        #expect(try wire.isSilent(for: 0.05))
        try wire.send("&b\r\n3\r\n=\r\n\r\n0\r\n\r\n" + get("/ids"))
        #expect(try wire.response().status == 200)
        #expect(try wire.response().status == 200)
        #expect(gateway.app.requests.all.map(\.text) == [body, "From=a&b=\r\n", ""])
    }

    @Test(arguments: BucketPlace.allCases)
    func `a client that waits for leave to send its body gets it`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        let head = "POST /sms HTTP/1.1\r\nHost: a\r\n\(Self.form)Expect: 100-continue\r\n"
        try wire.send("\(head)Content-Length: 6\r\n\r\n")
        #expect(try wire.head()?.status == 100)
        try wire.send("From=e")
        #expect(try wire.response().status == 200)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a body that is too large or too slow is refused before the app is asked`(
        place: BucketPlace
    ) throws {
        let gateway = try gateway(place)
        let head = "POST /sms HTTP/1.1\r\nHost: a\r\n\(Self.form)"
        let announced = try gateway.apus.connect()
        try announced.send("\(head)Content-Length: 32769\r\n\r\n")
        #expect(try announced.response().status == 413)
        let chunked = try gateway.apus.connect()
        try chunked.send("\(head)Transfer-Encoding: chunked\r\n\r\n")
        let chunk = "2000\r\n\(String(repeating: "x", count: 0x2000))\r\n"
        for _ in 1...5 { try chunked.send(chunk) }
        #expect(try chunked.response().status == 413)
        let broken = try gateway.apus.connect()
        try broken.send("\(head)Transfer-Encoding: chunked\r\n\r\n5\r\nFrom=x\r\n")
        #expect(try broken.response().status == 400)
        let slow = try gateway.apus.connect()
        try slow.send("\(head)Content-Length: 10\r\n\r\nFrom=")
        #expect(try slow.response().status == 408)
        let gone = try gateway.apus.connect()
        try gone.send("\(head)Content-Length: 10\r\n\r\nFrom=")
        pass(seconds: 0.15)
        gone.hangUp()
        #expect(gateway.app.requests.all.isEmpty)
    }

    @Test func `a refusal lets the next request on its connection pass`() throws {
        let gateway = try gateway(.memory)
        let wire = try gateway.apus.connect()
        var answers = try (1...3).map { _ in try wire.ask(post("/sms", "From=x", Self.form)) }
        let refusal = answers.removeLast()
        #expect(answers.map(\.status) == [200, 200])
        #expect(refusal.status == 429)
        #expect(refusal["Connection"] == nil)
        #expect(try wire.ask(post("/sms", "From=y", Self.form)).status == 200)
    }
}

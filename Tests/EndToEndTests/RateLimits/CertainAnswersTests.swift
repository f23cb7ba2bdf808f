import Testing

/// `count`: only certain answers keep what their requests took.
@Suite(.staged) struct CertainAnswersTests {
    /// An app that answers with the status in the query, after the door has opened.
    private func gateway(_ place: BucketPlace, behind door: Door) throws -> LimitedGateway {
        let app = try Origin.answering { request in
            try? door.pass()
            let status = request.target.split(separator: "=").last ?? "200"
            return "HTTP/1.1 \(status) Said\r\nContent-Length: 0\r\n\r\n"
        }
        return try LimitedGateway(
            place,
            limits: """
                logins: { rate: 3/h, key: "header:X-Key", count: [401, 403] }
                """,
            routes: "- { name: all, match: { path: /* }, rate_limits: [logins], upstream: app }",
            app: app)
    }

    @Test(arguments: BucketPlace.allCases)
    func `answers of other statuses cost nothing`(place: BucketPlace) throws {
        let door = Door()
        door.open()
        let gateway = try gateway(place, behind: door)
        func ask(_ status: Int, _ count: Int) throws -> [Int] {
            try gateway.statuses(get("/?status=\(status)", "X-Key: a\r\n"), count)
        }
        #expect(try ask(200, 12) == Array(repeating: 200, count: 12))
        #expect(try ask(401, 2) == [401, 401])
        #expect(try ask(500, 5) == Array(repeating: 500, count: 5))
        #expect(try ask(403, 3) == [403, 429, 429])
        // Whoever is refused is refused before the app is asked, whatever it would say.
        #expect(try ask(200, 2) == [429, 429])
        #expect(gateway.app.requests.all.count == 20)
    }

    @Test(arguments: BucketPlace.allCases)
    func `attempts at the same time are no more than the bucket holds`(
        place: BucketPlace
    ) throws {
        let door = Door()
        let gateway = try gateway(place, behind: door)
        let wires = try (0..<10).map { _ in try gateway.apus.connect() }
        for wire in wires { try wire.send(get("/?status=200", "X-Key: a\r\n")) }
        try eventually("all are decided") {
            let refused = wires.filter { (try? $0.receive(within: 0.001)) == true }.count
            return refused + wires.filter { !$0.pending.isEmpty }.count >= 7
                && gateway.app.requests.all.count == 3
        }
        door.open()
        let statuses = try wires.map { try $0.response().status }
        #expect(statuses.filter { $0 == 200 }.count == 3)
        #expect(statuses.filter { $0 == 429 }.count == 7)
        // They got it back, so there is as much as before.
        try eventually("the tokens are back") {
            try gateway.statuses(get("/?status=200", "X-Key: a\r\n"), 3) == [200, 200, 200]
        }
    }

    @Test(arguments: BucketPlace.allCases)
    func `a client that leaves before the answer has paid for its attempt`(
        place: BucketPlace
    ) throws {
        let door = Door()
        let gateway = try gateway(place, behind: door)
        for number in 1...3 {
            let wire = try gateway.apus.connect()
            try wire.send(get("/?status=401", "X-Key: a\r\n"))
            try eventually("the app is asked") { gateway.app.requests.all.count == number }
            wire.socket.closeByReset()
            wire.hangUp()
        }
        #expect(try gateway.apus.ask(get("/?status=401", "X-Key: a\r\n")).status == 429)
        door.open()
    }

    @Test func `what the gateway itself refuses counts too`() throws {
        let gateway = try LimitedGateway(
            .memory, limits: "logins: { rate: 3/h, key: client_ip, count: [401] }",
            routes: """
                - name: all
                  match: { path: /* }
                  auth: { bearer: "0123456789abcdef0123456789abcdef" }
                  rate_limits: [logins]
                  upstream: app
                """)
        #expect(try gateway.statuses(get("/", "Authorization: Bearer no\r\n"), 2) == [401, 401])
        let right = get("/", "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n")
        #expect(try gateway.statuses(right, 5) == Array(repeating: 200, count: 5))
        #expect(try gateway.statuses(get("/"), 2) == [401, 429])
        #expect(try gateway.statuses(right, 1) == [429])
    }
}

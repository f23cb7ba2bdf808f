import Testing

/// `concurrency`: how many requests are with the app, and who comes next.
@Suite(.staged) struct PlacesTests {
    /// An app that answers a request once the door of its connection number has opened.
    final class App: Sendable {
        let doors = (0..<8).map { _ in Door() }
        let atOnce = Counter()
        let mostAtOnce = Notes<Int>()

        func origin() throws -> Origin {
            try Origin.answering { [self] request in
                mostAtOnce.add(atOnce.increment() + 1)
                if let number = Int(request.target.dropFirst()), number < doors.count {
                    try? doors[number].pass()
                } else {
                    pass(seconds: 0.005)
                }
                atOnce.increment(by: -1)
                return ok(request.target)
            }
        }
    }

    private func gateway(
        _ app: App, _ concurrency: String, workers: Int = 1
    ) throws -> LimitedGateway {
        try LimitedGateway(
            .memory, limits: "all: { rate: 10000/s, key: client_ip }",
            routes: """
                - name: all
                  match: { path: /* }
                  rate_limits: [all]
                  concurrency: { \(concurrency) }
                  upstream: app
                """, with: "server: { workers: \(workers) }", app: app.origin())
    }

    /// Sends a request and waits until the gateway has read it.
    private func send(_ number: Int, through apus: Apus) throws -> Wire {
        let wire = try apus.connect()
        try wire.send(get("/\(number)"))
        #expect(try wire.isSilent(for: 0.05))
        return wire
    }

    @Test(arguments: [1, 2])
    func `who waits is served in the order of coming`(workers: Int) throws {
        let app = App()
        let gateway = try gateway(app, "max: 1, queue: 3, queue_timeout: 20s", workers: workers)
        let wires = try (0..<4).map { try send($0, through: gateway.apus) }
        let late = try gateway.apus.ask(get("/7"))
        #expect(late.status == 503)
        #expect(late["Retry-After"] == "1")
        #expect(try late.problem().code == "overloaded")
        for number in 0..<4 {
            #expect(gateway.app.requests.all.map(\.target).last == "/\(number)")
            app.doors[number].open()
            #expect(try wires[number].response().text == "/\(number)")
            guard number < 3 else { break }
            try eventually("the next is with the app") {
                gateway.app.requests.all.count == number + 2
            }
        }
        #expect(app.mostAtOnce.all.max() == 1)
    }

    @Test func `who waits too long is told so, and its place in the queue is free`() throws {
        let app = App()
        let gateway = try gateway(app, "max: 1, queue: 1, queue_timeout: 200ms")
        let first = try send(0, through: gateway.apus)
        let second = try send(1, through: gateway.apus)
        let answer = try second.response()
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        #expect(answer["X-Request-ID"] != nil)
        let third = try send(2, through: gateway.apus)
        app.doors[0].open()
        app.doors[2].open()
        #expect(try first.response().status == 200)
        #expect(try third.response().status == 200)
        #expect(gateway.app.requests.all.map(\.target) == ["/0", "/2"])
    }

    @Test func `a client that leaves gives up its place, with the app or in the queue`() throws {
        let app = App()
        let gateway = try gateway(app, "max: 1, queue: 1, queue_timeout: 20s")
        let first = try send(0, through: gateway.apus)
        for number in 1...3 {
            let waiting = try send(number, through: gateway.apus)
            pass(seconds: 0.15)
            waiting.hangUp()
            try eventually("the queue is free") {
                try gateway.apus.lines("request").filter { $0.outcome == "client_closed" }.count
                    == number
            }
        }
        let last = try send(4, through: gateway.apus)
        first.socket.closeByReset()
        first.hangUp()
        app.doors[4].open()
        #expect(try last.response().text == "/4")
        app.doors[0].open()
        #expect(gateway.app.requests.all.map(\.target) == ["/0", "/4"])
    }

    @Test func `a hundred clients are with the app as many at a time as may be`() throws {
        let app = App()
        let gateway = try gateway(app, "max: 3, queue: 100, queue_timeout: 20s", workers: 2)
        let load = Load(clients: 20, pause: 0) { [port = gateway.apus.port] client, number in
            (port, 0, get("/x\(client)-\(number)"))
        }
        pass(seconds: 0.5)
        let samples = try load.end()
        #expect(samples.allSatisfy { $0.status == 200 })
        #expect(app.mostAtOnce.all.max() == 3)
    }
}

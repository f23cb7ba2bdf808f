import Linux
import Simulation
import Testing

@testable import Gateway

/// Either side goes away, at every moment at which it can.
struct LosingTests {
    private func stream(_ world: World, _ index: Int = 0) throws -> SimulatedStream {
        try #require(world.kernel.upstreamStreams.dropFirst(index).first?.stream)
    }

    // MARK: The app

    @Test func `a reused connection that dies is replaced once, and the client sees nothing of it`()
        throws
    {
        let world = try World()
        let client = try world.connect()
        client.get("/first")
        world.run()
        world.app.answer = { $0.path == "/again" ? .init("", .closes) : .ok() }
        client.get("/again")
        world.runWorker()
        // The fresh connection gets an answer, the old one dies.
        let played = try stream(world)
        _ = played.take()
        played.close()
        world.app.answer = { _ in .ok() }
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(world.kernel.upstreamStreams.count == 2)
        #expect(world.outcomes == ["proxied", "proxied"])
        #expect(world.metric("apus_upstream_retries_total{upstream=\"app\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test(arguments: ["POST", "PATCH"])
    func `a request that is not idempotent is never sent twice`(_ method: String) throws {
        let world = try World()
        let client = try world.connect()
        client.get("/first")
        world.run()
        world.app.answer = { _ in .init("", .closes) }
        client.send("\(method) /once HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        world.run()
        #expect(client.statuses == [200, 502])
        #expect(world.app.requests.filter { $0.path == "/once" }.count == 1)
        #expect(world.outcomes == ["proxied", "upstream_closed_early"])
        world.expectNothingLeaks()
    }

    @Test func `a retry happens once: the second connection's death is a 502`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/first")
        world.run()
        world.app.answer = { _ in .init("", .closes) }
        client.get("/again")
        world.run()
        #expect(client.statuses == [200, 502])
        #expect(world.app.requests.count == 3)
        world.expectNothingLeaks()
    }

    @Test func `a fresh connection that dies is a 502 at once`() throws {
        let world = try World()
        world.app.answer = { _ in .init("", .resets) }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.statuses == [502])
        #expect(world.app.requests.count == 1)
        #expect(world.metric("apus_upstream_errors_total{upstream=\"app\",reason=\"reset\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test func `an idle connection that the app closes is forgotten`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/1")
        world.run()
        try stream(world).close()
        world.run()
        #expect(world.upstreamCount == 0)
        client.get("/2")
        world.run()
        #expect(client.statuses == [200, 200])
        world.expectNothingLeaks()
    }

    @Test func `bytes nobody asked for make an idle connection void`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/1")
        world.run()
        try stream(world).send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        world.run()
        client.get("/2")
        world.run()
        #expect(!client.text.contains("evil"))
        #expect(world.kernel.upstreamStreams.count == 2)
        world.expectNothingLeaks()
    }

    @Test func `bytes behind an answer are not the next request's`() throws {
        let world = try World()
        world.app.answer = { request in
            .init(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                    + (request.path == "/1"
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" : ""))
        }
        let client = try world.connect()
        client.get("/1")
        client.get("/2")
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(!client.text.contains("evil"))
        world.expectNothingLeaks()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func `an answer that is cut short never looks whole`(_ part: String) throws {
        let world = try World()
        world.app.answer = { _ in .init(part, .ends) }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.stream.sawReset)
        #expect(Chunks.decode(client.text) == nil)
        #expect(world.outcomes == ["upstream_closed_early"])
        world.expectNothingLeaks()
    }

    @Test func `a malformed answer is a 502 and its connection void`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
        }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.statuses == [502])
        #expect(world.outcomes == ["upstream_invalid"])
        #expect(world.upstreamCount == 0)
        world.expectNothingLeaks()
    }

    @Test
    func `an answer before the end of an upload reaches the client, which may still be sending`()
        throws
    {
        let world = try World()
        world.app.answersEarly = true
        world.app.answer = { _ in
            .init("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", .ends)
        }
        let client = try world.connect()
        client.send("POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
        for _ in 0..<8 {
            client.send(String(repeating: "x", count: 100_000))
            world.run()
        }
        #expect(client.statuses == [413])
        #expect(client.stream.sawEnd)
        #expect(!client.stream.sawReset)
        world.expectNothingLeaks()
    }

    // MARK: Connecting

    @Test func `a server that refuses is passed over for the next, and set aside`() throws {
        let world = try World(Settings.text(servers: "\"10.0.0.1:3000\", \"10.0.0.2:3000\""))
        world.kernel.receptions[.ipv4(0x0A00_0001, port: 3000)] = .refuses
        let client = try world.connect()
        for _ in 0..<4 {
            client.get("/")
            world.run()
        }
        #expect(client.statuses == [200, 200, 200, 200])
        #expect(
            world.metric("apus_upstream_errors_total{upstream=\"app\",reason=\"refused\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test(arguments: [SimulatedKernel.Reception.refuses, .refusesAtOnce])
    func `an upstream whose servers all refuse is a 502`(_ reception: SimulatedKernel.Reception)
        throws
    {
        let world = try World(Settings.text(servers: "\"10.0.0.1:3000\", \"10.0.0.2:3000\""))
        for address in world.kernel.receptions.keys { world.kernel.receptions[address] = reception }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.statuses == [502])
        #expect(world.outcomes == ["upstream_unreachable"])
        #expect(
            world.metric("apus_upstream_errors_total{upstream=\"app\",reason=\"refused\"}") == 2)
        world.expectNothingLeaks()
    }

    @Test func `a server that never accepts is a 504 when the time for it is over`() throws {
        let world = try World()
        for address in world.kernel.receptions.keys { world.kernel.receptions[address] = .silent }
        let client = try world.connect()
        client.get("/")
        world.pass(.milliseconds(1990))
        #expect(client.statuses == [])
        world.pass(.milliseconds(20))
        #expect(client.statuses == [504])
        #expect(
            world.metric("apus_upstream_errors_total{upstream=\"app\",reason=\"connect_timeout\"}")
                == 1)
        world.expectNothingLeaks()
    }

    @Test func `a server that connects at once is asked at once`() throws {
        let world = try World(Settings.text(servers: "\"unix:/run/app.sock\""))
        world.kernel.receptions[.unix(path: "/run/app.sock")] = .acceptsAtOnce
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.statuses == [200])
        world.expectNothingLeaks()
    }

    // MARK: The client

    enum Departure: CaseIterable { case closes, resets }
    enum Moment: CaseIterable {
        case inHead, connecting, awaiting, inAnswer, inUpload, idle, tunnelled
    }

    @Test(arguments: Departure.allCases, Moment.allCases)
    func `a client that leaves takes its exchange along`(_ departure: Departure, _ moment: Moment)
        throws
    {
        let world = try World()
        let client = try world.connect()
        try bring(client, of: world, to: moment)
        world.pass(.seconds(1))
        if departure == .resets { client.stream.reset() } else { client.leave() }
        world.run()
        #expect(world.exchangeCount == 0)
        #expect(world.downstreamCount == 0)
        #expect(world.upstreamCount == (moment == .idle ? 1 : 0))
        let expected: [String]
        switch moment {
        case .inHead: expected = []
        case .idle: expected = ["proxied"]
        case .tunnelled: expected = ["tunneled"]
        default: expected = ["client_closed"]
        }
        #expect(world.outcomes == expected)
        world.expectNothingLeaks()
    }

    private func bring(_ client: Client, of world: World, to moment: Moment) throws {
        switch moment {
        case .inHead: client.send("GET / HT")
        case .connecting:
            for address in world.kernel.receptions.keys {
                world.kernel.receptions[address] = .silent
            }
            client.get("/")
        case .awaiting:
            world.app.answer = { _ in .silence }
            client.get("/")
        case .inAnswer:
            world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }
            client.get("/")
        case .inUpload: client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        case .idle: client.get("/")
        case .tunnelled:
            world.app.answer = { _ in
                .init(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
            }
            client.get("/", "Connection: upgrade\r\nUpgrade: x\r\n")
        }
        world.run()
    }

    @Test func `a client that leaves before its only answer is noticed a moment later`() throws {
        let world = try World()
        try world.connect().get("/warm")
        world.run()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/only", "Connection: close\r\n")
        world.run()
        client.stream.reset()
        world.pass(.milliseconds(15))
        #expect(world.exchangeCount == 0)
        #expect(world.outcomes == ["proxied", "client_closed"])
        world.expectNothingLeaks()
    }

    @Test func `a client that ends its side with its request still gets the answer`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/")
        client.stream.end()
        world.run()
        #expect(client.statuses == [200])
        #expect(client.stream.sawEnd)
        #expect(world.outcomes == ["proxied"])
        world.expectNothingLeaks()
    }

    @Test func `a half-closed client gets a slow answer too`() throws {
        let world = try World()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/")
        client.stream.end()
        world.pass(.seconds(5))
        try stream(world).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        world.run()
        #expect(client.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test func `pipelined requests before an end are all answered`() throws {
        let world = try World()
        let client = try world.connect()
        for path in ["/1", "/2", "/3"] { client.get(path) }
        client.stream.end()
        world.run()
        #expect(client.statuses == [200, 200, 200])
        #expect(world.outcomes == ["proxied", "proxied", "proxied"])
        #expect(client.stream.sawEnd)
        #expect(!client.stream.sawReset)
        world.expectNothingLeaks()
    }

    @Test func `a client that ends its side after a long upload still gets the answer`() throws {
        let world = try World()
        world.app.answer = { _ in .silence }
        let client = try world.connect(
            sending: "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
        for _ in 0..<3 {
            world.pass(.seconds(2))
            client.send(String(repeating: "x", count: 3000))
        }
        client.stream.end()
        world.pass(.seconds(2))
        try stream(world).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.outcomes == ["proxied"])
        world.expectNothingLeaks()
    }
}

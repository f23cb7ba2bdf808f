import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// Requests that wait before they go upstream: for Redis, for a place, for the rest of a body.
struct WaitingRequestsTests {
    static let settings = Settings.text(
        connections: 200,
        extra: """
            rate_limits:
              per_ip: { rate: 60/min, key: client_ip }
              users: { rate: 60/min, key: "form:user" }
              names: { rate: 60/min, key: "json:name" }
            """
    ).replacing(
        "  - { name: app,",
        with: """
              - { name: limited, match: { path: /limited }, rate_limits: [per_ip], upstream: app }
              - { name: form, match: { path: /form }, rate_limits: [per_ip, users], upstream: app }
              - name: json
                match: { path: /json }
                rate_limits: [names]
                json: { max_depth: 4 }
                upstream: app
              - name: busy
                match: { path: /busy }
                concurrency: { max: 1, queue: 4, queue_timeout: 10s }
                upstream: app
              - { name: app,
            """)

    static let form = "Content-Type: application/x-www-form-urlencoded\r\n"

    /// Admits all, of buckets that are full in a second.
    static func admit(_ request: RedisRequest) -> String? {
        guard request.name.hasPrefix("EVAL"), !request.isProof, let count = Int(request.words[2])
        else { return RedisPlay.usual(request) }
        let bucket = ":1\r\n:2000000\r\n:0\r\n"
        return "*\(1 + 3 * count)\r\n:1000000\r\n" + String(repeating: bucket, count: count)
    }

    static func post(_ path: String, _ fields: String = form, byteCount: Int) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(byteCount)\r\n\r\n"
    }

    /// Has everybody leave, the worker's connections to Redis included.
    static func expectNothingLeft(
        _ world: World, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for client in world.clients { client.leave() }
        world.pass(.seconds(100))
        #expect(world.worker.desk.inspectors.count == 0, sourceLocation: sourceLocation)
        world.drain()
        #expect(world.isDone && world.exchangeCount == 0, sourceLocation: sourceLocation)
        #expect(world.bufferCount == 0, sourceLocation: sourceLocation)
        #expect(world.kernel.openCount == 0, sourceLocation: sourceLocation)
    }

    // MARK: Deadlines

    @Test func `the end of an idle connection's time is nothing to a request that awaits Redis`()
        throws
    {
        let world = try World(Self.settings, redis: .simulated())
        world.redis.answer = Self.admit
        let client = try world.connect()
        world.run()
        client.get("/here")
        world.pass(.milliseconds(74_995))
        world.redis.isHung = true
        client.get("/limited")
        world.pass(.milliseconds(100))
        #expect(client.statuses == [200, 200])
        Self.expectNothingLeft(world)
    }

    @Test func `nor is it to one whose server is being connected to`() throws {
        let world = try World(Self.settings)
        for address in world.kernel.receptions.keys {
            world.kernel.receptions[address] = .silent
        }
        let client = try world.connect()
        world.run()
        client.get("/here")
        world.pass(.seconds(74))
        client.get("/")
        world.pass(.milliseconds(2010))
        #expect(client.statuses == [200, 504])
        world.expectNothingLeaks()
    }

    // MARK: Redis

    @Test func `a body that comes late is counted by Redis all the same`() throws {
        let world = try World(Self.settings, redis: .simulated())
        world.redis.answer = Self.admit
        world.run()
        let client = try world.connect(sending: Self.post("/form", byteCount: 6))
        world.pass(.milliseconds(500))
        #expect(world.redis.requests("EVALSHA").count == 1)
        client.send("user=a")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.redis.requests("EVALSHA").last?.words[3] == "apus:users:{=a}")
        Self.expectNothingLeft(world)
    }

    @Test func `a request waits for Redis no longer than its time over all stages`() throws {
        let world = try World(Self.settings, redis: .simulated())
        world.redis.answer = Self.admit
        world.run()
        world.redis.isLate = true
        let client = try world.connect(sending: Self.post("/form", byteCount: 6) + "user=a")
        world.pass(.milliseconds(8))
        world.redis.isHung = true
        world.redis.release()
        world.pass(.milliseconds(1))
        #expect(client.statuses == [])
        world.pass(.milliseconds(2))
        #expect(client.statuses == [200])
        Self.expectNothingLeft(world)
    }

    // MARK: Bodies

    @Test(arguments: [false, true])
    func `a body that is held and looked through is looked through once`(_ isShared: Bool) throws {
        let world = try World(Self.settings, redis: isShared ? .simulated() : nil)
        world.redis.answer = Self.admit
        world.run()
        let body = "{\"name\": \"a\"}"
        let type = "Content-Type: application/json\r\n"
        let client = try world.connect()
        for _ in 0..<3 {
            client.send(Self.post("/json", type, byteCount: body.utf8.count) + body)
            world.run()
        }
        #expect(client.statuses == [200, 200, 200])
        Self.expectNothingLeft(world)
    }

    @Test func `clients that only announce bodies hold no memory for them`() throws {
        let world = try World(Self.settings)
        for _ in 0..<100 { try world.connect(sending: Self.post("/form", byteCount: 1 << 20)) }
        world.run()
        #expect(world.exchangeCount == 100)
        #expect(world.bufferCount == 100, "the heads alone")
        let client = try world.connect(sending: Self.post("/form", byteCount: 6) + "user=a")
        world.run()
        #expect(client.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test func `a client that may not send its body is not asked for it`() throws {
        let world = try World(Self.settings)
        let expect = Self.form + "Expect: 100-continue\r\n"
        let large = try world.connect(sending: Self.post("/form", expect, byteCount: 2 << 20))
        let small = try world.connect(sending: Self.post("/form", expect, byteCount: 6))
        world.run()
        #expect(large.statuses == [413])
        #expect(small.statuses == [100])
        world.expectNothingLeaks()
    }

    @Test func `the budget is for what has come, and not for what was announced`() throws {
        let world = try World(Self.settings)
        let part = String(repeating: "x", count: 80_000)
        for _ in 0..<120 {
            try world.connect(sending: Self.post("/form", byteCount: 1 << 20) + part)
            world.run()
        }
        #expect(world.exchangeCount == 120)
        #expect(world.clients.allSatisfy { $0.statuses == [] })
        world.expectNothingLeaks()
    }

    @Test func `what has come of held bodies is bounded`() throws {
        let world = try World(Self.settings)
        let part = String(repeating: "x", count: 600_000)
        var clients: [Client] = []
        for _ in 0..<80 {
            clients.append(
                try world.connect(sending: Self.post("/form", byteCount: 1 << 20) + part))
            world.run()
        }
        #expect(clients.prefix(60).allSatisfy { $0.statuses == [] })
        #expect(clients.suffix(10).allSatisfy { $0.statuses == [503] })
        world.expectNothingLeaks()
        #expect(world.commons.heldBodies.take(64 << 20), "all of it was given back")
        world.commons.heldBodies.give(64 << 20)
    }

    // MARK: Places

    @Test(arguments: ["GET /busy HTTP/1.1\r\nHost: a\r\n\r\n", post("/busy", byteCount: 2) + "ab"])
    func `a client that leaves the queue gives its seat up`(_ request: String) throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in .silence }
        try world.connect(sending: request)
        world.run()
        for _ in 0..<4 { try world.connect(sending: request) }
        world.run()
        let late = try world.connect(sending: request)
        world.run()
        #expect(late.statuses == [503])
        world.pass(.milliseconds(200))
        world.clients[2].leave()
        world.run()
        #expect(world.outcomes == ["overloaded", "client_closed"])
        world.expectNothingLeaks()
    }
}

import Linux
import Simulation
import Testing

@testable import Gateway

/// The end of a worker: nothing is dropped whose first byte was read.
struct DrainingTests {
    @Test func `an idle worker is done at once`() throws {
        let world = try World()
        world.drain()
        #expect(world.isDone)
        #expect(world.kernel.arrive(on: 0, from: .ipv4(1, port: 1)) == nil)
    }

    @Test func `idle clients are closed, and idle connections to the app`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/")
        world.run()
        world.drain()
        #expect(world.isDone)
        #expect(client.stream.sawEnd)
        #expect(world.kernel.openCount == 0)
    }

    @Test func `what waits in the kernel is taken in and answered`() throws {
        let world = try World(Settings.text(connections: 200))
        for _ in 0..<100 { try world.connect().get("/here") }
        world.drain()
        #expect(world.clients.allSatisfy { $0.statuses == [200] })
        #expect(world.clients.allSatisfy { $0.text.contains("Connection: close") })
        #expect(world.records.count == 100)
        #expect(world.isDone)
    }

    @Test func `a request that comes in the same moment on a kept connection is answered`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/here?1")
        world.run()
        client.get("/here?2")
        world.drain()
        #expect(client.statuses == [200, 200])
        #expect(!client.stream.sawReset)
        #expect(world.isDone)
    }

    @Test func `an exchange in flight is finished and its client told that the connection ends`()
        throws
    {
        let world = try World()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/")
        world.run()
        world.drain()
        #expect(!world.isDone)
        let app = try #require(world.kernel.upstreamStreams.first?.stream)
        app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        world.run()
        #expect(client.statuses == [200])
        #expect(client.text.contains("Connection: close"))
        #expect(world.isDone)
        #expect(world.outcomes == ["proxied"])
    }

    @Test func `a head that has begun may still be completed`() throws {
        let world = try World()
        let client = try world.connect(sending: "GET /here HTTP/1.1\r\nHo")
        world.run()
        world.drain()
        #expect(!world.isDone)
        client.send("st: a\r\n\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.isDone)
    }

    @Test func `what is not done by the deadline is cut off with its record`() throws {
        let world = try World()
        world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }
        let client = try world.connect()
        client.get("/slow")
        try world.connect(sending: "GET /half")
        world.run()
        world.drain(within: .seconds(10))
        world.pass(.seconds(11))
        #expect(world.isDone)
        #expect(client.stream.sawReset)
        #expect(world.outcomes == ["drain_cut"])
        #expect(world.kernel.openCount == 0)
        #expect(world.bufferCount == 0)
    }

    @Test func `a tunnel lives until the deadline`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        }
        let client = try world.connect()
        client.get("/", "Connection: upgrade\r\nUpgrade: x\r\n")
        world.run()
        world.drain(within: .seconds(10))
        world.pass(.seconds(9))
        client.send("still open")
        world.run()
        let app = try #require(world.kernel.upstreamStreams.first?.stream)
        #expect(world.app.loose(on: app) == "still open")
        world.pass(.seconds(2))
        #expect(world.isDone)
        #expect(client.stream.sawEnd)
        #expect(world.outcomes == ["tunneled"])
        #expect(world.kernel.openCount == 0)
    }

    @Test func `a client whose answer is still leaving gets the rest of it`() throws {
        let world = try World()
        world.kernel.roomMax = 2048
        world.app.answer = { _ in .ok(String(repeating: "x", count: 100_000)) }
        let client = try world.connect()
        client.appetite = 0
        client.get("/")
        world.run()
        world.drain()
        client.appetite = .max
        world.run()
        #expect(client.received.count > 100_000)
        #expect(world.isDone)
        #expect(world.outcomes == ["proxied"])
    }
}

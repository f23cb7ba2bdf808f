import Simulation
import Testing

@testable import Gateway

/// Newcomers: storms of them, too many of them, and no descriptors for them.
struct AcceptingTests {
    @Test func `a storm is taken in over several turns and all are served`() throws {
        let world = try World(Settings.text(connections: 300))
        for number in 0..<200 { try world.connect().get("/here?\(number)") }
        world.worker.takeTurn()
        #expect(world.downstreamCount == 64)
        world.run()
        #expect(world.clients.allSatisfy { $0.statuses == [200] })
        #expect(world.records.count == 200)
        world.expectNothingLeaks()
    }

    @Test func `a connection for one request is not watched if its answer comes at once`() throws {
        let world = try World()
        try world.connect().get("/warm")
        world.run()
        let before = world.kernel.faults.callCount
        let client = try world.connect()
        client.get("/only", "Connection: close\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(client.stream.sawEnd)
        // One accept, and a read and a write on either side.
        #expect(world.kernel.faults.callCount - before == 5)
        world.expectNothingLeaks()
    }

    @Test func `one connection too many is told so and closed`() throws {
        let world = try World(Settings.text(connections: 3))
        for _ in 0..<4 { try world.connect() }
        world.run()
        #expect(world.clients.map(\.statuses) == [[], [], [], [503]])
        #expect(world.clients[3].text.contains("\"overloaded\""))
        #expect(world.clients[3].stream.sawEnd)
        #expect(world.outcomes == ["overloaded"])
        world.clients[0].leave()
        world.clients[3].leave()
        world.run()
        let next = try world.connect()
        next.get("/here")
        world.run()
        #expect(next.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test func `far too many connections are closed without an answer`() throws {
        let world = try World(Settings.text(connections: 3))
        for _ in 0..<80 { try world.connect() }
        world.run()
        #expect(world.clients.filter { $0.statuses == [503] }.count == 64)
        #expect(world.clients.filter { $0.stream.sawEnd }.count == 77)
        world.expectNothingLeaks()
    }

    @Test func `without descriptors one newcomer is shed, accepting pauses and resumes by itself`()
        throws
    {
        let world = try World()
        world.kernel.openMax = 2
        for _ in 0..<4 { try world.connect().get("/here") }
        world.run()
        #expect(world.clients.map(\.statuses) == [[200], [200], [], []])
        #expect(world.kernel.shedCount == 1)
        #expect(world.metric("apus_accept_pauses_total{listener=\"public\"}") == 1)
        world.clients[0].leave()
        world.run()
        #expect(world.clients[3].statuses == [], "accepting pauses for 100 ms")
        world.pass(.milliseconds(110))
        #expect(world.clients[3].statuses == [200])
        world.kernel.openMax = .max
        world.expectNothingLeaks()
    }

    @Test func `a lasting lack of descriptors costs one failed call per pause`() throws {
        let world = try World()
        world.kernel.openMax = 0
        for _ in 0..<30 { try world.connect() }
        world.pass(.seconds(1))
        #expect((9...12).contains(world.kernel.shedCount))
        world.kernel.openMax = .max
        world.pass(.seconds(1))
        #expect(world.downstreamCount == 30 - world.kernel.shedCount)
        world.expectNothingLeaks()
    }

    @Test
    func `without descriptors for the app the client gets a 502 and the server keeps its place`()
        throws
    {
        let world = try World()
        let client = try world.connect()
        world.run()
        world.kernel.openMax = 1
        client.get("/")
        world.run()
        #expect(client.statuses == [502])
        world.kernel.openMax = .max
        client.get("/")
        world.run()
        #expect(client.statuses == [502, 200])
        world.expectNothingLeaks()
    }
}

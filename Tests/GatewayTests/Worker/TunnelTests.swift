import Simulation
import Testing

@testable import Gateway

/// After a switch of protocols.
struct TunnelTests {
    private static let switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    private static let asking = "Connection: Upgrade\r\nUpgrade: websocket\r\n"

    private func open(_ world: World) throws -> (client: Client, app: SimulatedStream) {
        world.app.answer = { _ in .init(Self.switching) }
        world.app.closesAtEnd = false
        let client = try world.connect()
        client.get("/ws", Self.asking)
        world.run()
        #expect(client.statuses == [101])
        let app = try #require(world.kernel.upstreamStreams.first?.stream)
        return (client, app)
    }

    @Test func `bytes pass both ways as they are`() throws {
        let world = try World()
        let (client, app) = try open(world)
        client.send("ping\r\n")
        app.send("pong")
        world.run()
        #expect(world.app.loose(on: app) == "ping\r\n")
        #expect(client.text.hasSuffix("\r\n\r\npong"))
        client.leave()
        world.run()
        #expect(app.sawEnd)
        app.close()
        world.run()
        #expect(world.outcomes == ["tunneled"])
        #expect(world.records.first?["bytes_in"] == "6")
        #expect(world.records.first?["bytes_out"] == "4")
        world.expectNothingLeaks()
    }

    @Test func `an agreement without room behind untaken interim answers is none`() throws {
        let world = try World()
        world.kernel.roomMax = 1024
        let hint = String(repeating: "Link: \(String(repeating: "a", count: 3000))\r\n", count: 10)
        let reason = String(repeating: "b", count: 8000)
        world.app.answer = { _ in
            .init(
                "HTTP/1.1 103 \(reason)\r\n\(hint)\r\n"
                    + "HTTP/1.1 101 \(reason)\r\n\(hint)"
                    + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\npong")
        }
        let client = try world.connect()
        client.appetite = 0
        client.get("/ws", Self.asking)
        world.run()
        client.appetite = .max
        world.run()
        #expect(!client.text.contains("HTTP/1.1 101 ") && !client.text.contains("pong"))
        #expect(world.outcomes == ["upstream_invalid"])
        world.expectNothingLeaks()
    }

    @Test func `bytes sent before the app agreed come after its agreement`() throws {
        let world = try World()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/ws", Self.asking)
        client.send("early")
        world.run()
        let app = try #require(world.kernel.upstreamStreams.first?.stream)
        #expect(world.app.loose(on: app) == "")
        app.send(Self.switching + "first")
        world.run()
        #expect(world.app.loose(on: app) == "early")
        #expect(client.text.hasSuffix("\r\n\r\nfirst"))
        world.expectNothingLeaks()
    }

    @Test func `one side's end becomes the other's, and the way back stays open`() throws {
        let world = try World()
        let (client, app) = try open(world)
        client.send("last words")
        client.stream.end()
        world.run()
        #expect(world.app.loose(on: app) == "last words")
        #expect(app.sawEnd)
        app.send("answer to them")
        world.run()
        #expect(client.text.hasSuffix("answer to them"))
        #expect(world.exchangeCount == 1)
        app.end()
        world.run()
        #expect(world.exchangeCount == 0)
        #expect(client.stream.sawEnd)
        #expect(!client.stream.sawReset)
        world.expectNothingLeaks()
    }

    @Test func `an app that switches unasked, or to something else, is refused`() throws {
        for fields in ["", "Connection: upgrade\r\nUpgrade: other\r\n"] {
            let world = try World()
            world.app.answer = { _ in .init(Self.switching) }
            let client = try world.connect()
            client.get("/", fields)
            world.run()
            #expect(client.statuses == [502])
            #expect(world.outcomes == ["upstream_invalid"])
            world.expectNothingLeaks()
        }
    }

    @Test func `an app that declines the switch answers as usual`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/ws", Self.asking)
        client.get("/next")
        world.run()
        #expect(client.statuses == [200, 200])
        world.expectNothingLeaks()
    }

    @Test func `a side that takes nothing stops the other`() throws {
        let world = try World()
        world.kernel.roomMax = 8192
        let (client, app) = try open(world)
        client.appetite = 0
        for _ in 0..<100 { app.send(String(repeating: "x", count: 10_000)) }
        world.run()
        #expect(world.bufferCount <= 4)
        client.appetite = .max
        world.run()
        #expect(client.received.suffix(1_000_000).allSatisfy { $0 == 120 })
        app.reset()
        world.run()
        world.expectNothingLeaks()
    }
}

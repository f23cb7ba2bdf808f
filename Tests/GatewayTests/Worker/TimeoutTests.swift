import Linux
import Simulation
import Testing

@testable import Gateway

/// Every deadline, a moment before and a moment after it.
struct TimeoutTests {
    @Test func `a head that drips in is refused when its time is over`() throws {
        let world = try World()
        let client = try world.connect(sending: "GET / HTTP/1.1\r\n")
        for letter in 0..<9 {
            world.pass(.seconds(1))
            client.send("X-\(letter): y\r\n")
        }
        world.pass(.milliseconds(990))
        #expect(client.statuses == [])
        world.pass(.milliseconds(20))
        #expect(client.statuses == [408])
        #expect(world.outcomes == ["request_timeout"])
        world.expectNothingLeaks()
    }

    @Test func `an idle client is let go without a word`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/here")
        world.pass(.seconds(74))
        #expect(!client.stream.sawEnd)
        world.pass(.seconds(2))
        #expect(client.stream.sawEnd)
        #expect(client.statuses == [200])
        #expect(world.records.count == 1)
        world.expectNothingLeaks()
    }

    @Test func `an app that does not answer is a 504`() throws {
        let world = try World()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/")
        world.pass(.milliseconds(29_990))
        #expect(client.statuses == [])
        world.pass(.milliseconds(20))
        #expect(client.statuses == [504])
        #expect(world.outcomes == ["upstream_timeout"])
        world.expectNothingLeaks()
    }

    @Test func `an answer that stalls is cut off, and looks it`() throws {
        let world = try World()
        world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }
        let client = try world.connect()
        client.get("/")
        world.pass(.milliseconds(59_990))
        #expect(!client.stream.sawReset)
        world.pass(.milliseconds(20))
        #expect(client.stream.sawReset)
        #expect(world.outcomes == ["upstream_timeout"])
        world.expectNothingLeaks()
    }

    @Test func `a client that takes nothing is let go`() throws {
        let world = try World()
        world.kernel.roomMax = 4096
        world.app.answer = { _ in .ok(String(repeating: "x", count: 300_000)) }
        let client = try world.connect()
        client.appetite = 0
        client.get("/")
        world.pass(.milliseconds(29_900))
        #expect(world.exchangeCount == 1)
        world.pass(.milliseconds(200))
        #expect(client.stream.sawReset)
        #expect(world.outcomes == ["send_timeout"])
        world.expectNothingLeaks()
    }

    @Test func `a client that takes a little now and then is served to the end`() throws {
        let world = try World()
        world.kernel.roomMax = 4096
        let body = String(repeating: "0123456789", count: 20_000)
        world.app.answer = { _ in .ok(body) }
        let client = try world.connect()
        client.appetite = 0
        client.get("/")
        world.run()
        for _ in 0..<400 where !client.text.hasSuffix(body) {
            client.appetite = 1024
            _ = client.read()
            client.appetite = 0
            world.pass(.seconds(5))
            if client.received.count > 8000 { client.appetite = .max }
        }
        world.run()
        #expect(client.text.hasSuffix(body))
        #expect(world.outcomes == ["proxied"])
        world.expectNothingLeaks()
    }

    @Test func `an upload below the least rate is refused, one above it is not`() throws {
        let world = try World()
        let slow = try world.connect(
            sending: "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
        let fair = try world.connect(
            sending: "POST /fair HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
        for _ in 0..<30 {
            slow.send(String(repeating: "x", count: 100))
            fair.send(String(repeating: "x", count: 300))
            world.pass(.seconds(1))
        }
        #expect(slow.statuses == [408])
        #expect(fair.statuses == [200])
        #expect(world.outcomes == ["request_timeout", "proxied"])
        world.expectNothingLeaks()
    }

    @Test func `an app that takes nothing of an upload is a 504`() throws {
        let world = try World()
        world.kernel.roomMax = 4096
        world.app.appetite = 0
        let client = try world.connect(
            sending: "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
        client.send(String(repeating: "x", count: 900_000))
        world.pass(.seconds(59))
        #expect(client.statuses == [])
        world.pass(.seconds(2))
        #expect(client.statuses == [504])
        #expect(!client.stream.sawReset)
        world.expectNothingLeaks()
    }

    @Test func `idle connections to the app end after their time`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/")
        world.pass(.seconds(29))
        #expect(world.upstreamCount == 1)
        world.pass(.seconds(2))
        #expect(world.upstreamCount == 0)
        world.expectNothingLeaks()
    }

    @Test func `a tunnel that is silent ends after its time`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        }
        let client = try world.connect()
        client.get("/", "Connection: upgrade\r\nUpgrade: x\r\n")
        world.pass(.seconds(90))
        client.send("still here")
        world.pass(.seconds(90))
        #expect(!client.stream.sawEnd)
        world.pass(.seconds(11))
        #expect(client.stream.sawEnd)
        #expect(world.outcomes == ["tunneled"])
        world.expectNothingLeaks()
    }

    @Test func `an idle connection leased in the turn in which its time is over serves`() throws {
        let world = try World(Settings.text(servers: "\"10.0.0.1:3000\", \"10.0.0.2:3000\""))
        let client = try world.connect()
        client.get("/1")
        client.get("/2")
        world.run()
        #expect(world.upstreamCount == 2)
        // The first server goes; a connection to it hangs until the second's idle one is due.
        let first = SocketAddress.ipv4(0x0A00_0001, port: 3000)
        world.kernel.receptions[first] = .silent
        for (stream, address) in world.kernel.upstreamStreams where address == first {
            stream.close()
        }
        world.pass(.seconds(28))
        #expect(world.upstreamCount == 1)
        client.get("/3")
        world.pass(.milliseconds(2100))
        #expect(client.statuses == [200, 200, 200])
        #expect(world.kernel.upstreamStreams.count == 3)
        #expect(world.outcomes == ["proxied", "proxied", "proxied"])
        world.expectNothingLeaks()
    }
}

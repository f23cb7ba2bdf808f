import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// Endpoints of an upstream, as names resolve to other addresses.
struct UpstreamPoolTests {
    private func pool(_ servers: [ServerAddress]) -> UpstreamPool {
        UpstreamPool(
            UpstreamSettings(
                name: "app",
                servers: servers.map { ServerSpecification(address: $0, weight: 1, text: "\($0)") },
                hostSent: .client, keepalive: KeepaliveSettings(countMax: 4, idle: .seconds(30))))
    }

    private func address(_ last: UInt32) -> SocketAddress { .ipv4(0x0A00_0000 + last, port: 80) }

    /// The addresses that a request may go to now.
    private func choices(_ pool: UpstreamPool) -> Set<SocketAddress> {
        var ring = pool.ring
        var tried = TriedEndpoints()
        var found: Set<SocketAddress> = []
        while let index = ring.choose(at: 0, passing: tried) {
            found.insert(pool.endpoints[index].address)
            tried.insert(index)
        }
        return found
    }

    @Test func `addresses stand ready at once, names have none before they are looked up`() {
        let pool = pool([
            .ip(IPAddress(v4: 0x0A00_0001), port: 80), .name("app", port: 80), .unix(path: "/a"),
        ])
        #expect(choices(pool) == [address(1), .unix(path: "/a")])
    }

    @Test func `a name's addresses come and go`() {
        var pool = pool([.name("app", port: 80)])
        #expect(choices(pool) == [])
        #expect(pool.resolve(server: 0, to: [address(1), address(2)]) == [])
        #expect(choices(pool) == [address(1), address(2)])
        #expect(pool.resolve(server: 0, to: [address(2), address(3)]) == [0])
        #expect(choices(pool) == [address(2), address(3)])
        #expect(pool.resolve(server: 0, to: []) == [])
        #expect(choices(pool) == [address(2), address(3)])
    }

    @Test func `an address that is no more keeps its place while connections name it`() {
        var pool = pool([.name("app", port: 80)])
        _ = pool.resolve(server: 0, to: [address(1)])
        pool.endpoints[0].connectionCount = 1
        _ = pool.resolve(server: 0, to: [address(2)])
        #expect(pool.endpoints.map(\.address) == [address(1), address(2)])
        pool.endpoints[0].connectionCount = 0
        _ = pool.resolve(server: 0, to: [address(2), address(3)])
        #expect(pool.endpoints.map(\.address) == [address(3), address(2)])
        #expect(choices(pool) == [address(2), address(3)])
    }

    @Test func `an address that comes back is tried anew`() {
        var pool = pool([.name("app", port: 80)])
        _ = pool.resolve(server: 0, to: [address(1), address(2)])
        #expect(pool.ring.noteFailure(of: 0, at: 0) == 1_000_000_000)
        _ = pool.resolve(server: 0, to: [address(2)])
        _ = pool.resolve(server: 0, to: [address(2), address(1)])
        #expect(choices(pool) == [address(1), address(2)])
        #expect(pool.ring.noteFailure(of: 0, at: 0) == 1_000_000_000)
    }

    @Test func `one server's addresses are not another's`() {
        var pool = pool([.name("a", port: 80), .name("b", port: 80)])
        _ = pool.resolve(server: 0, to: [address(1)])
        _ = pool.resolve(server: 1, to: [address(1), address(2)])
        #expect(pool.endpoints.map(\.server) == [0, 1, 1])
        #expect(pool.siblingCount(of: 0) == 0)
        #expect(pool.siblingCount(of: 1) == 1)
        #expect(pool.resolve(server: 1, to: [address(2)]) == [1])
        #expect(pool.siblingCount(of: 2) == 0)
        #expect(choices(pool) == [address(1), address(2)])
    }

    @Test func `a server that does not exist changes nothing`() {
        var pool = pool([.name("a", port: 80)])
        #expect(pool.resolve(server: 7, to: [address(1)]) == [])
        #expect(pool.endpoints.isEmpty)
    }

    private func resolved(_ address: SocketAddress) -> WorkerMessage {
        .resolved(
            ResolvedServer(
                upstream: 0, server: 0, name: .name("app.example", port: 80),
                addresses: [address]))
    }

    @Test func `idle connections to an address that is no more are closed`() throws {
        let world = try World(Settings.text(servers: "\"app.example:80\""))
        for last in 1...2 { world.kernel.receptions[address(UInt32(last))] = .accepts }
        world.post(resolved(address(1)))
        let client = try world.connect()
        client.get("/1")
        world.run()
        #expect(world.upstreamCount == 1)
        world.post(resolved(address(2)))
        world.run()
        #expect(world.upstreamCount == 0)
        client.get("/2")
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(world.kernel.upstreamStreams.map(\.address) == [address(1), address(2)])
        world.expectNothingLeaks()
    }

    @Test func `a name without an address is a 502`() throws {
        let world = try World(Settings.text(servers: "\"app.example:80\""))
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.statuses == [502])
        #expect(
            world.metric("apus_upstream_errors_total{upstream=\"app\",reason=\"resolve\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test func `idle connections are used last in first out, and no more are kept than wanted`()
        throws
    {
        let world = try World(Settings.text(keepalive: "{ max: 2, idle: 30s }"))
        world.app.answer = { _ in .silence }
        let clients = try (0..<3).map {
            try world.connect(sending: "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        world.run()
        let streams = world.kernel.upstreamStreams.map(\.stream)
        for stream in streams {
            stream.send("HTTP/1.1 204 No Content\r\n\r\n")
            world.run()
        }
        #expect(world.upstreamCount == 2)
        #expect(streams[2].sawEnd)
        clients[0].get("/again")
        world.run()
        streams[1].send("HTTP/1.1 204 No Content\r\n\r\n")
        world.run()
        #expect(clients[0].statuses == [204, 204])
        world.expectNothingLeaks()
    }
}

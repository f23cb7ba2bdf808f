import Config
import Linux
import Reactor
import Simulation
import Testing

@testable import Gateway

/// Requests that wait for a place of their route, and what becomes of places whose requests go.
struct PlacesTests {
    private static let text = Settings.text(
        extra: """
              - name: unused
                match: { path: /unused }
                respond: { status: 200, body: "" }
            """
    ).replacing(
        "{ name: app, match: { path: /* }, upstream: app }",
        with: "{ name: app, match: { path: /* }, upstream: app, "
            + "concurrency: { max: 1, queue: 2, queue_timeout: 200ms } }")

    private let world: World

    init() throws {
        world = try World(Self.text)
        world.app.answer = { _ in .silence }
    }

    private func ask(_ path: String) throws -> Client {
        let client = try world.connect()
        client.get(path)
        world.run()
        return client
    }

    /// The app answers what is with it.
    private func answer() {
        for (stream, _) in world.kernel.upstreamStreams { stream.send(AppPlay.Reply.ok().bytes) }
        world.run()
    }

    private var paths: [String] { world.app.requests.map { String($0.path) } }

    @Test func `those who wait are served in the order of their coming`() throws {
        let clients = try ["/1", "/2", "/3", "/4"].map(ask)
        #expect(paths == ["/1"])
        #expect(clients[3].statuses == [503])
        #expect(clients[3].text.contains("\"code\":\"overloaded\""))
        answer()
        #expect(paths == ["/1", "/2"])
        answer()
        answer()
        #expect(paths == ["/1", "/2", "/3"])
        #expect(clients.prefix(3).allSatisfy { $0.statuses == [200] })
        #expect(world.outcomes == ["overloaded", "proxied", "proxied", "proxied"])
        world.expectNothingLeaks()
    }

    @Test func `who has waited for too long is answered 503, and others are not`() throws {
        let first = try ask("/1")
        let second = try ask("/2")
        world.pass(.milliseconds(150))
        let third = try ask("/3")
        world.pass(.milliseconds(100))
        #expect(second.statuses == [503])
        #expect(third.statuses == [])
        answer()
        #expect(paths == ["/1", "/3"])
        answer()
        #expect(first.statuses == [200] && third.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test(arguments: [true, false])
    func `who leaves the queue gives others its turn`(isReset: Bool) throws {
        _ = try ask("/1")
        let second = try ask("/2")
        _ = try ask("/3")
        if isReset { second.stream.reset() } else { second.leave() }
        world.pass(.milliseconds(101))
        second.stream.reset()
        world.run()
        let fourth = try ask("/4")
        #expect(fourth.statuses == [])
        answer()
        #expect(paths == ["/1", "/3"])
        answer()
        #expect(paths == ["/1", "/3", "/4"])
        answer()
        world.expectNothingLeaks()
    }

    @Test func `who leaves while its request is with the app gives its place up`() throws {
        let first = try ask("/1")
        let second = try ask("/2")
        first.stream.reset()
        world.run()
        world.pass(.seconds(90))
        #expect(paths.last == "/2" || second.statuses == [503])
        world.app.answer = { _ in .ok() }
        let third = try ask("/3")
        #expect(third.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test func `a drain that cuts off leaves no place behind`() throws {
        _ = try ask("/1")
        _ = try ask("/2")
        world.post(.drain(until: world.kernel.now.advanced(by: .milliseconds(10))))
        world.pass(.milliseconds(20))
        #expect(world.isDone)
        #expect(world.exchangeCount == 0)
    }

    // MARK: Two loops

    /// Another loop of the same process.
    private func sibling() throws -> World {
        let other = try World(
            World.load(Self.text), commons: world.commons, faults: SimulatedFaults(),
            start: world.kernel.now)
        other.app.answer = { _ in .silence }
        return other
    }

    private func end(_ other: World) {
        for client in world.clients + other.clients { client.leave() }
        other.pass(.seconds(400))
        world.pass(.seconds(400))
        world.expectNothingLeaks()
        other.expectNothingLeaks()
    }

    @Test func `a place is handed on to a request of another loop`() throws {
        let other = try sibling()
        _ = try ask("/1")
        let client = try other.connect()
        client.get("/2")
        other.run()
        #expect(other.app.requests.isEmpty)
        answer()
        other.kernel.ring()
        other.run()
        #expect(other.app.requests.map(\.path) == ["/2"])
        for (stream, _) in other.kernel.upstreamStreams { stream.send(AppPlay.Reply.ok().bytes) }
        other.run()
        #expect(client.statuses == [200])
        #expect(try ask("/3").statuses == [])
        #expect(paths == ["/1", "/3"])
        answer()
        end(other)
    }

    @Test func `a place that was given to who is gone is handed on`() throws {
        let other = try sibling()
        _ = try ask("/1")
        let client = try other.connect()
        client.get("/2")
        other.run()
        let third = try ask("/3")
        // The place goes to the other loop, which does not know yet.
        answer()
        #expect(paths == ["/1"])
        other.pass(.milliseconds(210))
        #expect(client.statuses == [503])
        other.kernel.ring()
        other.run()
        world.kernel.ring()
        world.run()
        #expect(paths == ["/1", "/3"])
        answer()
        #expect(third.statuses == [200])
        #expect(try ask("/4").statuses == [])
        answer()
        #expect(paths.last == "/4")
        end(other)
    }
}

import Simulation
import Testing

@testable import Gateway

/// Request bodies in chunks at the limit of 1 MiB: how much they hold is told bit by bit.
struct BodyLimitTests {
    private static let head =
        "POST /up HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let half = String(repeating: "x", count: 512 << 10)
    private static let halfChunk = "80000\r\n\(half)\r\n"

    @Test(arguments: [
        "100001\r\n", "7fffffffffffffff\r\n", "100001;a=b\r\nsome", halfChunk + "80001\r\n",
        halfChunk + "80001\r\nabc", halfChunk + "80000\r\n\(half)\r\n1\r\n",
    ])
    func `a chunk beyond the limit is refused by its size alone`(chunks: String) throws {
        let world = try World()
        let client = try world.connect(sending: Self.head + chunks)
        world.run()
        #expect(client.statuses == [413])
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(world.outcomes == ["body_too_large"])
        #expect(world.app.requests.isEmpty)
        world.expectNothingLeaks()
    }

    @Test func `the size is refused as soon as its line is whole`() throws {
        let world = try World()
        let client = try world.connect(sending: Self.head + "100001\r")
        world.run()
        #expect(client.statuses == [])
        client.send("\n")
        world.run()
        #expect(client.statuses == [413])
        world.expectNothingLeaks()
    }

    @Test(arguments: ["100000\r\n\(half)\(half)\r\n", halfChunk + halfChunk, halfChunk])
    func `chunks up to the limit pass`(chunks: String) throws {
        let world = try World()
        let client = try world.connect(sending: Self.head + chunks + "0\r\n\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.app.requests.count == 1)
        #expect(world.outcomes == ["proxied"])
        world.expectNothingLeaks()
    }
}

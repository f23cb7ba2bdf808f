import Simulation
import Testing

@testable import Gateway

/// Answers that the gateway makes by itself, at the bounds of what fits their buffer.
struct AnsweringTests {
    private static let settings = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        limits: { request_line: 16KiB }
        security_headers: recommended
        routes:
          - { name: twice, match: { path: /twice/* }, redirect: { to: "/x{path}{path}" } }
          - name: often
            match: { path: /often/* }
            redirect: { to: "\(String(repeating: "/{path}", count: 500))" }
          - name: long
            match: { path: /long }
            respond:
              body: "\(String(repeating: "x", count: 32 << 10))"
              content_type: "text/plain; a=\(String(repeating: "y", count: 4000))"
        """

    @Test(arguments: [10, 3000, 4096, 8000, 16_000])
    func `a redirect of a long path is whole`(length: Int) throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        let path = "/twice/" + String(repeating: "x", count: length)
        client.get(path)
        client.get("/twice/again")
        world.run()
        #expect(client.statuses == [308, 308])
        #expect(client.text.contains("\r\nLocation: /x\(path)\(path)\r\n"))
        world.expectNothingLeaks()
    }

    @Test func `a redirect that is too long for an answer is refused`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/often/" + String(repeating: "x", count: 100))
        client.get("/often/" + String(repeating: "x", count: 1000))
        client.get("/twice/again")
        world.run()
        #expect(client.statuses == [308, 414, 308])
        #expect(world.outcomes == ["answered", "uri_too_long", "answered"])
        #expect(world.records.map { $0["route"] } == ["often", "often", "twice"])
        world.expectNothingLeaks()
    }

    @Test func `the longest fixed answer there may be is whole`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/long")
        world.run()
        #expect(client.statuses == [200])
        #expect(client.text.hasSuffix("\r\n\r\n" + String(repeating: "x", count: 32 << 10)))
        world.expectNothingLeaks()
    }
}

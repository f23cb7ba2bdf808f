import Simulation
import Testing

@testable import Gateway

/// Bodies that are held until a limit has looked at them.
struct HoldingTests {
    private static let text = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        limits: { body: 256KiB }
        timeouts: { idle: 75s, stream: 20s, body_min_rate: 240B }
        security_headers: none
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        rate_limits:
          users: { rate: 1/h, burst: 1, key: "form:user" }
        routes:
          - { name: form, rate_limits: [users], upstream: app }
        """
    private static let budget = 64 << 20

    private let world: World

    init() throws { world = try World(Self.text) }

    private static let head =
        "POST /f HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"

    private static func sent(_ body: String, isChunked: Bool = false, _ fields: String = "")
        -> String
    {
        guard isChunked else {
            return head + "Content-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
        }
        let (first, second) = (body.prefix(3), body.dropFirst(3))
        let chunks = [first, second].map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
        return head + "Transfer-Encoding: chunked\r\n\(fields)\r\n\(chunks.joined())0\r\n\r\n"
    }

    /// Whether the budget is as it was.
    private var isBudgetWhole: Bool {
        defer { world.commons.heldBodies.give(Self.budget) }
        return world.commons.heldBodies.take(Self.budget)
    }

    @Test(arguments: [false, true])
    func `a body may be cut anywhere`(isChunked: Bool) throws {
        let whole = Array(Self.sent("user=u0&text=abc", isChunked: isChunked).utf8)
        for cut in 1..<whole.count {
            let world = try World(Self.text)
            let client = try world.connect()
            client.stream.send(Array(whole[..<cut]))
            world.run()
            #expect(world.app.requests.isEmpty, "cut at \(cut)")
            client.stream.send(Array(whole[cut...]))
            world.run()
            #expect(client.statuses == [200], "cut at \(cut)")
            let got = world.app.requests.first.map {
                isChunked ? Chunks.decode($0.head + $0.body) : $0.body
            }
            #expect(got == "user=u0&text=abc", "cut at \(cut)")
        }
    }

    @Test func `who is refused goes on with the next request`() throws {
        let client = try world.connect(
            sending: Self.sent("user=a") + Self.sent("user=a") + Self.sent("user=b"))
        world.run()
        #expect(client.statuses == [200, 429, 200])
        #expect(world.app.requests.map(\.body) == ["user=a", "user=b"])
        #expect(isBudgetWhole)
        world.expectNothingLeaks()
    }

    @Test func `a client that waits for leave to send its body gets it`() throws {
        let body = "user=a"
        let whole = Self.sent(body, "Expect: 100-continue\r\n")
        let client = try world.connect(sending: String(whole.dropLast(body.count)))
        world.run()
        #expect(client.statuses == [100])
        client.send(body)
        world.run()
        #expect(client.statuses == [100, 200])
        world.expectNothingLeaks()
    }

    @Test func `without memory left in the process it is answered 503`() throws {
        #expect(world.commons.heldBodies.take(Self.budget))
        let body = "user=a&text=" + String(repeating: "x", count: 200_000)
        let client = try world.connect(sending: Self.sent(body))
        world.run()
        #expect(client.statuses == [503])
        #expect(world.outcomes == ["overloaded"])
        world.commons.heldBodies.give(Self.budget)
        let next = try world.connect(sending: Self.sent(body))
        world.run()
        #expect(next.statuses == [200])
        #expect(isBudgetWhole)
        world.expectNothingLeaks()
    }

    @Test(arguments: [false, true])
    func `more than the route takes is answered 413`(isChunked: Bool) throws {
        let body = "user=a&text=" + String(repeating: "x", count: 256 << 10)
        let client = try world.connect(sending: Self.sent(body, isChunked: isChunked))
        world.run()
        #expect(client.statuses == [413])
        #expect(world.app.requests.isEmpty)
        client.leave()
        world.run()
        #expect(isBudgetWhole)
        world.expectNothingLeaks()
    }

    @Test func `a malformed body is answered 400`() throws {
        let client = try world.connect(
            sending: Self.head + "Transfer-Encoding: chunked\r\n\r\n3\r\nuseX")
        world.run()
        #expect(client.statuses == [400])
        #expect(isBudgetWhole)
        world.expectNothingLeaks()
    }

    @Test(arguments: [true, false])
    func `a client that leaves meanwhile costs nothing`(isReset: Bool) throws {
        let body = "user=a&text=" + String(repeating: "x", count: 200_000)
        let client = try world.connect(sending: String(Self.sent(body).dropLast(9)))
        world.run()
        #expect(!isBudgetWhole)
        if isReset { client.stream.reset() } else { client.leave() }
        world.run()
        #expect(world.outcomes == ["client_closed"])
        #expect(isBudgetWhole)
        let next = try world.connect(sending: Self.sent("user=a"))
        world.run()
        #expect(next.statuses == [200])
        world.expectNothingLeaks()
    }

    @Test func `a body that does not go on is answered 408`() throws {
        let client = try world.connect(sending: String(Self.sent("user=a").dropLast()))
        world.pass(.seconds(9))
        #expect(client.statuses == [])
        world.pass(.seconds(12))
        #expect(client.statuses == [408])
        #expect(world.outcomes == ["request_timeout"])
        #expect(isBudgetWhole)
        world.expectNothingLeaks()
    }

    @Test func `a body that drips is answered 408`() throws {
        let body = "user=a&text=" + String(repeating: "x", count: 4000)
        let bytes = Array(Self.sent(body).utf8)
        let client = try world.connect()
        var sent = 0
        for _ in 0..<30 where client.statuses.isEmpty && sent < bytes.count {
            let next = min(bytes.count, sent + (sent == 0 ? 300 : 100))
            client.stream.send(Array(bytes[sent..<next]))
            sent = next
            world.pass(.seconds(1))
        }
        #expect(client.statuses == [408])
        world.expectNothingLeaks()
    }
}

import Config
import Linux
import Policy
import Simulation
import Testing

@testable import Gateway

/// Requests whose limits Redis decides, and what it is told afterwards.
struct StoreLimitsTests {
    private static let text = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        timeouts: { idle: 3s }
        security_headers: none
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        rate_limits:
          clients: { rate: 5/h, key: client_ip }
          others: { rate: 5/h, key: client_ip }
          users: { rate: 5/h, key: "form:user" }
          logins: { rate: 5/h, key: client_ip, count: [401] }
        routes:
          - { name: form, match: { path: /form }, rate_limits: [clients, users], upstream: app }
          - { name: login, match: { path: /login }, rate_limits: [logins], upstream: app }
          - { name: two, match: { path: /two }, rate_limits: [clients, others], upstream: app }
          - { name: app, rate_limits: [clients], upstream: app }
        """
    private static let address = SocketAddress(.redis, port: 6379)

    private let world: World

    init() throws {
        world = try World(Self.text, redis: .simulated(failures: 1))
        world.redis.answer = { request in
            guard request.name.hasPrefix("EVAL"), !request.isProof,
                let count = Int(request.words[2])
            else { return RedisPlay.usual(request) }
            // All keys have a token, and are full in a second.
            return "*\(1 + 3 * count)\r\n:1760000000000000\r\n"
                + String(repeating: ":1\r\n:1760000001000000\r\n:0\r\n", count: count)
        }
        world.run()
    }

    private func keys(of operation: String) -> [String] {
        world.redis.requests.filter { $0.words.contains(operation) }.map { $0.words[3] }
    }

    private func decisions(_ limit: String, by store: String) -> Int? {
        world.metric(
            "apus_rate_limit_decisions_total{limit=\"\(limit)\",decision=\"admitted\","
                + "store=\"\(store)\"}")
    }

    @Test func `what a client takes to send its body is not the delay of Redis`() throws {
        let body = "user=a"
        let client = try world.connect(
            sending: "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        world.pass(.milliseconds(500))
        client.send(body)
        world.run()
        #expect(client.statuses == [200])
        #expect(keys(of: "take") == ["apus:clients:{=192.0.2.0}", "apus:users:{=a}"])
        #expect(decisions("users", by: "redis") == 1)
    }

    @Test func `all stages together wait for Redis once its timeout`() throws {
        let body = "user=a"
        world.redis.isLate = true
        let client = try world.connect(
            sending: "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\n\(body)")
        world.pass(.milliseconds(7))
        world.redis.release()
        world.redis.isLate = true
        world.run()
        #expect(keys(of: "take").count == 2)
        #expect(client.statuses == [])
        world.pass(.milliseconds(4))
        #expect(client.statuses == [200])
        #expect(decisions("users", by: "local") == 1)
    }

    @Test func `the end of a connection's idle time does not end a request that waits`() throws {
        let client = try world.connect()
        client.get("/")
        world.run()
        world.pass(.milliseconds(2500))
        client.get("/")
        world.pass(.milliseconds(2995))
        world.redis.isHung = true
        client.get("/")
        world.pass(.milliseconds(8))
        #expect(client.statuses == [200, 200])
        world.redis.isHung = false
        world.run()
        #expect(client.statuses == [200, 200, 200])
    }

    @Test func `debts of limits that share a client are charged to each`() throws {
        world.kernel.receptions[Self.address] = .refuses
        for (stream, address) in world.kernel.upstreamStreams where address == Self.address {
            stream.reset()
        }
        world.run()
        let client = try world.connect()
        for _ in 0..<2 {
            client.get("/two")
            world.run()
        }
        #expect(client.statuses == [200, 200])
        world.kernel.receptions[Self.address] = .accepts
        world.pass(.seconds(3))
        #expect(
            keys(of: "charge").sorted()
                == ["apus:clients:{=192.0.2.0}", "apus:others:{=192.0.2.0}"])
    }

    @Test func `who leaves before the answer that counts is charged for it`() throws {
        world.kernel.receptions[Self.address] = .refuses
        for (stream, address) in world.kernel.upstreamStreams where address == Self.address {
            stream.reset()
        }
        world.run()
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.get("/login")
        world.run()
        client.stream.reset()
        world.pass(.seconds(40))
        world.kernel.receptions[Self.address] = .accepts
        world.pass(.seconds(40))
        #expect(keys(of: "charge") == ["apus:logins:{=192.0.2.0}"])
    }
}

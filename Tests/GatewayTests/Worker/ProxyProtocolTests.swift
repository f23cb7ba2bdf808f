import Simulation
import Testing

@testable import Gateway

/// Listeners whose connections begin with a PROXY header.
struct ProxyProtocolTests {
    /// Clients of a world have addresses in 192.0.2.0/24.
    private static func settings(trusted: String = "192.0.2.0/24") -> String {
        Settings.text(extra: "trusted_proxies: [\(trusted)]").replacing(
            "{ bind: \"127.0.0.1:8080\" }",
            with: "{ bind: \"127.0.0.1:8080\", proxy_protocol: on }")
    }

    private static let refused = "apus_proxy_headers_refused_total{listener=\"public\"}"
    private static let header = "PROXY TCP4 198.51.100.7 10.0.0.1 4711 443\r\n"
    private static let request = "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"

    @Test func `the client is who the header names, on every request of the connection`() throws {
        let world = try World(Self.settings())
        let client = try world.connect(sending: Self.header + Self.request)
        world.run()
        client.send(Self.request)
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(world.records.map { $0["client_ip"] } == ["198.51.100.7", "198.51.100.7"])
        #expect(
            world.app.requests.map { $0.value("x-forwarded-for") } == [
                "198.51.100.7", "198.51.100.7",
            ])
        world.expectNothingLeaks()
    }

    @Test func `a header is read in pieces of any length`() throws {
        for split in 1..<Self.header.utf8.count + 4 {
            let world = try World(Self.settings())
            let bytes = Array((Self.header + Self.request).utf8)
            let client = try world.connect()
            client.stream.send(Array(bytes.prefix(split)))
            world.run()
            client.stream.send(Array(bytes.dropFirst(split)))
            world.run()
            #expect(client.statuses == [200], "split at \(split)")
            #expect(world.records.first?["client_ip"] == "198.51.100.7")
            world.expectNothingLeaks()
        }
    }

    @Test func `trusted proxies are then asked about the address that it names`() throws {
        let world = try World(Self.settings(trusted: "192.0.2.0/24, 10.0.0.0/8"))
        let named = "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.5\r\n\r\n"
        try world.connect(sending: Self.header + named)
        try world.connect(sending: "PROXY TCP4 10.9.9.9 10.0.0.1 1 2\r\n" + named)
        world.run()
        #expect(
            world.records.compactMap { $0["client_ip"] }.sorted() == [
                "198.51.100.7", "203.0.113.5",
            ])
        world.expectNothingLeaks()
    }

    @Test func `a balancer's own check keeps the socket's peer`() throws {
        let world = try World(Self.settings())
        let client = try world.connect()
        client.stream.send([
            13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x20, 0, 0, 0,
        ])
        client.send(Self.request)
        world.run()
        #expect(client.statuses == [200])
        #expect(world.records.first?["client_ip"] == "192.0.2.0")
        world.expectNothingLeaks()
    }

    @Test func `strangers are closed without a word, counted, and logged once a second`() throws {
        let world = try World(Self.settings(trusted: "10.0.0.0/8"))
        for _ in 0..<3 { try world.connect(sending: Self.header + Self.request) }
        world.run()
        #expect(world.clients.allSatisfy { $0.received.isEmpty && $0.stream.sawEnd })
        #expect(world.metric(Self.refused) == 3)
        #expect(world.lines.filter { $0.contains("proxy_peer_not_trusted") }.count == 1)
        world.pass(.seconds(2))
        try world.connect(sending: Self.header)
        world.run()
        #expect(world.lines.last?.contains("\"suppressed\":2") == true)
        #expect(world.records.isEmpty)
        world.expectNothingLeaks()
    }

    @Test(arguments: [request, "PROXY TCP4 x y 1 2\r\n", "\u{16}\u{3}\u{1}"])
    func `a trusted peer that sends none, or garbage, is closed`(_ text: String) throws {
        let world = try World(Self.settings())
        let client = try world.connect(sending: text)
        world.run()
        #expect(client.received.isEmpty && client.stream.sawEnd)
        #expect(world.metric(Self.refused) == 1)
        world.expectNothingLeaks()
    }

    @Test(arguments: ["", "PROXY TCP4 198"])
    func `the header deadline counts from the connect`(_ text: String) throws {
        let world = try World(Self.settings())
        let client = try world.connect(sending: text)
        world.pass(.seconds(9))
        client.send("")
        #expect(!client.stream.sawEnd)
        world.pass(.seconds(2))
        #expect(client.received.isEmpty && client.stream.sawEnd)
        #expect(world.lines.contains { $0.contains("proxy_header_late") })
        world.expectNothingLeaks()
    }

    @Test(arguments: ["", "Connection: close\r\n"])
    func `the header deadline ends with the header`(_ field: String) throws {
        let world = try World(Self.settings())
        // Leaves a connection to the app, so that the next request is sent at once.
        try world.connect(sending: Self.header + Self.request)
        world.run()
        world.app.answer = { _ in .silence }
        let client = try world.connect(
            sending: Self.header + "GET /x HTTP/1.1\r\nHost: a.example\r\n\(field)\r\n")
        world.pass(.seconds(15))
        #expect(client.received.isEmpty && !client.stream.sawEnd)
        #expect(world.records.count == 1)
        client.leave()
        world.run()
        #expect(world.records.map { $0["client_ip"] } == ["198.51.100.7", "198.51.100.7"])
        world.expectNothingLeaks()
    }

    @Test func `a probe that connects and leaves is no event`() throws {
        let world = try World(Self.settings())
        let client = try world.connect()
        world.run()
        client.leave()
        world.run()
        #expect(world.metric(Self.refused) == 0)
        world.expectNothingLeaks()
    }
}

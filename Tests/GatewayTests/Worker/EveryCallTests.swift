import Linux
import Simulation
import Testing

@testable import Gateway

/// Something that happens between clients, worker and app, told so that any call in it may fail.
struct Scenario: CustomTestStringConvertible, Sendable {
    let name: String
    var settings = Settings.plain
    /// Steps; they must not expect anything, as each may go wrong.
    let play: @Sendable (World) throws -> Void

    var testDescription: String { name }
}

/// The nth call to the kernel fails, for every n.
struct EveryCallTests {
    @Test(arguments: Scenario.all)
    func `whichever call fails, each request has one record and nothing is left behind`(
        _ scenario: Scenario
    ) throws {
        var failing = 0
        while true {
            var faults = SimulatedFaults()
            faults.failingCall = failing
            let world = try World(scenario.settings, faults: faults)
            try scenario.play(world)
            world.run()
            let failed = world.kernel.faults.failedCall
            let note = "when call \(failing) fails, \(failed.map { "\($0)" } ?? "none")"
            world.expectOneRecordEach(note)
            world.expectNothingLeaks(note)
            guard failed != nil else { break }
            failing += 1
        }
        #expect(failing > 3, "the scenario makes calls")
    }
}

extension World {
    /// Each request that the app saw or that was answered has exactly one access line; none has
    /// two.
    ///
    /// Requests are told apart by their paths.
    func expectOneRecordEach(_ note: String = "", sourceLocation: SourceLocation = #_sourceLocation)
    {
        var counts: [String: Int] = [:]
        for record in records {
            guard let path = record["path"] else { continue }
            counts[path + (record["query"].map { "?" + $0 } ?? ""), default: 0] += 1
        }
        for (path, count) in counts {
            #expect(count == 1, "records of \(path) \(note)", sourceLocation: sourceLocation)
        }
        guard exchangeCount == 0 else { return }
        for request in app.requests {
            let path = String(request.path)
            #expect(counts[path] == 1, "records of \(path) \(note)", sourceLocation: sourceLocation)
        }
        let answered = clients.reduce(0) { sum, client in
            sum + client.statuses.filter { $0 >= 200 || $0 == 101 }.count
        }
        #expect(records.count >= answered, "\(note)", sourceLocation: sourceLocation)
    }
}

extension Scenario {
    static let all: [Scenario] = [
        Scenario(name: "two requests on one connection") { world in
            let client = try world.connect()
            client.get("/1")
            world.run()
            client.get("/2")
            world.run()
        },
        Scenario(name: "a pipeline of own answers and proxied ones") { world in
            let client = try world.connect()
            for path in ["/1", "/here?2", "/3", "/here?4"] { client.get(path) }
            world.run()
        },
        Scenario(name: "an upload in parts, answered when whole") { world in
            let client = try world.connect(
                sending: "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n")
            world.run()
            client.send(String(repeating: "x", count: 4000))
            world.run()
            client.send(String(repeating: "x", count: 5000))
            world.run()
        },
        Scenario(name: "chunks both ways") { world in
            world.app.answer = { _ in
                .init("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            }
            let client = try world.connect(
                sending:
                    "PUT /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            world.run()
            client.send("0\r\n\r\n")
            world.run()
        },
        Scenario(name: "an early answer to an upload") { world in
            world.app.answersEarly = true
            world.app.answer = { _ in
                .init("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", .ends)
            }
            let client = try world.connect(
                sending: "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n")
            client.send(String(repeating: "x", count: 60_000))
            world.run()
            client.send(String(repeating: "x", count: 30_000))
            world.run()
        },
        Scenario(name: "a reused connection dies") { world in
            let client = try world.connect()
            client.get("/1")
            world.run()
            client.get("/2")
            world.runWorker()
            world.kernel.upstreamStreams.first?.stream.reset()
            world.run()
        },
        Scenario(
            name: "the first server refuses",
            settings: Settings.text(servers: "\"10.0.0.1:3000\", \"10.0.0.2:3000\"")
        ) { world in
            world.kernel.receptions[.ipv4(0x0A00_0001, port: 3000)] = .refuses
            try world.connect().get("/1")
            try world.connect().get("/2")
            world.run()
        },
        Scenario(name: "a tunnel with words both ways") { world in
            world.app.answer = { _ in
                .init(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                        + "Upgrade: x\r\n\r\nhello"
                )
            }
            let client = try world.connect()
            client.get("/1", "Connection: upgrade\r\nUpgrade: x\r\n")
            world.run()
            client.send("words")
            world.run()
            client.stream.end()
            world.run()
        },
        Scenario(name: "an answer that ends with its connection") { world in
            world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\n\r\nuntil the end", .ends) }
            try world.connect().get("/1")
            world.run()
        },
        Scenario(name: "a client that leaves in the middle") { world in
            world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }
            let client = try world.connect()
            client.get("/1")
            world.run()
            client.leave()
            world.run()
        },
        Scenario(name: "an interim answer, then the final one") { world in
            world.app.answer = { _ in
                .init(
                    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
            }
            try world.connect().get("/1")
            world.run()
        },
        Scenario(name: "a malformed request and a refused one") { world in
            try world.connect(sending: "GET /1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
            try world.connect(sending: "GET /../../2 HTTP/1.1\r\nHost: a\r\n\r\n")
            world.run()
        },
        Scenario(name: "a large answer to a slow client") { world in
            world.kernel.roomMax = 8192
            world.app.answer = { _ in .ok(String(repeating: "x", count: 60_000)) }
            let client = try world.connect()
            client.appetite = 5000
            client.get("/1")
            world.run()
        },
        Scenario(name: "connections for one request each, one of them slow to take its answer") {
            world in
            try world.connect().get("/1")
            world.run()
            world.kernel.roomMax = 8192
            world.app.answer = { _ in .ok(String(repeating: "x", count: 60_000)) }
            try world.connect().get("/2", "Connection: close\r\n")
            world.clients[1].appetite = 5000
            world.run()
            world.app.answer = { _ in .silence }
            try world.connect().get("/3", "Connection: close\r\n")
            world.pass(.seconds(70))
        },
        Scenario(name: "a client that ends its side with its request") { world in
            let client = try world.connect()
            client.get("/1")
            client.stream.end()
            world.run()
        },
        Scenario(name: "timeouts of app and client") { world in
            world.app.answer = {
                $0.path == "/1" ? .silence : .init("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na")
            }
            try world.connect().get("/1")
            try world.connect().get("/2")
            try world.connect(sending: "GET /3 HTTP/1.1\r\n")
            world.pass(.seconds(70))
        },
        Scenario(name: "a drain with one in flight") { world in
            world.app.answer = { _ in .silence }
            try world.connect().get("/1")
            try world.connect().get("/here?2")
            world.run()
            world.drain()
            world.kernel.upstreamStreams.first?.stream.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            world.run()
        },
    ]
}

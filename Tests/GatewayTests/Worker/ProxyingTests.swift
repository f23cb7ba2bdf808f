import Simulation
import Testing

@testable import Gateway

/// The plain way of a request, through a simulated kernel.
struct ProxyingTests {
    @Test func `a request reaches the app in canonical form and its answer the client`() throws {
        let world = try World()
        let client = try world.connect()
        client.get("/a?b=c", "X-One: 1\r\n")
        world.run()
        let request = try #require(world.app.requests.first)
        #expect(request.line == "GET /a?b=c HTTP/1.1")
        #expect(request.value("host") == "a.example")
        #expect(request.value("x-one") == "1")
        #expect(request.value("x-forwarded-for") == "192.0.2.0")
        #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(client.text.hasSuffix("\r\n\r\nok"))
        #expect(world.outcomes == ["proxied"])
        #expect(world.records.first?["bytes_out"] == "2")
        world.expectNothingLeaks()
    }

    @Test func `requests of one connection share one connection to the app`() throws {
        let world = try World()
        let client = try world.connect()
        for number in 0..<5 {
            client.get("/\(number)")
            world.run()
        }
        #expect(client.statuses == [200, 200, 200, 200, 200])
        #expect(world.kernel.upstreamStreams.count == 1)
        #expect(world.app.requests.map(\.path) == ["/0", "/1", "/2", "/3", "/4"])
        world.expectNothingLeaks()
    }

    @Test func `pipelined requests are answered in their order`() throws {
        let world = try World()
        world.app.answer = { .ok("<\($0.path)>") }
        let client = try world.connect()
        for path in ["/1", "/here", "/2", "/here", "/3"] { client.get(path) }
        world.run()
        let bodies = client.text.components(separatedBy: "\r\n\r\n").dropFirst()
            .map { $0.prefix { $0 != "H" } }
        #expect(bodies == ["</1>", "here", "</2>", "here", "</3>"])
        #expect(world.outcomes == ["proxied", "answered", "proxied", "answered", "proxied"])
        world.expectNothingLeaks()
    }

    @Test func `a chunked upload and a chunked answer pass whole`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            )
        }
        let client = try world.connect()
        client.send(
            "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;x=y\r\nhello\r\n0\r\n\r\n")
        world.run()
        #expect(world.app.requests.first?.body == "5\r\nhello\r\n0\r\n\r\n")
        #expect(Chunks.decode(client.text) == "abcde")
        #expect(world.records.first?["bytes_in"] == "5")
        #expect(world.records.first?["bytes_out"] == "5")
        world.expectNothingLeaks()
    }

    @Test func `an answer that ends with its connection is whole and its connection not kept`()
        throws
    {
        let world = try World()
        world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\n\r\nuntil the end", .ends) }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(Chunks.decode(client.text) == "until the end")
        client.get("/again")
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(world.kernel.upstreamStreams.count == 2)
        world.expectNothingLeaks()
    }

    @Test func `bodies larger than any buffer arrive whole, both ways`() throws {
        let world = try World()
        world.kernel.roomMax = 300_000
        let bulk = String(repeating: "0123456789", count: 100_000)
        world.app.answer = { .ok($0.body) }
        let client = try world.connect(
            sending: "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(bulk.utf8.count)\r\n\r\n")
        client.send(bulk)
        world.run()
        #expect(client.statuses == [200])
        #expect(client.text.hasSuffix("\r\n\r\n" + bulk))
        #expect(world.bufferCount == 0)
        world.expectNothingLeaks()
    }

    @Test func `an old client gets no chunks but the end of its connection`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        }
        let client = try world.connect()
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        world.run()
        #expect(client.text.hasSuffix("\r\n\r\nabc"))
        #expect(client.text.contains("Connection: close"))
        #expect(client.stream.sawEnd)
        world.expectNothingLeaks()
    }

    @Test func `events pass one by one, the head before the first of them`() throws {
        let world = try World()
        world.app.answer = { _ in
            .init(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
        }
        let client = try world.connect()
        client.get("/events")
        world.run()
        #expect(client.text.hasSuffix("\r\n\r\n"))
        let stream = try #require(world.kernel.upstreamStreams.first?.stream)
        for number in 0..<3 {
            stream.send("8\r\ndata: \(number)\n\r\n")
            world.run()
            #expect(client.text.contains("data: \(number)\n"))
        }
        stream.send("0\r\n\r\n")
        world.run()
        #expect(client.text.hasSuffix("0\r\n\r\n"))
        world.expectNothingLeaks()
    }

    @Test func `HEAD has no body and the connection lives on`() throws {
        let world = try World()
        world.app.answer = { request in
            request.method == "HEAD"
                ? .init("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n") : .ok()
        }
        let client = try world.connect()
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.get("/next")
        world.run()
        #expect(client.statuses == [200, 200])
        #expect(world.kernel.upstreamStreams.count == 1)
        world.expectNothingLeaks()
    }

    @Test func `interim answers that a client does not take are left out whole`() throws {
        let world = try World()
        world.kernel.roomMax = 1024
        world.app.answer = { _ in .silence }
        let client = try world.connect()
        client.appetite = 0
        client.get("/")
        world.run()
        let app = try #require(world.kernel.upstreamStreams.first?.stream)
        let link = String(repeating: "a", count: 900)
        let hint = "HTTP/1.1 103 Early Hints\r\nLink: </\(link)>\r\n\r\n"
        for _ in 0..<100 {
            app.send(hint)
            world.runWorker()
        }
        client.appetite = .max
        world.run()
        app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        world.run()
        let parts = client.text.components(separatedBy: "\r\n\r\n")
        #expect(parts.dropLast(2).allSatisfy { $0 + "\r\n\r\n" == hint })
        #expect(client.statuses.last == 200)
        #expect(client.statuses.dropLast().allSatisfy { $0 == 103 })
        #expect(client.statuses.count > 2)
        world.expectNothingLeaks()
    }

    @Test func `interim answers pass before the final one`() throws {
        let world = try World()
        world.app.answersEarly = true
        world.app.answer = { _ in .init("HTTP/1.1 100 Continue\r\n\r\n") }
        let client = try world.connect()
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        world.run()
        #expect(client.statuses == [100])
        client.send("body")
        world.run()
        let stream = try #require(world.kernel.upstreamStreams.first?.stream)
        #expect(world.app.loose(on: stream) == "body")
        stream.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        world.run()
        #expect(client.statuses == [100, 201])
        #expect(world.outcomes == ["proxied"])
        world.expectNothingLeaks()
    }

    @Test(arguments: ["", "?q=1"])
    func `an absolute target without a path is logged as the root`(query: String) throws {
        let world = try World()
        let client = try world.connect(
            sending: "GET http://a.example\(query) HTTP/1.1\r\nHost: a.example\r\n\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.app.requests.first?.path == "/\(query)")
        let record = try #require(world.records.first)
        #expect(record["path"] == "/")
        #expect(record["host"] == "a.example")
        world.expectNothingLeaks()
    }
}

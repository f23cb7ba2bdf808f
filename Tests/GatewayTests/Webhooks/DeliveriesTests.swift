import Bytes
import Linux
import Simulation
import Testing

@testable import Gateway

/// Deliveries to webhooks, as far as a single gateway without Redis decides about them.
struct DeliveriesTests {
    private static let event = SignedWorld.event("evt_1")
    private static let failure = AppPlay.Reply("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    @Test func `a genuine delivery goes to the app as it came, which is told whose it is`() throws {
        let world = try World(SignedWorld.settings())
        let client = try world.deliver(
            Self.event, fields: "Apus-Webhook: provider=forged\r\nContent-Type: a/b\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.app.requests.map(\.body) == [Self.event])
        let head = world.app.requests.first
        #expect(head?.value("apus-webhook") == "provider=stripe; id=\"evt_1\"")
        #expect(head?.head.components(separatedBy: "Apus-Webhook").count == 2)
        #expect(head?.value("content-type") == "a/b")
        #expect(world.verifications("verified") == 1)
        world.expectNothingLeaks()
    }

    @Test func `what a structured field escapes is escaped in an id`() {
        let ids = [":", ":a:", "x::y"].map { $0.replacing(":", with: "\"") }
        for id in ids + ids.map({ $0.replacing("\"", with: "\\") }) {
            let escaped = id.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
            var text = Buffer(capacity: 1024)
            text.append("GET / HTTP/1.1\r\n\r\n")
            var journal = Journal(text: text)
            journal.note(webhookOf: "svix", id: Array(id.utf8).span)
            let range = journal.webhook
            let value = journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                String(decoding: range.indices.map { bytes[$0] }, as: UTF8.self)
            }
            #expect(value == "provider=svix; id=\"\(escaped)\"")
        }
    }

    @Test func `chunks stay chunks`() throws {
        let world = try World(SignedWorld.settings())
        let field = SignedWorld.signature(of: Self.event, at: world.wallSeconds)
        let start = "POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\(field)\r\n"
        let size = String(Self.event.utf8.count - 3, radix: 16)
        let client = try world.connect(
            sending: start + "3\r\n\(Self.event.prefix(3))\r\n"
                + "\(size)\r\n\(Self.event.dropFirst(3))\r\n0\r\n\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(world.app.requests.first?.value("transfer-encoding") == "chunked")
        world.expectNothingLeaks()
    }

    @Test func `a forged delivery is refused without a word of why, and the next is read`() throws {
        let world = try World(SignedWorld.settings())
        let forged = SignedWorld.delivery(
            Self.event, at: world.wallSeconds, by: "another secret, as long")
        let client = try world.connect(
            sending: forged + SignedWorld.delivery(Self.event, at: world.wallSeconds))
        world.run()
        #expect(client.statuses == [401, 200])
        #expect(client.text.contains("\"code\":\"webhook_rejected\""))
        #expect(!client.text.contains("signature_wrong"))
        #expect(world.app.requests.count == 1)
        #expect(world.outcomes == ["webhook_rejected", "proxied"])
        #expect(world.verifications("bad_signature") == 1)
        let line = world.lines.first { $0.contains("\"kind\":\"webhook_rejected\"") }
        #expect(line?.contains("\"reason\":\"signature_wrong\"") == true)
        world.expectNothingLeaks()
    }

    @Test func `what the app has accepted does not reach it again`() throws {
        let world = try World(SignedWorld.settings())
        try world.deliver(Self.event)
        world.run()
        world.kernel.advance(to: world.kernel.now.advanced(by: .seconds(20)))
        let second = try world.deliver(Self.event)
        world.run()
        #expect(second.statuses == [200] && second.text.contains("Apus-Webhook: replayed\r\n"))
        #expect(world.app.requests.count == 1)
        #expect(world.verifications("replayed") == 1)
        #expect(world.lines.contains { $0.contains("webhook_replayed") && $0.contains("evt_1") })
        world.expectNothingLeaks()
    }

    @Test(arguments: [301, 404, 500])
    func `what the app has not accepted reaches it again`(_ status: Int) throws {
        let world = try World(SignedWorld.settings())
        world.app.answer = { _ in
            AppPlay.Reply("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        }
        try world.deliver(Self.event)
        world.run()
        world.app.answer = { _ in .ok() }
        let second = try world.deliver(Self.event)
        world.run()
        #expect(second.statuses == [200] && world.app.requests.count == 2)
        #expect(!second.text.contains("replayed"))
        world.expectNothingLeaks()
    }

    @Test func `an app that goes, or says nothing in time, has not accepted`() throws {
        let world = try World(SignedWorld.settings())
        for ending in [AppPlay.Reply.Ending.resets, .kept] {
            world.app.answer = { _ in AppPlay.Reply("", ending) }
            let client = try world.deliver(Self.event)
            world.pass(.seconds(31))
            #expect(client.statuses.count == 1 && (client.statuses.first ?? 0) > 500)
        }
        world.app.answer = { _ in .ok() }
        let last = try world.deliver(Self.event)
        world.run()
        #expect(last.statuses == [200] && !last.text.contains("replayed"))
        world.expectNothingLeaks()
    }

    @Test func `a client that leaves before the answer frees its event`() throws {
        let world = try World(SignedWorld.settings())
        world.app.answer = { _ in .silence }
        let first = try world.deliver(Self.event)
        world.run()
        first.stream.reset()
        world.run()
        world.app.answer = { _ in .ok() }
        let second = try world.deliver(Self.event)
        world.run()
        #expect(second.statuses == [200] && world.app.requests.count == 2)
        world.expectNothingLeaks()
    }

    // MARK: Duplicates

    @Test(arguments: [true, false])
    func `a duplicate waits for the first, and goes itself if that fails`(_ isGood: Bool) throws {
        let world = try World(SignedWorld.settings())
        world.app.answer = { _ in .silence }
        let first = try world.deliver(Self.event)
        let second = try world.deliver(Self.event)
        world.run()
        world.pass(.seconds(2))
        #expect(world.app.requests.count == 1 && second.statuses.isEmpty)
        let stream = try #require(world.kernel.upstreamStreams.first?.stream)
        world.app.answer = { _ in .ok() }
        stream.send((isGood ? AppPlay.Reply.ok() : Self.failure).bytes)
        world.pass(.seconds(1))
        #expect(first.statuses == [isGood ? 200 : 500] && second.statuses == [200])
        #expect(second.text.contains("replayed") == isGood)
        #expect(world.app.requests.count == (isGood ? 1 : 2))
        world.expectNothingLeaks()
    }

    @Test func `a duplicate that waits too long is told to come again`() throws {
        let world = try World(SignedWorld.settings(", duplicate_wait: 3s"))
        world.app.answer = { _ in .silence }
        let first = try world.deliver(Self.event)
        world.run()
        let second = try world.deliver(Self.event)
        world.pass(.milliseconds(2900))
        #expect(second.statuses.isEmpty)
        world.pass(.milliseconds(400))
        #expect(second.statuses == [409] && second.text.contains("Retry-After: 10\r\n"))
        #expect(world.outcomes == ["conflict"])
        try #require(world.kernel.upstreamStreams.first?.stream).send(AppPlay.Reply.ok().bytes)
        world.run()
        #expect(first.statuses == [200] && world.app.requests.count == 1)
        world.expectNothingLeaks()
    }

    @Test func `a duplicate whose client leaves while it waits changes nothing`() throws {
        let world = try World(SignedWorld.settings())
        world.app.answer = { _ in .silence }
        try world.deliver(Self.event)
        world.run()
        let second = try world.deliver(Self.event)
        world.pass(.milliseconds(200))
        second.stream.reset()
        world.run()
        let third = try world.deliver(Self.event)
        world.run()
        try #require(world.kernel.upstreamStreams.first?.stream).send(AppPlay.Reply.ok().bytes)
        world.pass(.seconds(1))
        #expect(third.text.contains("replayed") && world.app.requests.count == 1)
        world.expectNothingLeaks()
    }

    @Test func `loops of one process know the same events`() throws {
        let snapshot = try World.load(SignedWorld.settings())
        let commons = Commons(snapshot, secret: .fixed)
        let worlds = try (0..<2).map { _ in
            try World(snapshot, commons: commons, faults: SimulatedFaults())
        }
        try worlds[0].deliver(Self.event)
        worlds[0].run()
        let second = try worlds[1].deliver(Self.event)
        worlds[1].run()
        #expect(second.text.contains("replayed") && worlds[1].app.requests.isEmpty)
        for client in worlds.flatMap(\.clients) { client.leave() }
        for world in worlds { world.run() }
        for world in worlds { world.expectNothingLeaks() }
    }

    @Test func `without replay every delivery reaches the app`() throws {
        let world = try World(SignedWorld.settings(", replay: off"))
        for _ in 0..<3 { try world.deliver(Self.event) }
        world.run()
        #expect(world.app.requests.count == 3)
        world.expectNothingLeaks()
    }

    // MARK: Bodies

    @Test func `a body that is too long is refused, announced or not`() throws {
        let world = try World(SignedWorld.settings())
        let long = try world.connect(
            sending: "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n")
        let chunked = try world.connect(
            sending: "POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "10001\r\n" + String(repeating: "x", count: 70_000))
        world.run()
        #expect(long.statuses == [413] && chunked.statuses == [413])
        #expect(world.verifications("too_large") == 2 && world.app.requests.isEmpty)
        world.expectNothingLeaks()
    }

    @Test func `whoever waits for it is told to go on, once`() throws {
        let world = try World(SignedWorld.settings())
        world.app.answer = { _ in
            AppPlay.Reply("HTTP/1.1 100 Continue\r\n\r\n" + AppPlay.Reply.ok().bytes)
        }
        let request = SignedWorld.delivery(
            Self.event, at: world.wallSeconds, fields: "Expect: 100-continue\r\n")
        let client = try world.connect(sending: String(request.dropLast(Self.event.count)))
        world.run()
        #expect(client.statuses == [100])
        client.send(Self.event)
        world.run()
        #expect(client.statuses == [100, 200])
        world.expectNothingLeaks()
    }

    // MARK: Redis

    /// What the script of events answers; all else is as usual.
    private static func redis(_ answer: @escaping () -> String) -> (RedisRequest) -> String? {
        { request in
            let isEvent = request.words.contains { $0.contains("replay:{stripe}:") }
            return isEvent ? answer() : RedisPlay.usual(request)
        }
    }

    @Test func `who asks time and again for another gateway's event never runs out of time for it`()
        throws
    {
        let world = try World(SignedWorld.settings(), redis: .simulated())
        var answer = "*2\r\n:0\r\n:60000\r\n"
        world.redis.answer = Self.redis { answer }
        world.run()
        world.redis.isLate = true
        let client = try world.deliver(Self.event)
        for turn in 0..<6 {
            world.pass(.milliseconds(6))
            if turn == 5 { answer = "*2\r\n:2\r\n:60000\r\n" }
            world.redis.release()
            world.run()
            world.redis.isLate = true
            // Until it asks once more; no longer than its pause.
            let count = world.redis.requests.count
            for _ in 0..<260 where world.redis.requests.count == count && turn < 5 {
                world.pass(.milliseconds(1))
            }
            #expect(world.app.requests.isEmpty)
        }
        world.redis.release()
        world.pass(.milliseconds(300))
        world.redis.release()
        world.pass(.milliseconds(300))
        #expect(client.statuses == [200] && client.text.contains("replayed"))
        #expect(world.app.requests.isEmpty)
        world.expectNothingLeaks()
    }

    @Test func `an event that another gateway has is not taken as Redis goes away`() throws {
        let world = try World(
            SignedWorld.settings(", duplicate_wait: 2s"), redis: .simulated(failures: 1))
        world.redis.answer = Self.redis { "*2\r\n:0\r\n:60000\r\n" }
        world.run()
        let client = try world.deliver(Self.event)
        world.run()
        world.redis.isHung = true
        world.pass(.seconds(3))
        #expect(client.statuses == [409] && world.app.requests.isEmpty)
        // Whoever comes now is this gateway's to decide on.
        let later = try world.deliver(Self.event)
        world.pass(.seconds(1))
        #expect(later.statuses == [200] && world.app.requests.count == 1)
        world.redis.isHung = false
        world.expectNothingLeaks()
    }

    // MARK: Shadow

    @Test func `in shadow everything passes, and what would not is told of`() throws {
        let world = try World(SignedWorld.settings())
        let unsigned = try world.connect(
            sending: "POST /watch HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
        let long = String(repeating: "x", count: 9000)
        let tooLong = try world.connect(
            sending: "POST /watch HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n\(long)")
        let genuine = try world.deliver(Self.event, to: "/watch")
        world.run()
        let again = try world.deliver(Self.event, to: "/watch")
        world.run()
        for client in [unsigned, tooLong, genuine, again] { #expect(client.statuses == [200]) }
        #expect(world.app.requests.count == 4)
        #expect(world.app.requests.count { $0.value("apus-webhook") != nil } == 2)
        #expect(world.verifications("missing", of: "watch") == 1)
        #expect(world.verifications("too_large", of: "watch") == 1)
        #expect(world.verifications("verified", of: "watch") == 1)
        #expect(world.verifications("replayed", of: "watch") == 1)
        world.expectNothingLeaks()
    }
}

import Glibc
import Testing

/// Bodies that are held until they were verified have bounds, all of them together.
@Suite(.staged, .serialized) struct HeldDeliveriesTests {
    static let halfSentCount = 500
    static let bodyBytes = 1 << 20

    /// The head of a delivery of so many bytes that nobody has signed.
    static let head = Array(
        ("POST /hooks/stripe HTTP/1.1\r\nHost: app.test\r\nStripe-Signature: t=1,v1=00\r\n"
            + "Content-Length: \(bodyBytes)\r\n\r\n").utf8)

    /// Sends as much of a request as the gateway takes.
    private func sendSome(_ bytes: [UInt8], on wire: Wire) {
        var sent = 0
        let deadline = uptime() + 5
        while sent < bytes.count, uptime() < deadline {
            let count = wire.sendSome(bytes[sent...])
            if count < 0 && errno != EAGAIN { return }
            if count < 0 { _ = wire.isReady(Int16(POLLOUT), within: 0.1) } else { sent += count }
        }
    }

    @Test func `half-sent bodies take no more than the budget, and no others with them`() throws {
        let gateway = try WebhookGateway(
            ["stripe"],
            with: """
                server: { workers: 2, drain_timeout: 5s }
                timeouts: { stream: 2min, body_min_rate: none }
                """)
        #expect(
            try gateway.deliver(gateway.deliveries.sign("stripe", id: "evt_0")).status == 200)
        let before = try gateway.apus.residentKiB()
        let port = gateway.apus.port
        let load = Load(clients: 4, pause: 0.002) { _, _ in (port, 0, get("/other")) }
        let half = Self.head + Array(repeating: 0x61, count: Self.bodyBytes / 2)
        let wires = try (0..<Self.halfSentCount).map { _ in try gateway.apus.connect() }
        var most = 0
        for wire in wires {
            sendSome(half, on: wire)
            most = max(most, try gateway.apus.residentKiB())
        }
        var (refused, told) = (0, 0)
        for wire in wires where try wire.receive(within: 0.01) {
            let answer = try? wire.response()
            refused += 1
            // One that was still sending may find its connection reset before it can read.
            guard let answer else { continue }
            told += 1
            #expect(answer.status == 503)
            #expect(Int(answer["Retry-After"] ?? "") ?? 0 > 0)
            #expect(try answer.problem().code == "overloaded")
        }
        most = max(most, try gateway.apus.residentKiB())
        let samples = try load.end()
        let slowest = samples.map(\.seconds).max() ?? 0
        print(
            "\(Self.halfSentCount) half-sent bodies: \(Self.halfSentCount - refused) held, "
                + "\(refused) refused, \(told) told; resident \(before) KiB before, "
                + "\(most) KiB at most; "
                + "\(samples.count) other requests meanwhile, 99 % within "
                + "\(Int(samples.map(\.seconds).quantile(0.99) * 1e6)) µs, all within "
                + "\(Int(slowest * 1e6)) µs")
        #expect(told > 0)
        #expect(Self.halfSentCount - refused >= 60)
        // The budget, and what parking and refusing 500 connections takes beside it.
        #expect(most - before < (64 + 16) << 10)
        #expect(samples.allSatisfy { $0.status == 200 })
        #expect(samples.count > 100)
        for wire in wires { wire.hangUp() }
        try eventually("deliveries pass again") {
            let delivery = try gateway.deliveries.sign(
                "stripe", id: "evt_after",
                body: Array(repeating: 0x62, count: Self.bodyBytes))
            return try gateway.deliver(delivery).status == 200
        }
        #expect(gateway.app.requests.all.allSatisfy { $0["Apus-Webhook"] != nil })
    }

    @Test func `the budget is what the configuration says`() throws {
        let gateway = try WebhookGateway(
            ["stripe"],
            with: """
                limits: { webhooks_memory: 1MiB }
                timeouts: { body_min_rate: none }
                """)
        let half = Self.head + Array(repeating: 0x61, count: Self.bodyBytes * 3 / 4)
        let first = try gateway.apus.connect()
        try first.send(half)
        #expect(try first.isSilent(for: 0.2))
        let second = try gateway.apus.connect()
        sendSome(half, on: second)
        let refusal = try second.response()
        #expect(refusal.status == 503)
        #expect(Int(refusal["Retry-After"] ?? "") ?? 0 > 0)
        // A short one fits in what every connection has.
        #expect(
            try gateway.deliver(gateway.deliveries.sign("stripe", id: "evt_1")).status == 200)
        first.hangUp()
        try eventually("what the first held is free again") {
            let long = try gateway.deliveries.sign(
                "stripe", id: "evt_2", body: Array(repeating: 0x62, count: 900_000))
            return try gateway.deliver(long).status == 200
        }
    }

    @Test func `who sends too slowly is not waited for`() throws {
        let gateway = try WebhookGateway(
            ["stripe"], with: "timeouts: { body_min_rate: 1KiB, stream: 1min }")
        let wire = try gateway.apus.connect()
        try wire.send(Self.head)
        let began = uptime()
        while try !wire.receive(within: 0.2) {
            #expect(uptime() - began < 20)
            try wire.send("x")
        }
        let answer = try wire.response()
        #expect(answer.status == 408)
        #expect(try answer.problem().code == "request_timeout")
        #expect(gateway.app.requests.all.isEmpty)
    }
}

import Foundation
import Testing

/// Clients that begin TLS and do not go on, or go on with something else.
@Suite(.staged, .serialized) struct AbuseTests {
    private static func gateway(
        _ tls: String = "handshake_timeout: 3s", _ more: String = "", app: Origin? = nil
    ) throws -> Apus {
        let app = try app ?? Origin.saying()
        let text = try secureListener(["app"], tls) + "\n" + secureRoutes(to: app)
        return try Apus("\(text)\n\(more)", apps: [app])
    }

    /// What a gateway has before a test's clients come.
    private struct Standing {
        let residentKiB: Int
        let descriptors: Int

        init(_ apus: Apus) throws {
            // Once over, so that what is made at the first handshake is there.
            for _ in 1...3 { #expect(try SecureClient(port: apus.port).see().status == 200) }
            residentKiB = try apus.residentKiB()
            descriptors = try apus.descriptorCount()
        }

        /// Whoever came is gone, nothing is left of them, and all were counted once.
        func expectHolds(_ apus: Apus, _ what: String, growthKiB: Int = 12 << 10) throws {
            try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
            try eventually("descriptors are closed") {
                try apus.descriptorCount() <= descriptors + 2
            }
            let now = try apus.residentKiB()
            print("\(what): RSS before \(residentKiB) KiB, after \(now) KiB")
            #expect(now < residentKiB + growthKiB, "\(what)")
            let metrics = try apus.metrics()
            let handshakes = metrics.sum("apus_tls_handshakes_total")
            #expect(handshakes == metrics.sum("apus_connections_total"), "\(what)")
            #expect(try SecureClient(port: apus.port).see().status == 200)
        }
    }

    /// Another gateway of the same kind that nobody abuses: how long its clients wait meanwhile is
    /// what the machine has everybody wait.
    private struct Quiet {
        private let apus: Apus
        private let load: SecureLoad

        init() throws {
            apus = try AbuseTests.gateway()
            load = try SecureLoad(of: apus, new: 1, kept: 1)
        }

        func slowest() throws -> Double { try load.report().slowest }
    }

    @Test(arguments: ["nothing", "half", "whole"])
    func `silent half-handshakes hold up nobody, and end in time`(kind: String) throws {
        let apus = try Self.gateway()
        let standing = try Standing(apus)
        let load = try SecureLoad(of: apus, new: 1, kept: 3)
        let quiet = try Quiet()
        try eventually("the load is on") { try load.report().done > 0 }
        let count = 1500
        let abuse = try TLSAbuse(of: apus, ["silent", kind, "\(count)"])
        struct Start: Decodable { let connected: Int, seconds: Double }
        _ = try eventually("all have come", within: 60) {
            try apus.metrics().sum("apus_connections_active") >= Double(count) ? true : nil
        }
        let during = try load.report()
        let began = uptime()
        #expect(try SecureClient(port: apus.port).see().status == 200)
        let newcomer = uptime() - began
        // With the start of a process, on a machine that may be busy.
        #expect(newcomer < 5)
        pass(seconds: 0.5)
        let after = try load.report()
        print(
            """
            \(count) silent clients that sent \(kind): \(during.done + after.done) requests \
            meanwhile, the slowest after \(Int(max(during.slowest, after.slowest) * 1000)) ms, \
            a newcomer's process after \(Int(newcomer * 1000)) ms
            """)
        let noise = try quiet.slowest()
        for report in [during, after] {
            #expect(report.failed.isEmpty, "\(report.failed.prefix(3))")
            #expect(report.slowest < 1 + noise)
        }
        let timeouts = "listener=\"public\",version=\"-\",result=\"timeout\""
        try apus.expect("apus_tls_handshakes_total{\(timeouts)}", is: Double(count))
        try abuse.stop()
        _ = try load.report()
        withExtendedLifetime(load) {}
        #expect(try apus.residentKiB() < standing.residentKiB + (96 << 10))
    }

    @Test func `too many half-handshakes give way, the oldest first`() throws {
        let apus = try Self.gateway("handshake_timeout: 30s", "limits: { connections: 400 }")
        let load = try SecureLoad(of: apus, new: 0, kept: 4)
        let quiet = try Quiet()
        try eventually("the load is on") { try load.report().done > 0 }
        let abuse = try TLSAbuse(of: apus, ["silent", "half", "1000"])
        let shed = "apus_tls_handshakes_total{listener=\"public\",version=\"-\",result=\"shed\"}"
        try eventually("the oldest give way") { try apus.metrics()[shed] ?? 0 >= 750 }
        #expect(try SecureClient(port: apus.port).see().status == 200)
        let report = try load.report()
        #expect(report.failed.isEmpty, "\(report.failed.prefix(3))")
        #expect(report.slowest < 1 + (try quiet.slowest()))
        try abuse.stop()
    }

    @Test func `a hello that is cut or changed in any byte ends, and nothing else`() throws {
        let apus = try Self.gateway()
        let standing = try Standing(apus)
        struct Ends: Decodable { let cut: [String: Int], changed: [String: Int] }
        let ends = try TLSAbuse.play(of: apus, "hellos", as: Ends.self)
        print("hellos cut at each byte: \(ends.cut), changed in each: \(ends.changed)")
        #expect(ends.cut["open"] == nil && ends.changed["open"] == nil)
        #expect(ends.cut.values.reduce(0, +) > 600)
        try standing.expectHolds(apus, "hellos cut and changed")
    }

    private static var recordCount: String {
        ProcessInfo.processInfo.environment["APUS_RECORDS"] ?? "10000"
    }

    @Test func `random records are no TLS, and cost little`() throws {
        let apus = try Self.gateway()
        let standing = try Standing(apus)
        let ends = try TLSAbuse.play(
            of: apus, "records", Self.recordCount, "5", as: [String: Int].self)
        print("random records: \(ends)")
        #expect(ends["open"] == nil)
        try standing.expectHolds(apus, "random records")
        // They are counted, not logged one by one.
        #expect(apus.process.output().utf8.count < 1 << 20)
    }

    @Test func `rubbish behind a good handshake ends its connection alone`() throws {
        let apus = try Self.gateway()
        let standing = try Standing(apus)
        let ends = try TLSAbuse.play(of: apus, "rubbish", as: [String: String].self)
        #expect(ends.count == 44)
        for (what, end) in ends { #expect(end != "open", "\(what)") }
        try standing.expectHolds(apus, "rubbish behind a handshake")
    }

    @Test func `floods of key updates are answered within bounds`() throws {
        let apus = try Self.gateway()
        let standing = try Standing(apus)
        struct Flood: Decodable { let connected: Int, done: Int, sent: Int, answer: String }
        let flood = try TLSAbuse.play(of: apus, "updates", "20000", as: Flood.self)
        print("key updates taken: \(flood.done), then \(flood.answer.prefix(15))")
        #expect(flood.connected == 1)
        #expect(flood.done < 20_000 || flood.answer.hasPrefix("HTTP/1.1 200"))
        try standing.expectHolds(apus, "key updates")
    }

    @Test func `clients that read nothing or slowly cost a bounded share`() throws {
        let large = String(repeating: "0123456789abcdef", count: 10 << 16)
        let app = try Origin.answering { $0.target == "/small" ? ok() : ok(large) }
        let apus = try Self.gateway(app: app)
        let standing = try Standing(apus)
        let abuse = try TLSAbuse(of: apus, ["unread", "20", "/large"])
        _ = try abuse.lines(of: [String: Int].self)
        try eventually("answers are under way") { app.requests.all.count >= 20 }
        pass(seconds: 0.5)
        let during = try apus.residentKiB() - standing.residentKiB
        print("20 clients that read none of 10 MiB: \(during) KiB more")
        #expect(during < 20 << 10)
        try abuse.stop()
        struct Read: Decodable { let count: Int, digest: String }
        let read = try TLSAbuse.play(of: apus, "slow", "/large", as: Read.self)
        #expect(read.count == large.utf8.count)
        try standing.expectHolds(apus, "clients that read slowly", growthKiB: 20 << 10)
    }

    @Test func `ends with and without a closing alert are told apart`() throws {
        let app = try Origin.saying()
        let apus = try Self.gateway(app: app)
        let standing = try Standing(apus)
        let seen = try TLSAbuse.play(of: apus, "ends", as: [String: [String]].self)
        for version in ["TLSv1_2", "TLSv1_3"] {
            // Who has said that it is at its end still gets its answer, and an alert behind it.
            #expect(seen["\(version), request, notify"] == ["HTTP/1.1 200 OK", "own", "notify"])
            // So does who has only ended its side, even in one piece with the handshake.
            #expect(seen["\(version), request, cut"] == ["HTTP/1.1 200 OK", "own", "notify"])
            #expect(seen["\(version), request, joined"] == ["HTTP/1.1 200 OK", "own", "notify"])
            #expect(seen["\(version), idle, notify"] == ["", "", "notify"])
        }
        try standing.expectHolds(apus, "ends of all kinds")
        // Nothing that was cut short has come to the app as if it were whole.
        #expect(app.requests.all.isEmpty)
    }

    @Test func `HTTP where TLS is spoken is answered in plain text, and the other way closed`()
        throws
    {
        let plain = try Ports.free()
        let apus = try Apus(
            """
            listeners:
              public: { bind: "127.0.0.1:PORT", tls: { \(Authority.pairs(["app"])) } }
              plain: { bind: "127.0.0.1:\(plain)" }
            \(secureRoutes(to: Origin.saying()))
            """)
        let wire = try apus.connect()
        let answer = try wire.ask(get("/own"))
        #expect(answer.status == 400)
        #expect(answer["Connection"] == "close")
        try wire.readToEnd()
        #expect(try apus.accessLine(of: nil).reason == "plain_http")
        let label = "listener=\"public\",version=\"-\",result=\"plain\""
        try apus.expect("apus_tls_handshakes_total{\(label)}", is: 1)
        let seen = try SecureClient(port: plain).see()
        #expect(seen.version == "-")
        #expect(try Wire(to: .ip4(plain)).ask(get("/own")).text == "own")
    }
}

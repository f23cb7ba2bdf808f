import Foundation
import Testing

/// Receivers that take nothing, each in its own way, while requests are served.
@Suite(.staged) struct DeadReceiversTests {
    enum Fault: String, CaseIterable {
        case refuses, hangs, closes, garbage, endless, trickles, readsNothing
    }

    private func receiver(_ fault: Fault) throws -> (address: String, origin: Origin?) {
        if fault == .refuses { return (try refusingAddress(), nil) }
        let origin = try Origin { wire, _ in
            switch fault {
            case .readsNothing:
                while !wire.isEnded { pass(seconds: 1) }
            case .closes: return wire.hangUp()
            default: _ = try wire.head()
            }
            switch fault {
            case .garbage: try wire.send("what is this\r\n\r\n")
            case .endless:
                try wire.send("HTTP/1.1 200 OK\r\n\r\n")
                while true { try wire.send([UInt8](repeating: 0x78, count: 65_536)) }
            case .trickles:
                for _ in 0..<1000 {
                    try wire.send("H")
                    pass(seconds: 0.1)
                }
            default: while try !wire.isEnded && wire.receive(within: 60) {}
            }
        }
        return (origin.address, origin)
    }

    @Test(arguments: Fault.allCases)
    func `a receiver that takes nothing costs no request and no memory`(_ fault: Fault) throws {
        let (address, origin) = try receiver(fault)
        let app = try Origin.answering { request in
            request.target == "/bad" ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : ok("hello")
        }
        let apus = try Apus(
            """
            otlp: { endpoint: "http://\(address)" }
            errors: { sentry_dsn: "http://key@\(address)/1" }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes: [ { name: app, upstream: app } ]
            """, apps: [app] + [origin].compactMap { $0 })
        let load = Load(clients: 4, pause: 0) { client, number in
            let path = client == 0 && number % 10 == 0 ? "/bad" : "/ok"
            return (
                apus.port, path == "/bad" ? 503 : 200, "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
            )
        }
        pass(seconds: 1.5)
        let early = try apus.residentKiB()
        pass(seconds: 2.5)
        let samples = try load.end()
        #expect(samples.count > 100)
        #expect(samples.allSatisfy { $0.status == $0.kind })
        // A ring, what was taken out of it, a batch and its message: a mebibyte each.
        #expect(try apus.residentKiB() - early < 8 * 1024)
        #expect(try apus.metrics().sum("apus_otlp_spans_exported_total") == 0)
        if [.refuses, .closes, .garbage, .endless].contains(fault) {
            let lines = try apus.lines("traces")
            #expect(lines.map(\.message) == ["spans cannot be delivered"])
            #expect(try apus.lines("reports").count == 1)
        }
        let began = uptime()
        #expect(try apus.terminate() == 0)
        #expect(uptime() - began < 5)
    }
}

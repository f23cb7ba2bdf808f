import Config
import HTTP
import Linux
import Simulation
import Telemetry
import Testing

@testable import Gateway

/// How often the log tells that a server fails.
struct FailureLinesTests {
    private static let second: UInt64 = 1_000_000_000
    private let start: UInt64 = 1_767_225_600_000_000_000

    private static func lines() -> FailureLines {
        let servers = ["a:1", "b:1"].map { text in
            ServerSpecification(
                address: .name(String(text.prefix(1)), port: 1), weight: 1, text: text)
        }
        return FailureLines([
            UpstreamSettings(
                name: "app", servers: servers, hostSent: .client,
                keepalive: KeepaliveSettings(countMax: 1, idle: .seconds(1)))
        ])
    }

    @Test func `a failure is told once a second, with how many were not`() {
        var lines = Self.lines()
        func note(_ nanoseconds: UInt64) -> Int? {
            lines.note(.failure(.reset), of: 0, in: 0, at: start + nanoseconds)
        }
        #expect(note(0) == 0)
        #expect(note(1) == nil)
        #expect(note(Self.second - 1) == nil)
        #expect(note(Self.second) == 2)
        #expect(note(2 * Self.second - 1) == nil)
        #expect(note(9 * Self.second) == 1)
        #expect(note(11 * Self.second) == 0)
    }

    @Test func `each server and reason is told for itself`() {
        var lines = Self.lines()
        for server in [0, 1, nil] {
            for reason in [
                FailureLines.Reason.failure(.reset), .failure(.timeout), .malformed(.bothLengths),
                .malformed(.chunkEndMissing),
            ] {
                #expect(lines.note(reason, of: server, in: 0, at: start) == 0)
                #expect(lines.note(reason, of: server, in: 0, at: start) == nil)
            }
        }
    }

    @Test func `a clock that was set back silences nothing`() {
        var lines = Self.lines()
        #expect(lines.note(.failure(.reset), of: 0, in: 0, at: start) == 0)
        #expect(lines.note(.failure(.reset), of: 0, in: 0, at: start - 1) == 0)
    }

    private func upstreamLines(_ world: World) -> [LogLine] {
        world.lines.map(LogLine.init).filter { $0["event"] == "upstream" }
    }

    @Test func `a server that refuses every request is one line a second, and counted each time`()
        throws
    {
        let world = try World()
        world.kernel.receptions[.ipv4(0x0A00_0001, port: 3000)] = .refuses
        let client = try world.connect()
        for _ in 0..<5 { client.get("/") }
        world.run()
        world.pass(.seconds(2))
        client.get("/")
        world.run()
        #expect(client.statuses == [502, 502, 502, 502, 502, 502])
        let lines = upstreamLines(world)
        #expect(lines.map { $0["reason"] } == ["refused", "refused"])
        #expect(lines.map { $0["suppressed"] } == [nil, "4"])
        let name = "apus_upstream_errors_total{upstream=\"app\",reason=\"refused\"}"
        #expect(world.metric(name) == 6)
        world.expectNothingLeaks()
    }

    @Test func `an app that answers nonsense is told by what is wrong and whose it is`() throws {
        let world = try World()
        world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .closes) }
        let client = try world.connect()
        for _ in 0..<3 { client.get("/") }
        world.run()
        #expect(client.statuses == [502, 502, 502])
        let lines = upstreamLines(world)
        #expect(lines.map { $0["reason"] } == ["space_before_colon", "invalid"])
        #expect(lines.map { $0["upstream_address"] } == ["10.0.0.1:3000", "10.0.0.1:3000"])
        let name = "apus_upstream_errors_total{upstream=\"app\",reason=\"invalid\"}"
        #expect(world.metric(name) == 3)
        world.expectNothingLeaks()
    }
}

import Bytes
import Linux
import Simulation
import Testing

@testable import Gateway
@testable import Telemetry

/// Which requests leave spans, and that the app is told of the right one.
struct SpanDeskTests {
    private static let otlp = "otlp: { endpoint: \"http://127.0.0.1:4318\" }"

    /// A span's ids in hexadecimal, and its kind.
    private struct Ids {
        var trace = ""
        var own = ""
        var parent = ""
        var kind: UInt64 = 0
        var text = ""
    }

    private func spans(_ world: World) -> [Ids] {
        let bytes = world.spans.takeAll()
        var frames = ProtobufReader(bytes[...])
        var spans: [Ids] = []
        while let frame = frames.next() {
            var fields = ProtobufReader(bytes[frame.bytes])
            var ids = Ids()
            ids.text = String(decoding: bytes[frame.bytes], as: UTF8.self)
            while let field = fields.next() {
                let digits = bytes[field.bytes].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                    .joined()
                switch field.number {
                case 1: ids.trace = digits
                case 2: ids.own = digits
                case 4: ids.parent = digits
                case 6: ids.kind = field.value
                default: break
                }
            }
            spans.append(ids)
        }
        return spans
    }

    @Test func `the app is told the id of the span that stands for asking it`() throws {
        let world = try World(Settings.text(extra: Self.otlp))
        let client = try world.connect()
        client.get("/a")
        world.run()
        let sent = try #require(world.app.requests.first?.value("traceparent"))
        let parts = sent.split(separator: "-")
        let spans = spans(world)
        #expect(spans.map(\.kind) == [2, 3])
        #expect(spans.allSatisfy { $0.trace == parts[1] })
        #expect(spans[1].own == parts[2])
        #expect(spans[1].parent == spans[0].own)
        #expect(spans[0].parent == "")
        #expect(parts[3] == "03")
        world.expectNothingLeaks()
    }

    @Test func `a stranger's trace goes on, with its span as the parent`() throws {
        let world = try World(Settings.text(extra: Self.otlp))
        let client = try world.connect()
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        client.get("/a", "traceparent: 00-\(trace)-00f067aa0ba902b7-00\r\n")
        world.run()
        let spans = spans(world)
        #expect(spans.map(\.trace) == [trace, trace])
        #expect(spans.first?.parent == "00f067aa0ba902b7")
    }

    @Test func `an answer of the gateway has a span of its own and none for an app`() throws {
        let world = try World(Settings.text(extra: Self.otlp))
        let client = try world.connect()
        client.get("/here")
        world.run()
        #expect(spans(world).map(\.kind) == [2])
    }

    @Test func `what could not be read is part of no trace`() throws {
        let world = try World(Settings.text(extra: Self.otlp))
        try world.connect(sending: "GET / HTTP/1.1\r\nHost : a\r\n\r\n")
        world.run()
        #expect(world.outcomes == ["bad_request"])
        #expect(spans(world).isEmpty)
    }

    @Test(arguments: ["", "otlp: { endpoint: \"http://127.0.0.1:4318\", ratio: 0 }"])
    func `nothing is recorded without a receiver, or a ratio`(_ section: String) throws {
        let world = try World(Settings.text(extra: section))
        let client = try world.connect()
        client.get("/a", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n")
        world.run()
        #expect(client.statuses == [200])
        #expect(spans(world).isEmpty)
        #expect(world.app.requests.first?.value("traceparent")?.hasSuffix("-00") == true)
    }

    @Test func `an app that could not be reached is told of with every attempt`() throws {
        let servers = "\"10.0.0.1:3000\", \"10.0.0.2:3000\""
        let world = try World(Settings.text(servers: servers, extra: Self.otlp))
        for host in [0x0A00_0001, 0x0A00_0002] as [UInt32] {
            world.kernel.receptions[.ipv4(host, port: 3000)] = .refuses
        }
        let client = try world.connect()
        client.get("/a")
        world.run()
        #expect(client.statuses == [502])
        let spans = spans(world)
        #expect(spans.map(\.kind) == [2, 3])
        #expect(spans.last?.text.contains("http.request.resend_count") == true)
        #expect(spans.last?.text.contains("refused") == true)
    }
}

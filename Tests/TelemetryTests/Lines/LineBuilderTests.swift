import Bytes
import Dice
import Telemetry
import Testing

@Suite struct LineBuilderTests {
    @Test func `a line begins with the common fields and keeps the order of the others`() {
        var line = LineBuilder(
            level: .warn, event: .upstream, message: "server set aside", time: sampleClock)
        line.add("upstream", "app")
        line.add("reason", UpstreamFailure.refused.name)
        line.add("failures", -3)
        line.add("pause_ms", microseconds: 1_500)
        line.add("address", Array("unix:/a\"b".utf8).span)
        line.add("empty", "")
        #expect(
            text(&line) == """
                {"time":"2026-03-01T12:34:56.789Z","level":"warn","event":"upstream",\
                "message":"server set aside","upstream":"app","reason":"refused","failures":-3,\
                "pause_ms":1.500,"address":"unix:/a\\"b"}\n
                """)
    }

    @Test func `a builder makes one line after the other`() throws {
        let queue = LogQueue(capacity: 1 << 16)
        var line = LineBuilder(level: .info, event: .startup, message: "one", time: sampleClock)
        queue.append(&line)
        line.begin(level: .info, event: .shutdown, message: "two", time: sampleClock)
        queue.append(&line)
        let lines = queue.takeAll().split(separator: 0x0A)
        #expect(lines.count == 2)
        for line in lines {
            #expect(throws: Never.self) { try StrictJSON.members(ofLine: Array(line) + [0x0A]) }
        }
    }

    @Test func `a field that does not fit is left out and the line stays valid`() throws {
        var line = LineBuilder(level: .info, event: .startup, message: "long", time: sampleClock)
        for _ in 0..<40 { line.add("text", String(repeating: "\u{1}", count: 1000)) }
        line.add("last", 1)
        let bytes = Array(text(&line).utf8)
        #expect(bytes.suffix(2) == Array("}\n".utf8))
        #expect(bytes.count < 20_000)
    }

    @Test func `random texts make valid lines`() throws {
        var numbers = Dice(seed: 29)
        for _ in 0..<200 {
            var line = LineBuilder(level: .info, event: .log, message: "any", time: sampleClock)
            let bytes = numbers.bytes(count: Int.random(in: 1...2500, using: &numbers))
            line.add("text", bytes.span)
            let written = text(&line)
            #expect(throws: Never.self) { try StrictJSON.members(ofLine: Array(written.utf8)) }
        }
    }

    private func text(_ line: inout LineBuilder) -> String {
        let queue = LogQueue(capacity: 1 << 16)
        queue.append(&line)
        return String(decoding: queue.takeAll(), as: UTF8.self)
    }
}

import Bytes
import Dice
import Telemetry
import Testing

@Suite struct LogFormatTests {
    @Test func `logfmt quotes what needs it`() {
        #expect(
            typical(.logfmt) == """
                time=2026-03-01T12:34:56.789Z level=info event=request message=request \
                request_id=0195f3c2-7d1a-7c3e-8a51-0123456789ab \
                trace_id=4bf92f3577b34da6a3ce929d0e0e4736 client_ip=203.0.113.9 method=GET \
                host=app.example.com path=/api/items/17 query="page=2&token=[redacted]" \
                protocol=HTTP/1.1 status=200 bytes_in=0 bytes_out=5120 duration_ms=12.345 \
                route=app upstream=app upstream_address=127.0.0.1:3000 upstream_status=200 \
                upstream_ms=11.007 outcome=proxied reason=retried user_agent="Mozilla/5.0 (X11)" \
                referer="https://app.example.com/?code=[redacted]"\n
                """)
    }

    @Test func `text says first what happened`() {
        #expect(
            typical(.text(.plain)) == """
                12:34:56.789 INFO  GET app.example.com/api/items/17?page=2&token=[redacted] 200 \
                12.345ms request_id=0195f3c2-7d1a-7c3e-8a51-0123456789ab \
                trace_id=4bf92f3577b34da6a3ce929d0e0e4736 client_ip=203.0.113.9 \
                protocol=HTTP/1.1 bytes_in=0 bytes_out=5120 route=app upstream=app \
                upstream_address=127.0.0.1:3000 upstream_status=200 upstream_ms=11.007 \
                outcome=proxied reason=retried user_agent="Mozilla/5.0 (X11)" \
                referer="https://app.example.com/?code=[redacted]"\n
                """)
    }

    @Test func `ECS has the names of the schema and its units`() throws {
        let line = typical(.ecs)
        let members = try StrictJSON.members(ofLine: Array(line.utf8))
        let values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
        #expect(
            members.prefix(3).map(\.key) == ["@timestamp", "log.level", "ecs.version"])
        #expect(values["event.duration"] == "12345000")
        #expect(values["http.version"] == "1.1")
        #expect(values["http.response.status_code"] == "200")
        #expect(values["apus.upstream_ms"] == "11.007")
        #expect(values["url.query"] == "page=2&token=[redacted]")
        #expect(
            values.keys.allSatisfy { $0.contains(".") || $0 == "@timestamp" || $0 == "message" })
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1000"), (999, "999000"), (1000, "1000000"), (90, "90000"),
            (1_000_000, "1000000000"),
        ] as [(UInt64, String)])
    func `ECS counts nanoseconds`(_ microseconds: UInt64, _ nanoseconds: String) throws {
        var record = SampleRecord(outcome: .answered)
        record.durationMicroseconds = microseconds
        let line = format(accessLine(record, []), as: .ecs)
        let members = try StrictJSON.members(ofLine: Array(line.utf8))
        #expect(members.first { $0.key == "event.duration" }?.value == nanoseconds)
    }

    @Test func `colours are in coloured text alone, and come to nothing without it`() {
        let coloured = typical(.text(.coloured))
        let plain = coloured.replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(coloured.contains("\u{1B}[32m200"))
        #expect(plain == typical(.text(.plain)))
        for format in [LogFormat.json, .logfmt, .text(.plain), .ecs] {
            #expect(!typical(format).contains("\u{1B}"))
        }
    }

    @Test func `an event says its message first`() {
        let queue = LogQueue(capacity: 1 << 16)
        var line = LineBuilder(
            level: .warn, event: .upstream, message: "server could not be connected to",
            time: sampleClock)
        line.add("upstream", "app")
        line.add("status", 7)
        queue.append(&line)
        let bytes = queue.takeAll()
        #expect(
            format(bytes, as: .text(.plain))
                == "12:34:56.789 WARN  upstream: server could not be connected to upstream=app "
                + "status=7\n")
    }

    @Test func `JSON is passed on as it is, and so is what is no line of ours`() {
        #expect(typical(.json).hasPrefix("{\"time\""))
        for text in ["", "\n", "x y\n", "{}\n", "{\"\n", "{\"a\n"] {
            for form in [LogFormat.json, .logfmt, .ecs, .text(.plain)] {
                #expect(format(Array(text.utf8), as: form) == text)
            }
        }
    }

    @Test func `whatever a client sent, a line stays one line, and says the same`() throws {
        var numbers = Dice(seed: 41)
        for _ in 0..<300 {
            var source = SourceText()
            var record = typicalRecord(&source)
            record.request.path = source.add(numbers.bytes(count: 40))
            record.request.userAgent = source.add(numbers.bytes(count: 60))
            record.request.query = source.add(" =\"\\\n\u{1B}[31m\(numbers.next())")
            let json = accessLine(record, source.bytes)
            let expected = try StrictJSON.members(ofLine: json)
            let logfmt = format(json, as: .logfmt)
            #expect(logfmt.utf8.count { $0 < 0x20 } == 1 && logfmt.hasSuffix("\n"))
            #expect(try pairs(logfmt) == expected.map { "\($0.key)=\($0.value)" })
            let text = format(json, as: .text(.plain))
            #expect(text.utf8.count { $0 < 0x20 } == 1 && text.hasSuffix("\n"))
            let ecs = try StrictJSON.members(ofLine: Array(format(json, as: .ecs).utf8))
            #expect(ecs.count == expected.count + 1)
        }
    }

    @Test func `the longest line fits in every format`() {
        var source = SourceText()
        var record = typicalRecord(&source)
        let long = source.add([UInt8](repeating: 0x01, count: 100_000))
        for field in AccessLineTests.texts { record.request[keyPath: field] = long }
        let json = accessLine(record, source.bytes)
        for form in [LogFormat.json, .logfmt, .ecs, .text(.coloured)] {
            var buffer = Buffer(capacity: LogFormat.lineBytesMax)
            form.append(json.span, to: &buffer)
            let overflowed = buffer.hasOverflowed
            #expect(!overflowed)
        }
    }

    private func typical(_ form: LogFormat) -> String {
        var source = SourceText()
        let record = typicalRecord(&source)
        return format(accessLine(record, source.bytes), as: form)
    }

    private func format(_ line: [UInt8], as form: LogFormat) -> String {
        var buffer = Buffer(capacity: LogFormat.lineBytesMax)
        form.append(line.span, to: &buffer)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }

    /// The pairs of a line of logfmt, their values read as its readers do: as JSON if quoted.
    private func pairs(_ line: String) throws -> [String] {
        var pairs: [String] = []
        var rest = Substring(line.dropLast())
        while !rest.isEmpty {
            let key = rest.prefix { $0 != "=" }
            rest = rest.dropFirst(key.count + 1)
            var value = rest.prefix { $0 != " " }
            if rest.first == "\"" {
                var end = rest.index(after: rest.startIndex)
                while rest[end] != "\"" {
                    end = rest.index(end, offsetBy: rest[end] == "\\" ? 2 : 1)
                }
                value = rest[...end]
                let json = "{\"a\":\(value)}\n"
                let read = try StrictJSON.members(ofLine: Array(json.utf8))
                pairs.append("\(key)=\(read[0].value)")
            } else {
                pairs.append("\(key)=\(value)")
            }
            rest = rest.dropFirst(value.count).drop { $0 == " " }
        }
        return pairs
    }
}

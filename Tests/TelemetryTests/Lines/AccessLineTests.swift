import Bytes
import Telemetry
import Testing

@Suite struct AccessLineTests {
    @Test func `a line has its fields by name and in order`() {
        var source = SourceText()
        let record = typicalRecord(&source)
        let line = String(decoding: accessLine(record, source.bytes), as: UTF8.self)
        #expect(
            line == """
                {"time":"2026-03-01T12:34:56.789Z","level":"info","event":"request",\
                "message":"request","request_id":"0195f3c2-7d1a-7c3e-8a51-0123456789ab",\
                "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","client_ip":"203.0.113.9",\
                "method":"GET","host":"app.example.com","path":"/api/items/17",\
                "query":"page=2&token=[redacted]","protocol":"HTTP/1.1","status":200,\
                "bytes_in":0,"bytes_out":5120,"duration_ms":12.345,"route":"app",\
                "upstream":"app","upstream_address":"127.0.0.1:3000","upstream_status":200,\
                "upstream_ms":11.007,"outcome":"proxied","reason":"retried",\
                "user_agent":"Mozilla/5.0 (X11)",\
                "referer":"https://app.example.com/?code=[redacted]"}\n
                """)
    }

    @Test func `what has no value is left out`() {
        let line = String(
            decoding: accessLine(SampleRecord(outcome: .badRequest), []), as: UTF8.self)
        #expect(
            line == """
                {"time":"2026-03-01T12:34:56.789Z","level":"info","event":"request",\
                "message":"request","bytes_in":0,"bytes_out":0,"duration_ms":0.000,\
                "outcome":"bad_request"}\n
                """)
    }

    @Test(arguments: Outcome.allCases)
    func `every outcome is spelt as its name says`(_ outcome: Outcome) throws {
        let members = try StrictJSON.members(ofLine: accessLine(SampleRecord(outcome: outcome), []))
        #expect(members.first { $0.key == "outcome" }?.value == "\(outcome.name)")
    }

    @Test func `an upstream without a tried address shows its name alone`() throws {
        var record = SampleRecord(outcome: .upstreamUnreachable)
        record.upstream = 0
        let members = try StrictJSON.members(ofLine: accessLine(record, []))
        #expect(members.first { $0.key == "upstream" }?.value == "app")
        #expect(!members.contains { $0.key == "upstream_address" })
    }

    @Test func `configured names are escaped`() throws {
        var record = SampleRecord(outcome: .proxied)
        record.upstream = 1
        record.upstreamAddress = 0
        let members = try StrictJSON.members(ofLine: accessLine(record, []))
        #expect(members.first { $0.key == "upstream" }?.value == "quo\"ted\n")
        #expect(members.first { $0.key == "upstream_address" }?.value == "unix:/run/a\\b")
    }

    @Test func `an index that the labels lack leaves the field out`() throws {
        var record = SampleRecord(outcome: .proxied)
        record.route = 9
        record.upstream = 2
        record.upstreamAddress = 0
        let members = try StrictJSON.members(ofLine: accessLine(record, []))
        #expect(!members.contains { $0.key == "route" || $0.key == "upstream" })
    }

    @Test(arguments: [
        (0, "0.000"), (1, "0.001"), (999, "0.999"), (1000, "1.000"), (10_050, "10.050"),
        (1_000_000, "1000.000"), (987_654_321, "987654.321"),
        (UInt64.max, "18446744073709551.615"),
    ])
    func `microseconds are shown as milliseconds`(_ value: UInt64, _ text: String) throws {
        var record = SampleRecord(outcome: .proxied)
        record.durationMicroseconds = value
        let members = try StrictJSON.members(ofLine: accessLine(record, []))
        #expect(members.first { $0.key == "duration_ms" }?.value == text)
    }

    @Test func `numbers of every length are shown in full`() throws {
        var numbers: [UInt64] = [0, .max]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            numbers += [power - 1, power, power + 1]
        }
        for number in numbers {
            var record = SampleRecord(outcome: .proxied)
            record.bytesIn = number
            let members = try StrictJSON.members(ofLine: accessLine(record, []))
            #expect(members.first { $0.key == "bytes_in" }?.value == String(number))
        }
    }

    @Test func `a line that does not fit is not begun`() {
        var source = SourceText()
        let record = typicalRecord(&source)
        let whole = accessLine(record, source.bytes)
        var isEverFit = false
        for capacity in 1..<(whole.count + 600) {
            let line = accessLine(record, source.bytes, capacity: capacity)
            #expect(line.isEmpty || line == whole)
            // The reserve for fixed parts may refuse a line that would just fit, never cut one.
            if !line.isEmpty { isEverFit = true }
            #expect(line.isEmpty || capacity >= whole.count)
            #expect(!line.isEmpty || !isEverFit)
        }
        #expect(isEverFit)
    }

    @Test func `a line that does not fit leaves the lines before it and says so`() {
        var source = SourceText()
        let record = typicalRecord(&source)
        let bytes = source.bytes
        var buffer = Buffer(capacity: 2048)
        for _ in 0..<3 {
            AccessLine.append(
                to: &buffer, record: record.numbers, request: record.request, source: bytes.span,
                labels: sampleLabels,
                time: sampleClock)
        }
        let (count, overflowed) = (buffer.count, buffer.hasOverflowed)
        #expect(overflowed)
        #expect(count == 2 * accessLine(record, bytes).count)
    }

    @Test(arguments: [UInt8(0x01), 0x22, 0x41, 0x80, 0xFF])
    func `no client can make a line too long to be logged`(_ byte: UInt8) throws {
        var source = SourceText()
        var record = typicalRecord(&source)
        let long = source.add([UInt8](repeating: byte, count: 100_000))
        for field in AccessLineTests.texts { record.request[keyPath: field] = long }
        (record.bytesIn, record.bytesOut) = (.max, .max)
        (record.durationMicroseconds, record.upstreamMicroseconds) = (.max, .max)
        record.outcome = .upstreamClosedEarly
        let line = accessLine(record, source.bytes)
        let members = try StrictJSON.members(ofLine: line)
        #expect(members.count == 31)
        for key in ["path", "query", "user_agent", "referer", "host", "method", "request_id"] {
            #expect(members.first { $0.key == key }?.value.hasSuffix("…") == true)
        }
    }

    @Test(
        arguments: [
            ("path", "/a\u{FFFD}", [0x2F, 0x61, 0xFF]),
            ("path", "/\u{FFFD}%3D", [0x2F, 0xC3, 0x25, 0x33, 0x44]),
            ("user_agent", "\u{FFFD}", [0x80]),
            ("referer", "/\u{FFFD}\u{FFFD}", [0x2F, 0xFE, 0xFF]),
            ("query", "a=\u{FFFD}", [0x61, 0x3D, 0xE2, 0x82]), ("host", "\u{FFFD}", [0xF8]),
        ] as [(String, String, [UInt8])])
    func `bytes that are no text are replaced, and their number is kept`(
        _ key: String, _ shown: String, _ bytes: [UInt8]
    ) throws {
        let members = try members(of: bytes, as: key)
        #expect(members.first { $0.key == key }?.value == shown)
        #expect(members.first { $0.key == "\(key)_bytes" }?.value == "\(bytes.count)")
    }

    @Test(arguments: ["path", "query", "host", "method", "user_agent", "referer"])
    func `the length is told of a text that was cut, and of no other`(_ key: String) throws {
        for (bytes, isTold) in [
            ([UInt8](repeating: 0x61, count: 5000), true), (Array("a\"\u{7F}\nü".utf8), false),
            (Array("abc".utf8), false),
        ] {
            let members = try members(of: bytes, as: key)
            let told = members.first { $0.key == "\(key)_bytes" }?.value
            #expect(told == (isTold ? "5000" : nil))
        }
    }

    @Test func `header fields that are to be hidden are`() throws {
        var source = SourceText()
        let record = typicalRecord(&source)
        let labels = AccessLabels(
            routes: ["live", "app"], upstreams: [], redactedQueryKeys: [],
            redactedHeaders: ["USER-AGENT", "referer", "Host", "X-Unknown"])
        let bytes = source.bytes
        var buffer = Buffer(capacity: AccessLine.bytesMax)
        AccessLine.append(
            to: &buffer, record: record.numbers, request: record.request, source: bytes.span,
            labels: labels, time: sampleClock)
        let members = try StrictJSON.members(ofLine: buffer.copy())
        for key in ["host", "user_agent", "referer"] {
            #expect(members.first { $0.key == key }?.value == "[redacted]")
        }
        #expect(labels.hides(.host) && !labels.hides(.origin))
    }

    private func members(
        of bytes: [UInt8], as key: String
    ) throws -> [(key: String, value: String)] {
        let fields: [String: WritableKeyPath<AccessRequest, ByteRange>] = [
            "path": \.path, "query": \.query, "host": \.host, "method": \.method,
            "user_agent": \.userAgent, "referer": \.referer,
        ]
        var source = SourceText()
        var record = SampleRecord(outcome: .answered)
        let field = try #require(fields[key])
        record.request[keyPath: field] = source.add(bytes)
        return try StrictJSON.members(ofLine: accessLine(record, source.bytes))
    }

    static let texts: [any WritableKeyPath<AccessRequest, ByteRange> & Sendable] = [
        \.requestID, \.traceID, \.clientIP, \.method, \.host, \.path, \.query, \.userAgent,
        \.referer,
    ]
}

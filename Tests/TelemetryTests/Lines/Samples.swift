import Bytes
import Telemetry

/// Texts one after the other in one block, as a request's head has them.
struct SourceText {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ text: String) -> ByteRange { add(Array(text.utf8)) }

    mutating func add(_ text: [UInt8]) -> ByteRange {
        let start = bytes.count
        bytes += text
        return ByteRange(start: start, count: text.count)
    }
}

/// A clock at 2026-03-01T12:34:56.789Z.
let sampleClock = LogClock(nowMillisecondsSinceEpoch: 1_772_368_496_789)

let sampleLabels = AccessLabels(
    routes: ["live", "app"],
    upstreams: [
        UpstreamLabel(name: "app", addresses: ["127.0.0.1:2999", "127.0.0.1:3000"]),
        UpstreamLabel(name: "quo\"ted\n", addresses: ["unix:/run/a\\b"]),
    ],
    redactedQueryKeys: ["SSN", "customer_id"], redactedHeaders: [])

/// A record with the client's part beside it; its numbers read as its own.
@dynamicMemberLookup struct SampleRecord {
    var request = AccessRequest()
    var numbers: AccessRecord

    init(outcome: Outcome) { numbers = AccessRecord(outcome: outcome) }

    subscript<Value>(dynamicMember path: WritableKeyPath<AccessRecord, Value>) -> Value {
        get { numbers[keyPath: path] }
        set { numbers[keyPath: path] = newValue }
    }
}

/// A record with every field.
func typicalRecord(_ source: inout SourceText) -> SampleRecord {
    var record = SampleRecord(outcome: .proxied)
    record.request.requestID = source.add("0195f3c2-7d1a-7c3e-8a51-0123456789ab")
    record.request.traceID = source.add("4bf92f3577b34da6a3ce929d0e0e4736")
    record.request.clientIP = source.add("203.0.113.9")
    record.request.method = source.add("GET")
    record.request.host = source.add("app.example.com")
    record.request.path = source.add("/api/items/17")
    record.request.query = source.add("?page=2&token=abc")
    record.request.userAgent = source.add("Mozilla/5.0 (X11)")
    record.request.referer = source.add("https://me:pw@app.example.com/?code=1")
    record.request.protocol = .http11
    record.status = 200
    record.bytesOut = 5120
    record.durationMicroseconds = 12_345
    record.route = 1
    record.upstream = 0
    record.upstreamAddress = 1
    record.upstreamStatus = 200
    record.upstreamMicroseconds = 11_007
    record.reason = "retried"
    return record
}

/// The line of a record, or nothing if it does not fit into `capacity` bytes.
func accessLine(
    _ record: SampleRecord, _ source: [UInt8], capacity: Int = AccessLine.bytesMax
) -> [UInt8] {
    var buffer = Buffer(capacity: capacity)
    AccessLine.append(
        to: &buffer, record: record.numbers, request: record.request, source: source.span,
        labels: sampleLabels, time: sampleClock)
    return (0..<buffer.count).map { buffer[$0] }
}

/// What one member of the line of a request is, read back.
func member(
    _ key: String, of text: [UInt8], as field: WritableKeyPath<AccessRequest, ByteRange>
) throws -> String? {
    var source = SourceText()
    var record = SampleRecord(outcome: .answered)
    record.request[keyPath: field] = source.add(text)
    let members = try StrictJSON.members(ofLine: accessLine(record, source.bytes))
    return members.first { $0.key == key }?.value
}

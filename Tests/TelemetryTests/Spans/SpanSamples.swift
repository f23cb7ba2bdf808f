import Bytes

@testable import Telemetry

/// A span read back.
struct ReadSpan {
    var ids: [UInt64: [UInt8]] = [:]
    var name = ""
    var numbers: [UInt64: UInt64] = [:]
    var attributes: [String: String] = [:]
    /// The code of its status.
    var status: UInt64 = 0
    /// Whether an attribute stood twice, or a field was not understood.
    var isOdd = false

    /// - Parameter bytes: Framed as in `ScopeSpans`.
    init?(_ bytes: [UInt8]) {
        var outer = ProtobufReader(bytes[...])
        guard let frame = outer.next(), frame.number == 2, outer.place == bytes.count else {
            return nil
        }
        var fields = ProtobufReader(bytes[frame.bytes])
        while let field = fields.next() {
            let part = bytes[field.bytes]
            switch field.number {
            case 1, 2, 4: ids[field.number] = Array(part)
            case 5: name = String(decoding: part, as: UTF8.self)
            case 6: numbers[6] = field.value
            case 7, 8, 16: break
            case 9: read(part)
            case 15:
                var code = ProtobufReader(part)
                status = code.next()?.value ?? 0
            default: isOdd = true
            }
        }
        if fields.place != bytes.count { isOdd = true }
    }

    private mutating func read(_ attribute: ArraySlice<UInt8>) {
        var members = ProtobufReader(attribute)
        guard let key = members.next(), let value = members.next() else {
            isOdd = true
            return
        }
        var inner = ProtobufReader(attribute[value.bytes])
        guard let held = inner.next() else {
            isOdd = true
            return
        }
        let bytes = Array(attribute[held.bytes])
        guard let text = String(validating: bytes, as: UTF8.self) else {
            isOdd = true
            return
        }
        let name = String(decoding: attribute[key.bytes], as: UTF8.self)
        let old = attributes.updateValue(held.isBytes ? text : "\(held.value)", forKey: name)
        if old != nil { isOdd = true }
    }
}

/// Ids whose bytes tell which is which.
func addIDs(to source: inout SourceText, parent: UInt8 = 4) -> ByteRange {
    source.add(
        [UInt8](repeating: 1, count: 16) + [UInt8](repeating: 2, count: 8)
            + [UInt8](repeating: 3, count: 8) + [UInt8](repeating: parent, count: 8))
}

/// The two spans of a record, as bytes.
func spans(
    _ record: SampleRecord, _ source: [UInt8], ids: ByteRange, method: StaticString? = "GET",
    labels: AccessLabels = sampleLabels, capacity: Int = SpanWriter.bytesMax
) -> (server: [UInt8], client: [UInt8]) {
    let names = SpanLabels(
        routes: ["live", "app"],
        upstreams: [
            UpstreamLabel(name: "app", addresses: ["127.0.0.1:2999", "http://[::1]:3000/"]),
            UpstreamLabel(name: "files", addresses: ["unix:/run/app.sock"]),
        ], hiding: labels)
    let subject = SpanSubject(
        ids: ids, method: method, isSecure: true, end: 1_772_368_496_789_000_000)
    var writer = SpanWriter()
    var server = Buffer(capacity: capacity)
    writer.appendServer(
        to: &server, subject, record: record.numbers, request: record.request,
        source: source.span, labels: names)
    var client = Buffer(capacity: capacity)
    writer.appendClient(
        to: &client, subject, record: record.numbers, request: record.request,
        source: source.span, labels: names)
    return (server.copy(), client.copy())
}

import Bytes

/// Who exports spans: `Resource` and `InstrumentationScope` of opentelemetry-proto.
package struct TraceResource: Sendable {
    /// `ResourceSpans.resource`, framed.
    fileprivate let resource: [UInt8]
    /// `ScopeSpans.scope`, framed.
    fileprivate let scope: [UInt8]

    /// - Parameters:
    ///   - version: Of this binary.
    ///   - instance: Another one for each process.
    ///   - environment: As configured.
    package init(version: String, instance: String, environment: String) {
        let size = version.utf8.count + instance.utf8.count + environment.utf8.count + 512
        var attributes = Buffer(capacity: size)
        attributes.appendAttribute(1, "service.name", "apus")
        attributes.appendAttribute(1, "service.version", text: version)
        attributes.appendAttribute(1, "service.instance.id", text: instance)
        attributes.appendAttribute(1, "deployment.environment.name", text: environment)
        var framed = Buffer(capacity: size)
        framed.append(field: 1, attributes)
        resource = framed.copy()
        var names = Buffer(capacity: size)
        names.append(field: 1, "apus".utf8.span)
        names.append(field: 2, version.utf8.span)
        framed.removeAll()
        framed.append(field: 1, names)
        scope = framed.copy()
    }

    /// The `ExportTraceServiceRequest` that delivers a batch.
    package func request(_ batch: SpanBatch) -> [UInt8] {
        let scopeSize = scope.count + batch.bytes.count
        let inner = resource.count + 1 + varintSize(scopeSize) + scopeSize
        var head = Buffer(capacity: resource.count + scope.count + 64)
        head.append(field: 1, length: inner)
        head.append(resource)
        head.append(field: 2, length: scopeSize)
        head.append(scope)
        return head.copy() + batch.bytes
    }
}

/// What a receiver says that it made of a batch: `ExportTraceServiceResponse`.
package enum TraceResponse {
    /// Spans that it refused although it took the batch; 0 for what is no such message.
    package static func rejectedCount(_ body: [UInt8]) -> Int {
        var fields = ProtobufReader(body[...])
        while let field = fields.next() {
            guard field.number == 1, field.isBytes else { continue }
            var parts = ProtobufReader(body[field.bytes])
            while let part = parts.next() {
                if part.number == 1, !part.isBytes { return Int(clamping: part.value) }
            }
        }
        return 0
    }
}

/// Reads a message field by field; whatever the bytes are, it ends.
struct ProtobufReader {
    struct Field {
        let number: UInt64
        /// Of a number.
        let value: UInt64
        /// Of a text, bytes or a message: where it stands.
        let bytes: Range<Int>
        let isBytes: Bool
    }

    private let message: ArraySlice<UInt8>
    /// Behind the last field that was read.
    private(set) var place: Int

    init(_ message: ArraySlice<UInt8>) {
        self.message = message
        place = message.startIndex
    }

    /// The next field; `nil` at the end, and where the bytes are no message.
    mutating func next() -> Field? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0: return varint().flatMap { field(tag, value: $0, 0) }
        case 1: return field(tag, value: 0, 8)
        case 5: return field(tag, value: 0, 4)
        case 2:
            guard let length = varint(), length <= UInt64(message.endIndex - place) else {
                return nil
            }
            let range = place..<(place + Int(length))
            place = range.upperBound
            return Field(number: tag >> 3, value: 0, bytes: range, isBytes: true)
        default: return nil
        }
    }

    private mutating func field(_ tag: UInt64, value: UInt64, _ skipped: Int) -> Field? {
        guard skipped <= message.endIndex - place else { return nil }
        place += skipped
        return Field(number: tag >> 3, value: value, bytes: place..<place, isBytes: false)
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < message.endIndex, shift < 64 {
            let byte = message[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

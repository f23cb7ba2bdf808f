import Bytes

extension BodyFraming {
    /// The fields that say where a body ends.
    private static var lengthFields: FieldNameSet {
        FieldNameSet(.contentLength) | .transferEncoding
    }

    /// Settles the length that the fields give, or refuses what two readers could read in two ways.
    ///
    /// `present` has the known names among the fields, `keys` those that matter most.
    ///
    /// - Returns: `nil` if neither field is there.
    /// - Throws: `.bothLengths` and the rest of its group. The RFC would let us pick one of two
    ///   lengths; we refuse, since the next reader may pick the other.
    /// - SeeAlso: RFC 9112 §6.1 to §6.3.
    @inline(__always)
    static func settle(
        _ bytes: borrowing Span<UInt8>, _ fields: [Field], _ present: FieldNameSet,
        _ keys: KeyFields, _ version: HTTPVersion
    ) throws(WireError) -> BodyFraming? {
        guard present.intersects(lengthFields) else { return nil }
        if present.contains(.transferEncoding) {
            // §6.1: an HTTP/1.0 message with Transfer-Encoding has faulty framing.
            guard version.isModern else { throw .codingInHTTP10 }
            guard keys.lengthCount == 0 else { throw .bothLengths }
            try checkCodings(bytes, fields)
            return .chunked
        }
        guard keys.lengthCount == 1 else { throw .lengthRepeated }
        return .length(try readLength(bytes, keys.length))
    }

    /// `Content-Length = 1*DIGIT` (RFC 9110 §8.6), below 2⁶³.
    @inline(__always) private static func readLength(
        _ bytes: borrowing Span<UInt8>, _ value: ByteRange
    ) throws(WireError) -> UInt64 {
        guard !value.isEmpty else { throw .lengthNotNumber }
        var length: UInt64 = 0
        for index in value.indices {
            let byte = bytes[index]
            guard Grammar.isDigit(byte) else {
                // §6.3: a list of equal values may be accepted; one that is not cannot hide
                // anything.
                throw byte == 0x2c ? .lengthRepeated : .lengthNotNumber
            }
            length = length &* 10 &+ UInt64(byte &- 0x30)
        }
        // 19 digits cannot overflow; of more the sum means nothing.
        guard value.count <= 19, length <= UInt64(Int64.max) else { throw .lengthTooLarge }
        return length
    }

    /// Accepts one `chunked` and nothing else, over all `Transfer-Encoding` lines (§6.1, §7).
    private static func checkCodings(
        _ bytes: borrowing Span<UInt8>, _ fields: [Field]
    ) throws(WireError) {
        var chunkedCount = 0
        var otherCount = 0
        var isChunkedLast = false
        for field in fields
        where field.id == .transferEncoding && !field.traits.contains(.disguised) {
            var elements = ListElements(field.value)
            while let element = elements.next(bytes) {
                let name = try codingName(bytes, element)
                isChunkedLast = Grammar.matches(bytes, name, "chunked")
                if isChunkedLast {
                    // §7.1: `chunked` has no parameters.
                    guard name == element else { throw .codingMalformed }
                    chunkedCount += 1
                } else {
                    otherCount += 1
                }
            }
        }
        guard chunkedCount <= 1 else { throw .chunkedRepeated }
        guard isChunkedLast else { throw .chunkedNotLast }
        guard otherCount == 0 else { throw .codingNotKnown }
    }

    /// The name of a `transfer-coding` (RFC 9110 §10.1.4), which may have parameters.
    private static func codingName(
        _ bytes: borrowing Span<UInt8>, _ element: ByteRange
    ) throws(WireError) -> ByteRange {
        var end = element.start
        while end < element.end, Grammar.token.contains(bytes[end]) { end &+= 1 }
        let name = ByteRange(element.start, end)
        guard !name.isEmpty else { throw .codingMalformed }
        if end < element.end {
            let rest = Grammar.trimmed(bytes, end, element.end)
            guard !rest.isEmpty, bytes[rest.start] == 0x3b else { throw .codingMalformed }
        }
        return name
    }
}

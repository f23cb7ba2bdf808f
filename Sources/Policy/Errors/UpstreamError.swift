package import Bytes
package import HTTP

/// What is kept of an app's error that an answer of the gateway stands in for
/// (`upstream_errors: replace`).
package struct UpstreamError: Sendable, Equatable {
    /// That of the app.
    package let status: UInt16
    /// The value of `Retry-After`, a date or seconds (RFC 9110 §10.2.3), in the bytes of the head;
    /// empty without one.
    package let retryAfter: ByteRange
    /// The same where it is in seconds.
    package let retryAfterSeconds: UInt32?
    /// What was replaced, so that whoever looks for it knows where.
    package let kind: Kind

    /// What the body of an error is, by its media type.
    package enum Kind: Sendable, CaseIterable {
        case html, json, text, other, empty

        /// A stable token for logs.
        package var token: StaticString {
            switch self {
            case .html: "replaced_html"
            case .json: "replaced_json"
            case .text: "replaced_text"
            case .other: "replaced_other"
            case .empty: "replaced_empty"
            }
        }
    }

    /// Longest `Retry-After` that is kept; dates have 29 bytes.
    package static let retryAfterBytesMax = 64

    /// - Parameter bytes: What the head's ranges refer to.
    package init(_ head: borrowing ResponseHead, in bytes: borrowing Span<UInt8>) {
        status = head.status
        let value = head.first(.retryAfter)?.value ?? .empty
        retryAfter = value.count <= Self.retryAfterBytesMax ? value : .empty
        retryAfterSeconds = bytes.decimal(at: retryAfter)
        switch head.framing {
        case .none, .length(0): kind = .empty
        case .length, .chunked, .untilClose: kind = Self.kind(head.first(.contentType), bytes)
        }
    }

    private static func kind(_ field: Field?, _ bytes: borrowing Span<UInt8>) -> Kind {
        guard let value = field?.value, let type = MediaType(bytes, value) else { return .other }
        if type.isJSON(bytes) { return .json }
        if bytes.holdsFolded("text/html", at: type.name) { return .html }
        return bytes.beginsFolded("text/", at: type.name) ? .text : .other
    }
}

extension Span<UInt8> {
    /// A number in up to nine decimal digits and nothing else.
    fileprivate func decimal(at range: ByteRange) -> UInt32? {
        guard range.count > 0, range.count <= 9 else { return nil }
        var number: UInt32 = 0
        for index in range.indices {
            guard let digit = ASCIIByte.decimalDigit(self[index]) else { return nil }
            number = number * 10 + UInt32(digit)
        }
        return number
    }
}

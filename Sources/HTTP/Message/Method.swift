import Bytes

/// A request method, as far as a gateway treats methods differently (RFC 9110 §9, RFC 5789).
///
/// Methods are case-sensitive: `get` is ``other``, and so is anything not listed.
@usableFromInline package enum Method: UInt8, CaseIterable, Sendable {
    case get, head, post, put, delete, patch, options, connect, trace, other

    /// A pattern, since `==` calls through a witness from other modules.
    @inlinable package var isHead: Bool { if case .head = self { true } else { false } }

    /// Whether repeating the request has the effect of sending it once (RFC 9110 §9.2.2).
    @inlinable package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }

    /// The name on the wire; `OTHER` for ``other``, which is also its metric label.
    package var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: "OTHER"
        }
    }

    /// The method of this name on the wire.
    static func named(_ bytes: borrowing Span<UInt8>, _ name: ByteRange) -> Method {
        let word = bytes.word(at: name.start)
        guard name.count < 8 else { return .other }
        let text = Word.prefix(word, name.count)
        for method in Method.allCases where method != .other && Word.of(method.name) == text {
            return method
        }
        return .other
    }
}

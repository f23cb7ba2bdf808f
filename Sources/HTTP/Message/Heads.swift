package import Bytes

/// The two versions that are spoken here.
///
/// Anything else is refused with 505.
@usableFromInline package enum HTTPVersion: UInt8, Sendable {
    case http10, http11

    /// Whether it is HTTP/1.1; a pattern, since `==` calls through a witness from other modules.
    @inlinable package var isModern: Bool { if case .http11 = self { true } else { false } }
}

/// Where a body ends (RFC 9112 §6.3).
@usableFromInline package enum BodyFraming: Equatable, Sendable {
    /// No body: a request without a length (§6.3, rule 7) or, whatever their fields say, responses
    /// to HEAD, 1xx, 204 and 304 (rule 1).
    case none
    /// Exactly so many bytes; may be 0.
    case length(UInt64)
    /// The one transfer coding spoken here, as the only one (§7.1).
    case chunked
    /// Until the connection closes: responses only.
    case untilClose

    /// Whether there is no body at all; a pattern, since `==` calls through a witness.
    @inlinable package var isNone: Bool { if case .none = self { true } else { false } }
    /// Whether it comes in chunks, whose sizes say where it ends.
    @inlinable package var isChunked: Bool { if case .chunked = self { true } else { false } }
    /// Whether only the connection's end ends it, so that none can follow on it.
    @inlinable package var isUntilClose: Bool { if case .untilClose = self { true } else { false } }
}

/// What `Connection`, `Upgrade`, `TE` and `Expect` ask for, folded over all their lines.
@usableFromInline package struct ConnectionOptions: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `Connection: close`: no message follows this one (RFC 9112 §9.6).
    @inlinable package static var close: ConnectionOptions { ConnectionOptions(rawValue: 1) }
    /// `Connection: keep-alive`, which HTTP/1.0 needs for a second message; 1.1 does not.
    @inlinable package static var keepAlive: ConnectionOptions { ConnectionOptions(rawValue: 2) }
    /// `Connection: upgrade` and an `Upgrade` field, both, of HTTP/1.1.
    ///
    /// Not for `h2c`: behind it other requests could hide from the gateway (RFC 9113 §3.1 has
    /// withdrawn it).
    @inlinable package static var upgrade: ConnectionOptions { ConnectionOptions(rawValue: 4) }
    /// `Expect: 100-continue`, of an HTTP/1.1 client.
    @inlinable package static var expectContinue: ConnectionOptions {
        ConnectionOptions(rawValue: 8)
    }
    /// `TE: trailers` with `Connection: te`.
    @inlinable package static var trailers: ConnectionOptions { ConnectionOptions(rawValue: 16) }
}

/// The form of a request target (RFC 9112 §3.2).
///
/// Authority form, which goes with CONNECT alone, is refused by the reader.
package enum TargetForm: UInt8, Sendable {
    case origin, absolute, asterisk
}

/// A request's head, as ranges into the bytes it was read from.
///
/// One is reused for all requests of a loop, so that its list of fields is allocated once.
///
/// - Invariant: every range lies within the head; the framing is one that no other reader can take
///   for another (the reader throws otherwise).
@usableFromInline package struct RequestHead: ~Copyable {
    /// `.other` for a method that is not known here; ``methodName`` has it as sent.
    package var method: Method = .other
    /// A token (RFC 9110 §9.1), case as sent.
    package var methodName: ByteRange = .empty
    /// What the client speaks; it decides on what it may be sent (RFC 9110 §2.5).
    @usableFromInline package var version: HTTPVersion = .http11
    /// How the target was written; what goes upstream is origin or asterisk form.
    package var form: TargetForm = .origin
    /// Path as sent, without query; empty for an absolute form without a path, `*` for the asterisk
    /// form.
    package var path: ByteRange = .empty
    /// From the `?` on, including it; empty without one.
    package var query: ByteRange = .empty
    /// Host and port as `Host` or the absolute target has them (the target wins); may be empty in
    /// HTTP/1.0.
    package var authority: ByteRange = .empty
    /// In arrival order, repeated names as often as they came, disguised ones too.
    package var fields: [Field] = []
    /// The known names among the fields, disguised ones left out.
    package var present: FieldNameSet = []
    /// Where the body ends: `.none`, `.length` or `.chunked` (RFC 9112 §6.3).
    @usableFromInline package var framing: BodyFraming = .none
    /// What the fields about this connection ask for, all of their lines together.
    @usableFromInline package var options: ConnectionOptions = []
    /// Bytes of the whole head, the empty lines before and behind it included.
    package var byteCount = 0

    /// A head without anything, for a reader to fill.
    package init() {}

    /// The first field of a known name that is not disguised.
    package func first(_ name: FieldName) -> Field? {
        present.contains(name) ? fields.first(name) : nil
    }

    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    @inlinable package var keepsAlive: Bool {
        if options.contains(.close) { return false }
        return version.isModern || options.contains(.keepAlive)
    }
}

/// A response's head, as ranges into the bytes it was read from.
@usableFromInline package struct ResponseHead: ~Copyable {
    /// 100 to 999.
    @usableFromInline package var status: UInt16 = 0
    /// What the server speaks; HTTP/1.0 closes unless it says otherwise.
    @usableFromInline package var version: HTTPVersion = .http11
    /// The phrase behind the status, often empty (RFC 9112 §4); passed on, never read.
    package var reason: ByteRange = .empty
    /// As in ``RequestHead/fields``.
    package var fields: [Field] = []
    /// The known names among the fields, disguised ones left out.
    package var present: FieldNameSet = []
    /// Already settled for the request's method: `.none` for HEAD, 1xx, 204 and 304.
    @usableFromInline package var framing: BodyFraming = .none
    /// As in ``RequestHead/options``.
    @usableFromInline package var options: ConnectionOptions = []
    /// Bytes of the whole head, the empty line included.
    package var byteCount = 0

    /// A head without anything, for a reader to fill.
    package init() {}

    /// Whether another head follows for the same request (RFC 9110 §15.2), as none does after 101.
    @inlinable package var isInterim: Bool { status < 200 }

    /// The first field of a known name that is not disguised.
    package func first(_ name: FieldName) -> Field? {
        present.contains(name) ? fields.first(name) : nil
    }

    /// Whether the connection may carry another response after this one (RFC 9112 §9.3).
    @inlinable package var keepsAlive: Bool {
        if options.contains(.close) || framing.isUntilClose { return false }
        return version.isModern || options.contains(.keepAlive)
    }
}

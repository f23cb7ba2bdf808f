package import Bytes

/// What is logged of one finished exchange; a plain value, free to make and to copy.
///
/// What the client asked for stands in an ``AccessRequest`` beside it.
@usableFromInline package struct AccessRecord: Sendable {
    /// Of the final response that the client got; `nil` if it got none.
    @usableFromInline package var status: UInt16?
    /// Body bytes taken from the client.
    @usableFromInline package var bytesIn: UInt64 = 0
    /// Body bytes given to the client.
    @usableFromInline package var bytesOut: UInt64 = 0
    /// From the request's first byte to the response's last.
    @usableFromInline package var durationMicroseconds: UInt64 = 0
    /// Index into the routes of ``AccessLabels``; `nil` if no route matched.
    @usableFromInline package var route: UInt16?
    /// Index into the upstreams of ``AccessLabels``; `nil` if none was asked.
    @usableFromInline package var upstream: UInt16?
    /// Index into that upstream's addresses; `nil` if none was tried.
    @usableFromInline package var upstreamAddress: UInt16?
    /// `nil` if no response head came.
    @usableFromInline package var upstreamStatus: UInt16?
    /// From the attempt's begin to the upstream's last byte; `nil` if none was tried.
    @usableFromInline package var upstreamMicroseconds: UInt64?
    @usableFromInline package var outcome: Outcome
    /// Attempts to reach a server, the last included.
    @usableFromInline package var attemptCount: UInt8 = 0
    /// A token that says more than the outcome does: letters, digits and `_` only.
    @usableFromInline package var reason: StaticString?

    @inlinable package init(outcome: Outcome) { self.outcome = outcome }

    /// Takes note of a server that is asked, by its index.
    @inlinable package mutating func noteAttempt(at address: UInt16) {
        upstreamAddress = address
        // Wraps beyond any number of servers worth trying; it is told, and decides nothing.
        attemptCount &+= 1
    }

    /// Takes note that the client gets none of the response after all.
    package mutating func noteUnsent() {
        status = nil
        bytesOut = 0
    }
}

/// The client's part of an access line; an empty range is a text that is not there.
///
/// Texts stay where they are: one span holds them all when the line is written.
package struct AccessRequest: Sendable {
    package var requestID: ByteRange = .empty
    package var traceID: ByteRange = .empty
    package var clientIP: ByteRange = .empty
    /// As sent, known or not.
    package var method: ByteRange = .empty
    package var host: ByteRange = .empty
    package var path: ByteRange = .empty
    /// With or without its leading `?`, which is not logged.
    package var query: ByteRange = .empty
    package var userAgent: ByteRange = .empty
    package var referer: ByteRange = .empty
    /// The name of the API key that admitted the request.
    package var keyName: ByteRange = .empty
    /// `nil` if the request line was not understood.
    package var `protocol`: WireProtocol?

    package init() {}
}

/// The protocol that a client spoke: the `protocol` of its access line.
package enum WireProtocol: UInt8, CaseIterable, Sendable {
    case http10, http11
}

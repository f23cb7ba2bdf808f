package import Bytes

/// What a span is told of besides its access line.
package struct SpanSubject: Sendable {
    /// Where a request's ids stand in its texts: see ``SpanIDs``.
    package var ids: ByteRange
    /// `nil` for a method that is not known.
    package var method: StaticString?
    /// Whether the client came by HTTPS, by the word of who may say it.
    package var isSecure: Bool
    /// Nanoseconds since 1970 at which the exchange ended.
    package var end: UInt64

    package init(ids: ByteRange, method: StaticString?, isSecure: Bool, end: UInt64) {
        self.ids = ids
        self.method = method
        self.isSecure = isSecure
        self.end = end
    }
}

/// The ids of a request's spans as they are kept: the trace's 16 bytes, then eight each of the span
/// that the app is told of, of the gateway's own, and of the client's, 0 without one.
package enum SpanIDs {
    /// Bytes of all of them.
    package static let size = 40

    static func trace(_ ids: ByteRange) -> ByteRange { ByteRange(start: ids.start, count: 16) }
    static func sent(_ ids: ByteRange) -> ByteRange { ByteRange(start: ids.start + 16, count: 8) }
    static func own(_ ids: ByteRange) -> ByteRange { ByteRange(start: ids.start + 24, count: 8) }
    static func parent(_ ids: ByteRange) -> ByteRange { ByteRange(start: ids.start + 32, count: 8) }
}

/// Writes a finished exchange's spans as messages of opentelemetry-proto, with the attributes that
/// the semantic conventions for HTTP name.
///
/// Each is framed as a span of `ScopeSpans`: a request to a receiver is a head and any number of
/// these. Texts are shortened as in access lines, and nothing that those hide is in them. Nothing
/// is allocated but once.
package struct SpanWriter: ~Copyable {
    /// The span that is being written.
    private var span = Buffer(capacity: 64 << 10)
    /// A text of it that must be known whole before its length can be written.
    private var text = Buffer(capacity: 24 << 10)

    package init() {}

    /// Bytes that a span takes at most: a buffer with so much room takes each.
    package static let bytesMax = (64 << 10) + 16

    /// Appends the span of the gateway itself (kind SERVER).
    ///
    /// All ranges lie in `source`. If it does not fit nothing is appended, and
    /// ``Buffer/hasOverflowed`` is set.
    package mutating func appendServer(
        to output: inout Buffer, _ subject: SpanSubject, record: borrowing AccessRecord,
        request: borrowing AccessRequest, source: borrowing Span<UInt8>,
        labels: borrowing SpanLabels
    ) {
        span.removeAll()
        let parent = SpanIDs.parent(subject.ids)
        let hasParent = isAnySet(source, parent)
        span.append(field: SpanField.traceID, source.extracting(SpanIDs.trace(subject.ids).indices))
        span.append(field: SpanField.spanID, source.extracting(SpanIDs.own(subject.ids).indices))
        if hasParent {
            span.append(field: SpanField.parentID, source.extracting(parent.indices))
        }
        span.append(
            field: SpanField.flags, fixed32: hasParent ? Self.remoteParent : Self.localParent)
        putName(subject.method, record.route, labels)
        span.append(field: SpanField.kind, varint: 2)
        putTimes(endingAt: subject.end, microseconds: record.durationMicroseconds)
        putMethod(subject.method, request, source)
        putURL(subject, request, source, labels)
        putHost(request.host, source, labels)
        putText("client.address", request.clientIP, source, TextLimit.identifier)
        putProtocol(of: request)
        putAnswer(of: record)
        if let route = record.route, Int(route) < labels.routes.count {
            let range = labels.routes.ends[Int(route)]..<labels.routes.ends[Int(route) &+ 1]
            span.appendAttribute(
                SpanField.attributes, "http.route", labels.routes.bytes.span.extracting(range))
        }
        putUserAgent(request, source, labels)
        putText("apus.request_id", request.requestID, source, TextLimit.identifier)
        span.appendAttribute(SpanField.attributes, "apus.outcome", record.outcome.name)
        if let reason = record.reason {
            span.appendAttribute(SpanField.attributes, "apus.reason", reason)
        }
        putServerStatus(of: record)
        close(into: &output)
    }

    /// Appends the span of what the upstream was asked (kind CLIENT), whose id the app was told.
    ///
    /// As ``appendServer(to:_:record:request:source:labels:)``; the record names an upstream that
    /// was asked.
    package mutating func appendClient(
        to output: inout Buffer, _ subject: SpanSubject, record: borrowing AccessRecord,
        request: borrowing AccessRequest, source: borrowing Span<UInt8>,
        labels: borrowing SpanLabels
    ) {
        span.removeAll()
        span.append(field: SpanField.traceID, source.extracting(SpanIDs.trace(subject.ids).indices))
        span.append(field: SpanField.spanID, source.extracting(SpanIDs.sent(subject.ids).indices))
        span.append(field: SpanField.parentID, source.extracting(SpanIDs.own(subject.ids).indices))
        span.append(field: SpanField.flags, fixed32: Self.localParent)
        putName(subject.method, nil, labels)
        span.append(field: SpanField.kind, varint: 3)
        putTimes(endingAt: subject.end, microseconds: record.upstreamMicroseconds ?? 0)
        putMethod(subject.method, request, source)
        if let upstream = record.upstream,
            let place = labels.upstream(upstream, address: record.upstreamAddress)
        {
            let range = labels.upstreams.ends[place]..<labels.upstreams.ends[place &+ 1]
            span.append(labels.upstreams.bytes.span.extracting(range))
            putFullURL(place, request, source, labels)
        }
        if let status = record.upstreamStatus {
            span.appendAttribute(
                SpanField.attributes, "http.response.status_code", number: UInt64(status))
        }
        if record.attemptCount > 1 {
            span.appendAttribute(
                SpanField.attributes, "http.request.resend_count",
                number: UInt64(record.attemptCount) &- 1)
        }
        putClientStatus(of: record)
        close(into: &output)
    }

    /// Of W3C's flags `sampled`; then that the parent is known to be of this process.
    private static let localParent: UInt32 = 0x101
    /// Or of another one.
    private static let remoteParent: UInt32 = 0x301

    private mutating func close(into output: inout Buffer) {
        guard !span.hasOverflowed, span.count &+ 16 <= output.room else {
            output.hasOverflowed = true
            return
        }
        output.append(field: SpanField.inScope, span)
    }
}

/// Numbers of fields in opentelemetry-proto's `Span`.
enum SpanField {
    static let traceID: UInt64 = 1
    static let spanID: UInt64 = 2
    static let parentID: UInt64 = 4
    static let name: UInt64 = 5
    static let kind: UInt64 = 6
    static let start: UInt64 = 7
    static let end: UInt64 = 8
    static let attributes: UInt64 = 9
    static let status: UInt64 = 15
    static let flags: UInt64 = 16
    /// `spans` of `ScopeSpans`.
    static let inScope: UInt64 = 2
}

// MARK: - Parts

extension SpanWriter {
    /// `GET app`; a method that is not known, of which there may be any number, is `HTTP`.
    private mutating func putName(
        _ method: StaticString?, _ route: UInt16?, _ labels: borrowing SpanLabels
    ) {
        let method = method ?? "HTTP"
        guard let route, Int(route) < labels.routes.count else {
            span.append(field: SpanField.name, length: method.utf8CodeUnitCount)
            return span.append(method)
        }
        let range = labels.routes.ends[Int(route)]..<labels.routes.ends[Int(route) &+ 1]
        span.append(field: SpanField.name, length: method.utf8CodeUnitCount &+ 1 &+ range.count)
        span.append(method)
        span.append(0x20)
        span.append(labels.routes.bytes.span.extracting(range))
    }

    private mutating func putTimes(endingAt end: UInt64, microseconds: UInt64) {
        let length = microseconds.multipliedReportingOverflow(by: 1000)
        let start = length.overflow || length.partialValue > end ? 0 : end &- length.partialValue
        span.append(field: SpanField.start, fixed64: start)
        span.append(field: SpanField.end, fixed64: end)
    }

    private mutating func putMethod(
        _ method: StaticString?, _ request: borrowing AccessRequest,
        _ source: borrowing Span<UInt8>
    ) {
        span.appendAttribute(SpanField.attributes, "http.request.method", method ?? "_OTHER")
        guard method == nil else { return }
        putText("http.request.method_original", request.method, source, TextLimit.method)
    }

    private mutating func putURL(
        _ subject: SpanSubject, _ request: borrowing AccessRequest,
        _ source: borrowing Span<UInt8>, _ labels: borrowing SpanLabels
    ) {
        span.appendAttribute(
            SpanField.attributes, "url.scheme", subject.isSecure ? "https" : "http")
        var line = beginText()
        if request.path.count > 0 {
            _ = line.putPath(LineSource(source, for: line), request.path, labels.redaction)
        }
        endText(line, as: "url.path")
        line = beginText()
        if request.query.count > 0 {
            _ = line.putQuery(LineSource(source, for: line), request.query, labels.redaction)
        }
        endText(line, as: "url.query")
    }

    /// What the client asked for, at the server that was asked.
    private mutating func putFullURL(
        _ place: Int, _ request: borrowing AccessRequest, _ source: borrowing Span<UInt8>,
        _ labels: borrowing SpanLabels
    ) {
        guard labels.origins.ends[place] < labels.origins.ends[place &+ 1] else { return }
        var line = beginText()
        let texts = LineSource(source, for: line)
        line.put(labels.origins, place)
        if request.path.count > 0 { _ = line.putPath(texts, request.path, labels.redaction) }
        if request.query.count > 1 {
            line.put("?")
            _ = line.putQuery(texts, request.query, labels.redaction)
        }
        endText(line, as: "url.full")
    }

    private mutating func putHost(
        _ host: ByteRange, _ source: borrowing Span<UInt8>, _ labels: borrowing SpanLabels
    ) {
        guard host.count > 0 else { return }
        guard !labels.hiddenHeaders.contains(.host) else {
            return span.appendAttribute(SpanField.attributes, "server.address", "[redacted]")
        }
        var (end, port) = (host.end, UInt64(0))
        var colon = host.end &- 1
        while colon > host.start, source[colon] != 0x3A, source[colon] != 0x5D { colon &-= 1 }
        if source[colon] == 0x3A, host.end &- colon <= 6 {
            end = colon
            for index in (colon &+ 1)..<host.end {
                port = port &* 10 &+ UInt64(source[index] & 15)
            }
        }
        var name = ByteRange(host.start, end)
        // Brackets belong to the notation, not to the address.
        if name.count > 2, source[name.start] == 0x5B, source[name.end &- 1] == 0x5D {
            name = ByteRange(name.start &+ 1, name.end &- 1)
        }
        putText("server.address", name, source, TextLimit.host)
        if port > 0 { span.appendAttribute(SpanField.attributes, "server.port", number: port) }
    }

    private mutating func putProtocol(of request: borrowing AccessRequest) {
        switch request.protocol {
        case .http11:
            span.appendAttribute(SpanField.attributes, "network.protocol.version", "1.1")
        case .http10:
            span.appendAttribute(SpanField.attributes, "network.protocol.version", "1.0")
        case nil: break
        }
    }

    private mutating func putAnswer(of record: borrowing AccessRecord) {
        if let status = record.status {
            span.appendAttribute(
                SpanField.attributes, "http.response.status_code", number: UInt64(status))
        }
        span.appendAttribute(
            SpanField.attributes, "http.request.body.size", number: record.bytesIn)
        span.appendAttribute(
            SpanField.attributes, "http.response.body.size", number: record.bytesOut)
    }

    private mutating func putUserAgent(
        _ request: borrowing AccessRequest, _ source: borrowing Span<UInt8>,
        _ labels: borrowing SpanLabels
    ) {
        guard request.userAgent.count > 0 else { return }
        guard !labels.hiddenHeaders.contains(.userAgent) else {
            return span.appendAttribute(SpanField.attributes, "user_agent.original", "[redacted]")
        }
        var line = beginText()
        _ = line.putWords(
            LineSource(source, for: line), request.userAgent, bytesMax: TextLimit.userAgent,
            labels.redaction)
        endText(line, as: "user_agent.original")
    }

    /// A text as it is, shortened, and valid UTF-8 whatever it was.
    private mutating func putText(
        _ key: StaticString, _ range: ByteRange, _ source: borrowing Span<UInt8>, _ bytesMax: Int
    ) {
        guard range.count > 0 else { return }
        var line = beginText()
        _ = line.putText(LineSource(source, for: line), range, bytesMax: bytesMax)
        endText(line, as: key)
    }

    private mutating func beginText() -> LineCursor {
        text.removeAll()
        var line = text.beginLine(reserving: 0)
        line.isPlain = true
        return line
    }

    private mutating func endText(_ line: LineCursor, as key: StaticString) {
        text.endLine(line)
        guard !text.hasOverflowed, !text.isEmpty else { return }
        span.appendAttribute(SpanField.attributes, key, text)
    }
}

// MARK: - What went wrong

extension SpanWriter {
    /// An answer of 500 and above, or none at all, is the gateway's failure; a client that went
    /// away is not.
    private mutating func putServerStatus(of record: borrowing AccessRecord) {
        if let status = record.status, status >= 500 { return putError(status: status) }
        switch record.outcome {
        case .upstreamClosedEarly, .upstreamTimeout, .upstreamInvalid, .upstreamUnreachable,
            .drainCut, .sendTimeout, .internalError:
            putError(record.outcome.name)
        default: break
        }
    }

    /// To a client any answer of 400 and above is a failure.
    private mutating func putClientStatus(of record: borrowing AccessRecord) {
        if let status = record.upstreamStatus, status >= 400 { return putError(status: status) }
        switch record.outcome {
        case .upstreamClosedEarly, .upstreamTimeout, .upstreamInvalid, .upstreamUnreachable,
            .drainCut:
            putError(reason(of: record))
        default:
            if record.upstreamStatus == nil { putError(reason(of: record)) }
        }
    }

    private func reason(of record: borrowing AccessRecord) -> StaticString {
        if let reason = record.reason { return reason }
        return record.outcome.name
    }

    private mutating func putError(status: UInt16) {
        var line = beginText()
        line.put(decimal: UInt64(status))
        endText(line, as: "error.type")
        putErrorStatus()
    }

    private mutating func putError(_ type: StaticString) {
        span.appendAttribute(SpanField.attributes, "error.type", type)
        putErrorStatus()
    }

    /// `Status` with the code ERROR.
    private mutating func putErrorStatus() {
        span.append(field: SpanField.status, length: 2)
        span.append(field: 3, varint: 2)
    }
}

private func isAnySet(_ source: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
    for index in range.indices where source[index] != 0 { return true }
    return false
}

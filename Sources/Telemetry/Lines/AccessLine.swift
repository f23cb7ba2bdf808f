package import Bytes

/// Writes access lines: one JSON object a line, names and order as docs/logs.md lists them.
package enum AccessLine {
    /// No line is longer, whatever a client sends, if route, upstream and address have at most 16
    /// KiB together once escaped: a buffer with so much room takes every line.
    package static let bytesMax = 65_536

    /// Appends one whole line with its line end or, if it does not fit, nothing.
    ///
    /// If it does not fit, ``Buffer/hasOverflowed`` is set, and ``LogQueue/append(_:)`` counts a
    /// drop. All ranges of the request lie in `source`; the labels are those of the snapshot that
    /// the exchange began with.
    ///
    /// - Complexity: About two instructions a byte; no allocation.
    package static func append(
        to buffer: inout Buffer, record: borrowing AccessRecord, request: borrowing AccessRequest,
        source: borrowing Span<UInt8>, labels: borrowing AccessLabels, time: borrowing LogClock
    ) {
        var line = buffer.beginLine(reserving: reservedBytes)
        if !line.isCut {
            let texts = LineSource(source, for: line)
            line.put(fixed: "{\"time\":\"")
            line.put(time)
            line.put(
                fixed: "\",\"level\":\"info\",\"event\":\"request\",\"message\":\"request\"")
            line.put(request, texts, labels)
            line.putNumbers(of: record)
            line.putUpstream(of: record, labels)
            line.putOutcome(of: record)
            line.putSender(of: request, texts, labels)
            line.put(fixed: "}\n")
        }
        buffer.endLine(line)
    }

    /// Covers all `fixed` puts of a line: about 360 bytes of names and punctuation, six numbers.
    private static var reservedBytes: Int { 512 }
}

/// How much of each text a line shows, in bytes before escaping; more is cut off and marked with
/// `…`, so that no client can have its line left out by making it too long.
enum TextLimit {
    static var identifier: Int { 128 }
    static var method: Int { 64 }
    static var host: Int { 256 }
    static var path: Int { 2048 }
    static var query: Int { 2048 }
    static var userAgent: Int { 1024 }
    static var referer: Int { 2048 }
    /// A value of any other line.
    static var value: Int { 2048 }
}

extension LineCursor {
    /// Puts a time, 24 bytes of the reserve.
    @inline(__always)
    mutating func put(_ time: borrowing LogClock) {
        put(fixedWord: time.date)
        put(fixedWord: time.hour)
        put(fixedWord: time.second)
    }

    /// Puts what the client asked for, up to `protocol`.
    @inline(__always)
    fileprivate mutating func put(
        _ request: borrowing AccessRequest, _ source: LineSource, _ labels: borrowing AccessLabels
    ) {
        put(",\"request_id\":\"", request.requestID, source, TextLimit.identifier)
        put(",\"trace_id\":\"", request.traceID, source, TextLimit.identifier)
        put(",\"client_ip\":\"", request.clientIP, source, TextLimit.identifier)
        if put(",\"method\":\"", request.method, source, TextLimit.method) {
            putRawLength(",\"method_bytes\":", request.method)
        }
        if labels.hiddenHeaders.contains(.host), request.host.count > 0 {
            put(fixed: ",\"host\":\"[redacted]\"")
        } else if put(",\"host\":\"", request.host, source, TextLimit.host) {
            putRawLength(",\"host_bytes\":", request.host)
        }
        if request.path.count > 0 {
            put(fixed: ",\"path\":\"")
            let isWhole = putPath(source, request.path, labels.redaction)
            put(fixed: "\"")
            if !isWhole { putRawLength(",\"path_bytes\":", request.path) }
        }
        if request.query.count > 0 {
            put(fixed: ",\"query\":\"")
            let isWhole = putQuery(source, request.query, labels.redaction)
            put(fixed: "\"")
            if !isWhole { putRawLength(",\"query_bytes\":", request.query) }
        }
        switch request.protocol {
        case .http11: put(fixed: ",\"protocol\":\"HTTP/1.1\"")
        case .http10: put(fixed: ",\"protocol\":\"HTTP/1.0\"")
        case nil: break
        }
    }

    /// Puts a text field; nothing if the text is empty.
    ///
    /// - Returns: Whether the text stands there otherwise than it was sent: shortened, or with
    ///   U+FFFD for bytes that are no UTF-8.
    @inline(__always) @discardableResult
    private mutating func put(
        _ key: StaticString, _ range: ByteRange, _ source: LineSource, _ bytesMax: Int
    ) -> Bool {
        guard range.count > 0 else { return false }
        put(fixed: key)
        let isWhole = putText(source, range, bytesMax: bytesMax)
        put(fixed: "\"")
        return !isWhole
    }

    /// Puts how many bytes were sent of a text that does not stand there as it was.
    @inline(__always)
    private mutating func putRawLength(_ key: StaticString, _ range: ByteRange) {
        var copy = self
        copy.putLength(key, range.count)
        self = copy
    }

    @inline(never)
    private mutating func putLength(_ key: StaticString, _ byteCount: Int) {
        put(key)
        put(decimal: UInt64(byteCount))
    }

    /// Puts `status` up to `duration_ms`.
    @inline(__always)
    fileprivate mutating func putNumbers(of record: borrowing AccessRecord) {
        if let status = record.status {
            put(fixed: ",\"status\":")
            put(fixedDecimal: UInt64(status))
        }
        put(fixed: ",\"bytes_in\":")
        put(fixedDecimal: record.bytesIn)
        put(fixed: ",\"bytes_out\":")
        put(fixedDecimal: record.bytesOut)
        put(fixed: ",\"duration_ms\":")
        put(fixedMilliseconds: record.durationMicroseconds)
    }

    /// Puts `route` up to `upstream_ms`; names and addresses are ready as whole fields.
    @inline(__always)
    fileprivate mutating func putUpstream(
        of record: borrowing AccessRecord, _ labels: borrowing AccessLabels
    ) {
        if let route = record.route { put(labels.routes, Int(route)) }
        guard let upstream = record.upstream else { return }
        if let label = labels.upstreamLabel(upstream, address: record.upstreamAddress) {
            put(labels.upstreams, label)
        }
        if let status = record.upstreamStatus {
            put(fixed: ",\"upstream_status\":")
            put(fixedDecimal: UInt64(status))
        }
        if let microseconds = record.upstreamMicroseconds {
            put(fixed: ",\"upstream_ms\":")
            put(fixedMilliseconds: microseconds)
        }
    }

    /// Puts `outcome` and `reason`.
    @inline(__always)
    fileprivate mutating func putOutcome(of record: borrowing AccessRecord) {
        // The usual ones are copied by a few stores, their lengths being known.
        switch record.outcome {
        case .proxied: put(fixed: ",\"outcome\":\"proxied\"")
        case .answered: put(fixed: ",\"outcome\":\"answered\"")
        default:
            put(fixed: ",\"outcome\":\"")
            put(name: record.outcome.name)
            put(fixed: "\"")
        }
        if let reason = record.reason {
            put(fixed: ",\"reason\":\"")
            put(name: reason)
            put(fixed: "\"")
        }
    }

    /// Puts `user_agent` and `referer`, which stand last as they are the longest to read past.
    @inline(__always)
    fileprivate mutating func putSender(
        of request: borrowing AccessRequest, _ source: LineSource,
        _ labels: borrowing AccessLabels
    ) {
        put(",\"auth_name\":\"", request.keyName, source, TextLimit.identifier)
        if request.userAgent.count > 0 {
            put(fixed: ",\"user_agent\":\"")
            var isWhole = true
            if labels.hiddenHeaders.contains(.userAgent) {
                put(fixed: "[redacted]")
            } else {
                isWhole = putWords(
                    source, request.userAgent, bytesMax: TextLimit.userAgent, labels.redaction)
            }
            put(fixed: "\"")
            if !isWhole { putRawLength(",\"user_agent_bytes\":", request.userAgent) }
        }
        if request.referer.count > 0 {
            put(fixed: ",\"referer\":\"")
            var isWhole = true
            if labels.hiddenHeaders.contains(.referer) {
                put(fixed: "[redacted]")
            } else {
                isWhole = putReferer(source, request.referer, labels.redaction)
            }
            put(fixed: "\"")
            if !isWhole { putRawLength(",\"referer_bytes\":", request.referer) }
        }
    }
}

package import Bytes

/// Writes access lines: one JSON object a line, names and order as docs/logs.md lists them.
package enum AccessLine {
    /// No line is longer, whatever a client sends, as long as configured names stay below 4 KiB each: a
    /// buffer with so much room takes every line.
    package static let bytesMax = 65_536

    /// Appends one whole line with its line end or, if it does not fit, nothing.
    ///
    /// - Parameters:
    ///   - buffer: ``Buffer/hasOverflowed`` afterwards if the line did not fit: the caller counts a drop.
    ///   - source: What all ranges of the record lie in.
    ///   - labels: Of the snapshot that the exchange began with.
    /// - Complexity: About 2.5 instructions a byte; no allocation.
    package static func append(
        to buffer: inout Buffer, record: borrowing AccessRecord, source: borrowing Span<UInt8>,
        labels: borrowing AccessLabels, time: borrowing LogClock
    ) {
        var line = buffer.beginLine()
        line.put("{\"time\":\"")
        line.put(time)
        line.put("\",\"level\":\"info\",\"event\":\"request\",\"message\":\"request\"")
        line.put(record.request, source, labels.redaction)
        line.putNumbers(of: record)
        line.putUpstream(of: record, labels)
        line.put(",\"outcome\":\"")
        line.put(name: record.outcome.name)
        line.put("\"")
        if let reason = record.reason {
            line.put(",\"reason\":\"")
            line.put(name: reason)
            line.put("\"")
        }
        line.putSender(of: record.request, source, labels.redaction)
        line.put("}\n")
        buffer.endLine(line)
    }
}

/// How much of each text a line shows, in bytes before escaping; more is cut off and marked with `…`, so
/// that no client can have its line left out by making it too long.
enum TextLimit {
    static let identifier = 128
    static let method = 64
    static let host = 256
    static let path = 2048
    static let query = 2048
    static let userAgent = 1024
    static let referer = 2048
    /// A value of any other line.
    static let value = 2048
}

extension LineCursor {
    @inline(__always)
    mutating func put(_ time: borrowing LogClock) {
        guard hasRoom(for: 24) else { return }
        for index in 0..<24 { unsafe base[count &+ index] = time.text[index] }
        count &+= 24
    }

    @inline(__always)
    fileprivate mutating func put(
        _ request: AccessRequest, _ source: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction
    ) {
        put(",\"request_id\":\"", request.requestID, source, TextLimit.identifier)
        put(",\"trace_id\":\"", request.traceID, source, TextLimit.identifier)
        put(",\"client_ip\":\"", request.clientIP, source, TextLimit.identifier)
        put(",\"method\":\"", request.method, source, TextLimit.method)
        put(",\"host\":\"", request.host, source, TextLimit.host)
        put(",\"path\":\"", request.path, source, TextLimit.path)
        if request.query.count > 0 {
            put(",\"query\":\"")
            putQuery(source.extracting(request.query.indices), redaction, bytesMax: TextLimit.query)
            put("\"")
        }
        if let version = request.protocol {
            put(",\"protocol\":\"")
            put(name: version.name)
            put("\"")
        }
    }

    /// Puts a text field; nothing if the text is empty.
    @inline(__always)
    private mutating func put(
        _ key: StaticString, _ range: ByteRange, _ source: borrowing Span<UInt8>,
        _ bytesMax: Int
    ) {
        guard range.count > 0 else { return }
        put(key)
        putText(source.extracting(range.indices), bytesMax: bytesMax)
        put("\"")
    }

    @inline(__always)
    fileprivate mutating func putNumbers(of record: borrowing AccessRecord) {
        if let status = record.status {
            put(",\"status\":")
            put(decimal: UInt64(status))
        }
        put(",\"bytes_in\":")
        put(decimal: record.bytesIn)
        put(",\"bytes_out\":")
        put(decimal: record.bytesOut)
        put(",\"duration_ms\":")
        put(milliseconds: record.durationMicroseconds)
    }

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
            put(",\"upstream_status\":")
            put(decimal: UInt64(status))
        }
        if let microseconds = record.upstreamMicroseconds {
            put(",\"upstream_ms\":")
            put(milliseconds: microseconds)
        }
    }

    @inline(__always)
    fileprivate mutating func putSender(
        of request: AccessRequest, _ source: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction
    ) {
        put(",\"user_agent\":\"", request.userAgent, source, TextLimit.userAgent)
        if request.referer.count > 0 {
            put(",\"referer\":\"")
            putReferer(source.extracting(request.referer.indices), redaction, bytesMax: TextLimit.referer)
            put("\"")
        }
    }
}

package import Bytes

/// Texts of a request for readers other than the log, without the secrets in them.
package enum CleanText {
    /// A path and, behind a `?`, its query, as access lines have them but for JSON's escapes.
    ///
    /// The ranges of the request lie in `source`.
    package static func target(
        _ request: borrowing AccessRequest, source: borrowing Span<UInt8>,
        labels: borrowing AccessLabels
    ) -> String {
        var buffer = Buffer(capacity: 24 << 10)
        var line = buffer.beginLine(reserving: 0)
        line.isPlain = true
        let texts = LineSource(source, for: line)
        if request.path.count > 0 { _ = line.putPath(texts, request.path, labels.redaction) }
        if request.query.count > 1 {
            line.put("?")
            _ = line.putQuery(texts, request.query, labels.redaction)
        }
        buffer.endLine(line)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }

    /// The host that a request is for; nothing if lines must not show it.
    package static func host(
        _ request: borrowing AccessRequest, source: borrowing Span<UInt8>,
        labels: borrowing AccessLabels
    ) -> String {
        guard !labels.hiddenHeaders.contains(.host) else { return "" }
        return identifier(request.host, source: source)
    }

    /// A short text, valid UTF-8 whatever it was.
    package static func identifier(
        _ range: ByteRange, source: borrowing Span<UInt8>
    ) -> String {
        guard range.count > 0 else { return "" }
        var buffer = Buffer(capacity: 2048)
        var line = buffer.beginLine(reserving: 0)
        line.isPlain = true
        _ = line.putText(LineSource(source, for: line), range, bytesMax: TextLimit.host)
        buffer.endLine(line)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }
}

package import Bytes
import HTTP

/// The body of an error answer (RFC 9457).
package struct ProblemBody: Sendable, Equatable {
    /// Gives the sentence, and what programs tell errors apart by.
    package let code: ProblemCode
    /// That of the code, but for what stands in for an app's error: that app's.
    package let status: UInt16
    /// What the client's `Accept` prefers.
    package let format: ProblemFormat
    /// Seconds, for the codes that ask to come again.
    package var retryAfter: UInt32?

    package init(
        _ code: ProblemCode, _ format: ProblemFormat, status: UInt16? = nil, retryAfter: UInt32?
    ) {
        self.code = code
        self.format = format
        self.status = status ?? code.status
        self.retryAfter = retryAfter
    }

    /// No body is longer, whatever the code, the format and the id; what limits say comes on top.
    package static let bytesMax = 704

    /// Appends the body.
    ///
    /// - Parameters:
    ///   - requestID: The request's id. Left out unless ``RequestID/isAcceptable(_:_:)``,
    ///     so that nothing in a body ever needs an escape.
    ///   - violated: A JSON array of the limits that refuse the request; empty without any.
    ///   - message: In place of the code's sentence, in UTF-8; empty for that one.
    package func append(
        to buffer: inout Buffer, requestID: borrowing Span<UInt8>, violated: borrowing Buffer,
        message: [UInt8] = []
    ) {
        let range = ByteRange(start: 0, count: requestID.count)
        let id = RequestID.isAcceptable(requestID, range) ? range : .empty
        switch format {
        case .json: appendJSON(to: &buffer, requestID, id, violated, message)
        case .html: appendHTML(to: &buffer, requestID, id, message)
        case .text: appendText(to: &buffer, requestID, id, message)
        }
    }

    /// With the type `about:blank` a title says no more than the status (§4.2.1); `code` tells
    /// errors apart.
    private func appendJSON(
        to buffer: inout Buffer, _ requestID: borrowing Span<UInt8>, _ id: ByteRange,
        _ violated: borrowing Buffer, _ message: [UInt8]
    ) {
        buffer.append("{\"type\":\"")
        buffer.append(code.type)
        buffer.append("\",\"title\":\"")
        buffer.append(title)
        buffer.append("\",\"status\":")
        buffer.append(decimal: UInt64(status))
        buffer.append(",\"detail\":\"")
        appendDetail(message, to: &buffer)
        if !id.isEmpty {
            buffer.append("\",\"instance\":\"urn:request:")
            buffer.append(requestID, id)
        }
        buffer.append("\",\"code\":\"")
        buffer.append(code.token)
        buffer.append("\"")
        if let retryAfter {
            buffer.append(",\"retry_after\":")
            buffer.append(decimal: UInt64(retryAfter))
        }
        if !violated.isEmpty {
            buffer.append(",\"violated-policies\":")
            buffer.append(violated)
        }
        buffer.append("}\n")
    }

    private func appendHTML(
        to buffer: inout Buffer, _ requestID: borrowing Span<UInt8>, _ id: ByteRange,
        _ message: [UInt8]
    ) {
        buffer.append("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>")
        appendHeading(to: &buffer)
        buffer.append("</title>\n<h1>")
        appendHeading(to: &buffer)
        buffer.append("</h1>\n<p>")
        appendDetail(message, to: &buffer)
        buffer.append("</p>\n")
        if !id.isEmpty {
            buffer.append("<p>Request <code>")
            buffer.append(requestID, id)
            buffer.append("</code></p>\n")
        }
    }

    private func appendText(
        to buffer: inout Buffer, _ requestID: borrowing Span<UInt8>, _ id: ByteRange,
        _ message: [UInt8]
    ) {
        appendHeading(to: &buffer)
        buffer.append("\n")
        appendDetail(message, to: &buffer)
        buffer.append("\n")
        if !id.isEmpty {
            buffer.append("Request ")
            buffer.append(requestID, id)
            buffer.append("\n")
        }
    }

    /// Appends the sentence, or a message in its place, escaped as the format wants it.
    private func appendDetail(_ message: [UInt8], to buffer: inout Buffer) {
        guard !message.isEmpty else { return buffer.append(code.detail) }
        for byte in message {
            switch (format, byte) {
            case (.json, 0x22), (.json, 0x5c):
                buffer.append(0x5c)
                buffer.append(byte)
            case (.html, 0x3c): buffer.append("&lt;")
            case (.html, 0x26): buffer.append("&amp;")
            // Whoever made the message has no controls in it; none gets through in any case.
            case (_, 0..<0x20): buffer.append(0x20)
            default: buffer.append(byte)
            }
        }
    }

    /// Unregistered codes are as good as the first of their class (RFC 9110 §15).
    private var title: StaticString {
        let reason = StatusCode.reason(of: status)
        return reason.utf8CodeUnitCount > 0 ? reason : StatusCode.reason(of: status / 100 * 100)
    }

    private func appendHeading(to buffer: inout Buffer) {
        buffer.append(decimal: UInt64(status))
        buffer.append(" ")
        buffer.append(title)
    }
}

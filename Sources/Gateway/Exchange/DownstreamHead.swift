import Bytes
import HTTP
import Policy

/// A response's head as the client gets it.
enum DownstreamHead {
    /// Fields of the app that concern its own connection, or that this hop says for itself.
    static let dropped: FieldNameSet = FieldNameSet.hopByHop.union([.xRequestID])

    /// Upper bound of what is written beyond the app's head and the route's stamp.
    static let addedBytesMax = 1024

    /// How the response ends and what becomes of the connection.
    struct Framing {
        var isChunked: Bool
        var connection: ConnectionField
    }

    enum ConnectionField {
        case absent
        case close
        /// Said to HTTP/1.0 clients that asked for it.
        case keepAlive
        case upgrade

        var isClose: Bool { if case .close = self { true } else { false } }
    }

    /// Writes the head of a final response, or of a switch of protocols.
    ///
    /// - Parameters:
    ///   - input: What the head was read from.
    ///   - subject: Its ranges refer to the journal's text.
    ///   - limits: What the route's limits made of the request.
    ///   - date: For an app that sent none (RFC 9110 §6.6.1), as ``HTTPDate`` writes it.
    static func write(
        _ head: borrowing ResponseHead, of input: borrowing Buffer, journal: borrowing Journal,
        stamp: ResponseStamp, for subject: StampSubject, limits: borrowing LimitNotes,
        framing: Framing, date: borrowing Buffer, into output: inout Buffer
    ) {
        input.withReadable { (bytes: borrowing Span<UInt8>) in
            output.appendStatusLine(head.status, reason: head.reason, of: bytes)
            if !head.present.contains(.date) { append(date: date, to: &output) }
            var except = dropped
            // A length beside chunks would be a second opinion on where the body ends.
            if framing.isChunked { except.insert(.contentLength) }
            journal.text.withReadable { (text: borrowing Span<UInt8>) in
                stamp.append(
                    head, of: bytes, except: except, for: subject, in: text, to: &output)
            }
            output.append(limits.lines)
            if framing.connection == .upgrade { appendUpgrade(head, bytes, to: &output) }
        }
        append(framing, to: &output)
    }

    /// Writes an interim response as it came, without what belongs to the app's connection.
    static func writeInterim(
        _ head: borrowing ResponseHead, of input: borrowing Buffer, into output: inout Buffer
    ) {
        input.withReadable { (bytes: borrowing Span<UInt8>) in
            output.appendStatusLine(head.status, reason: head.reason, of: bytes)
            output.appendForwarded(head.fields, of: bytes, except: dropped)
        }
        output.append("\r\n")
    }

    static func append(date: borrowing Buffer, to output: inout Buffer) {
        output.append("Date: ")
        output.append(date)
        output.append("\r\n")
    }

    /// Appends the fields of framing, and the empty line.
    static func append(_ framing: Framing, to output: inout Buffer) {
        if framing.isChunked { output.append("Transfer-Encoding: chunked\r\n") }
        switch framing.connection {
        case .absent: break
        case .close: output.append("Connection: close\r\n")
        case .keepAlive: output.append("Connection: keep-alive\r\n")
        case .upgrade: output.append("Connection: upgrade\r\n")
        }
        output.append("\r\n")
    }

    private static func appendUpgrade(
        _ head: borrowing ResponseHead, _ bytes: borrowing Span<UInt8>, to output: inout Buffer
    ) {
        for index in head.fields.indices where head.fields[index].id == .upgrade {
            output.append("Upgrade: ")
            output.append(bytes, head.fields[index].value)
            output.append("\r\n")
        }
    }
}

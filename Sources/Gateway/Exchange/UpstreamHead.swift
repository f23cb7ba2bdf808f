import Bytes
import HTTP
import Policy

/// A request's head as the app gets it: one canonical form, whatever form the client's had.
enum UpstreamHead {
    /// Fields of the client that are written anew or not at all. `Content-Length` stays: the reader has made
    /// sure that it is the one truth about the body.
    static let dropped: FieldNameSet = FieldNameSet.hopByHop
        .union(Forwarding.dropped)
        .union([.host, .xRequestID])

    /// Upper bound of what is written beyond the client's head.
    static let addedBytesMax = 1024

    /// - Parameters:
    ///   - head: Read from the beginning of the journal's text.
    ///   - host: What `Host` is to say; `nil` for the client's own.
    static func write(
        _ head: borrowing RequestHead, of journal: borrowing Journal, for identity: ClientIdentity,
        arrival: Arrival, host: [UInt8]?, into output: inout Buffer
    ) {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            writeRequestLine(head, bytes, into: &output)
            output.append("Host: ")
            if let host { output.append(host) } else { output.append(bytes, head.authority) }
            output.append("\r\n")
            output.appendForwarded(head.fields, of: bytes, except: dropped)
            Forwarding.append(to: &output, identity, head, bytes, arrival)
            output.append("X-Request-ID: ")
            output.append(bytes, journal.request.requestID)
            writeConnection(head, bytes, into: &output)
            output.append("\r\n\r\n")
        }
    }

    private static func writeRequestLine(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, into output: inout Buffer
    ) {
        output.append(bytes, head.methodName)
        output.append(UInt8(ascii: " "))
        if head.path.isEmpty {
            // RFC 9112 §3.2.1, and §3.2.4 for an absolute form that asks about the server.
            output.append(UInt8(ascii: head.method == .options && head.query.isEmpty ? "*" : "/"))
        } else {
            output.append(bytes, head.path)
        }
        output.append(bytes, head.query)
        output.append(" HTTP/1.1\r\n")
    }

    /// What this hop says for itself; begins with the end of the line before.
    private static func writeConnection(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, into output: inout Buffer
    ) {
        if head.framing == .chunked { output.append("\r\nTransfer-Encoding: chunked") }
        if head.options.contains(.upgrade) {
            output.append("\r\nConnection: upgrade")
            for index in head.fields.indices where head.fields[index].id == .upgrade {
                output.append("\r\nUpgrade: ")
                output.append(bytes, head.fields[index].value)
            }
        } else if head.options.contains(.trailers) {
            output.append("\r\nConnection: TE\r\nTE: trailers")
        }
    }
}

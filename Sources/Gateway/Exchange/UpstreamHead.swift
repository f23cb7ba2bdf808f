import Bytes
import HTTP
import Policy
import Telemetry

/// A request's head as the app gets it: one canonical form, whatever form the client's had.
enum UpstreamHead {
    /// Fields of the client that are written anew or not at all.
    ///
    /// `Content-Length` stays: the reader
    /// has made sure that it is the one truth about the body.
    static let dropped = FieldNameSet.hopByHop.union([.host]).union(Forwarding.dropped)
    /// And what only a trusted peer may say.
    static let droppedOfStrangers = dropped.union(Forwarding.droppedOfUntrusted)

    /// Upper bound of what is written beyond the client's head and the route's own lines.
    static let addedBytesMax = 2048

    /// - Parameters:
    ///   - head: Read from the beginning of the journal's text.
    ///   - host: What `Host` is to say; `nil` for the client's own.
    ///   - certificate: The client's; its lines need room beyond ``addedBytesMax``.
    static func write(
        _ head: borrowing RequestHead, of journal: borrowing Journal, for identity: ClientIdentity,
        arrival: Arrival, host: [UInt8]?, forwarded: ForwardedSettings,
        certificate: ClientCertificate? = nil, edits: EditPlan, into output: inout Buffer
    ) {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            output.appendRequestLine(of: head, path: edits.path(of: head, in: bytes), in: bytes)
            output.append("Host: ")
            if let host { output.append(host) } else { output.append(bytes, head.authority) }
            output.append("\r\n")
            if identity.isTrustedPeer {
                output.appendForwarded(
                    head.fields, of: bytes, except: dropped,
                    and: edits.requestDropped)
            } else {
                output.appendForwarded(
                    head.fields, of: bytes, except: droppedOfStrangers,
                    and: edits.requestDroppedOfStrangers)
            }
            output.append(edits.requestLines)
            Forwarding.append(
                to: &output, identity, head, bytes, arrival, forwarded,
                client: journal.request.clientIP)
            if let certificate { output.append(certificate.lines) }
            output.append("traceparent: ")
            output.append(bytes, journal.traceParent)
            output.append("\r\n")
            if journal.trace.contains(.keepsState) { TraceState.append(head, bytes, to: &output) }
            output.append("X-Request-ID: ")
            output.append(bytes, journal.request.requestID)
            if !journal.principal.isEmpty { writePrincipal(journal, bytes, into: &output) }
            if !journal.webhook.isEmpty {
                output.append("\r\nApus-Webhook: ")
                output.append(bytes, journal.webhook)
            }
            writeConnection(head, journal, bytes, into: &output)
            output.append("\r\n\r\n")
        }
    }

    /// Who sent the request, as this gateway has verified; begins as ``writeConnection``.
    private static func writePrincipal(
        _ journal: borrowing Journal, _ bytes: borrowing Span<UInt8>, into output: inout Buffer
    ) {
        output.append("\r\nX-Auth-Subject: ")
        output.append(bytes, journal.principal)
        guard !journal.request.keyName.isEmpty else { return }
        output.append("\r\nX-Auth-Name: ")
        output.append(bytes, journal.principal)
    }

    /// What this hop says for itself; begins with the end of the line before.
    private static func writeConnection(
        _ head: borrowing RequestHead, _ journal: borrowing Journal,
        _ bytes: borrowing Span<UInt8>, into output: inout Buffer
    ) {
        if head.framing.isChunked { output.append("\r\nTransfer-Encoding: chunked") }
        if head.options.contains(.upgrade) {
            output.append("\r\nConnection: upgrade\r\nUpgrade: ")
            output.append(bytes, journal.upgrade)
        } else if head.options.contains(.trailers) {
            output.append("\r\nConnection: TE\r\nTE: trailers")
        }
    }
}

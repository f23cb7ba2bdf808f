import Bytes

/// What a request's fields mean together, once all of them are there.
enum RequestSemantics {
    /// Settles framing, authority and connection options.
    ///
    /// - Throws: What no single line shows to be wrong. Framing comes first: it is what smuggling
    ///   plays with.
    static func settle(
        _ bytes: borrowing Span<UInt8>, _ seen: SeenNames, _ head: inout RequestHead
    ) throws(WireError) {
        // RFC 9112 §6.3: without a length a request has no body.
        head.framing = try BodyFraming.settle(bytes, head.fields, seen, head.version) ?? .none
        try settleHost(bytes, seen, &head)
        head.options = try ConnectionOptions.fold(
            bytes, &head.fields, seen, ConnectionOptions.requestFields, head.version)
    }

    /// RFC 9112 §3.2: exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0. An absolute
    /// target wins over it (§3.2.2), but does not make up for it.
    private static func settleHost(
        _ bytes: borrowing Span<UInt8>, _ seen: SeenNames, _ head: inout RequestHead
    ) throws(WireError) {
        guard !seen.repeated.contains(.host) else { throw .hostRepeated }
        guard seen.present.contains(.host), let host = head.fields.first(.host) else {
            guard head.version == .http10 else { throw .hostMissing }
            return
        }
        guard Authority.isValid(bytes, host.value) else { throw .hostMalformed }
        if head.form != .absolute { head.authority = host.value }
    }
}

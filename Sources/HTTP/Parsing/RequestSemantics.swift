import Bytes

/// What a request's fields mean together, once all of them are there.
enum RequestSemantics {
    /// Settles framing, authority and connection options.
    ///
    /// - Throws: What no single line shows to be wrong. Framing comes first: it is what smuggling
    ///   plays with.
    static func settle(
        _ bytes: borrowing Span<UInt8>, _ head: inout RequestHead
    ) throws(WireError) {
        let keys = KeyFields(head.fields)
        // RFC 9112 §6.3: without a length a request has no body.
        head.framing =
            try BodyFraming.settle(bytes, head.fields, head.present, keys, head.version) ?? .none
        try settleHost(bytes, keys, &head)
        head.options = try ConnectionOptions.fold(
            bytes, &head.fields, head.present, keys, ConnectionOptions.requestFields, head.version)
    }

    /// RFC 9112 §3.2: exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0.
    ///
    /// An absolute target wins over it (§3.2.2), but does not make up for it.
    @inline(__always)
    private static func settleHost(
        _ bytes: borrowing Span<UInt8>, _ keys: KeyFields, _ head: inout RequestHead
    ) throws(WireError) {
        guard keys.hostCount == 1 else {
            guard keys.hostCount == 0 else { throw .hostRepeated }
            guard !head.version.isModern else { throw .hostMissing }
            return
        }
        guard Authority.isValid(bytes, keys.host) else { throw .hostMalformed }
        if head.form != .absolute { head.authority = keys.host }
    }
}

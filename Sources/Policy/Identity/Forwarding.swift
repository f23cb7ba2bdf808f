package import Bytes
package import HTTP

/// What the upstream is told about the client, and which fields nobody else may tell it.
package enum Forwarding {
    /// Dropped from every request: what is written anew here or with the head, the id and the
    /// trace, which are settled here, and the claims that only this gateway may make to an app.
    ///
    /// A trusted proxy is trusted with addresses, not with those: it may well pass on what its own
    /// clients send. So may it with `Forwarded`, where it writes `X-Forwarded-*` itself.
    package static let dropped: FieldNameSet = [
        .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRealIP, .xRequestID, .forwarded,
        .traceparent, .tracestate, .apusWebhook, .xAuthSubject, .xAuthName,
    ]

    /// Further names that are dropped from every request, as ``dropped`` is: of what a client has
    /// proved to this gateway by its certificate, nobody else may tell an app.
    package static let namesDropped = [
        "X-Client-Cert-Subject", "X-Client-Cert-SAN", "X-Client-Cert-Fingerprint",
        "X-Client-Cert-Not-After",
    ]

    /// ``dropped``, and what untrusted peers may not say of themselves.
    package static let droppedOfUntrusted: FieldNameSet = dropped.union([
        .xForwardedPort, .xForwardedPrefix, .xForwardedServer,
    ])

    /// Further names by which proxies and delivery networks tell apps about the client or the
    /// request, and which apps and their frameworks believe: dropped where the peer is not trusted.
    package static let namesOfUntrusted = [
        "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-IPCountry", "CF-Pseudo-IPv4", "CF-Visitor",
        "CloudFront-Forwarded-Proto", "CloudFront-Viewer-Address", "Fastly-Client-IP",
        "Fly-Client-IP", "Front-End-Https", "True-Client-IP", "X-Appengine-User-IP",
        "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Client-IP", "X-Cluster-Client-IP",
        "X-Envoy-External-Address", "X-Forwarded", "X-Forwarded-By", "X-Forwarded-Client-Cert",
        "X-Forwarded-Scheme", "X-Forwarded-SSL", "X-Forwarded-Uri", "X-HTTP-Host-Override",
        "X-Host", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Proto",
        "X-Original-URL", "X-ProxyUser-IP", "X-Real-Port", "X-Remote-Addr", "X-Remote-IP",
        "X-Rewrite-URL", "X-Scheme", "X-URL-Scheme",
    ]

    /// Appends `X-Forwarded-For`, `-Proto`, `-Host` and `X-Real-IP` as field lines, and `Forwarded`
    /// if it is asked for.
    ///
    /// A trusted peer's `X-Forwarded-For` is continued if it is what peers are believed in, any
    /// other is begun anew; a unix peer adds nothing to it.
    ///
    /// - Parameters:
    ///   - head: As a reader admitted it: its values hold no line end, its authority nothing but a
    ///     host and a port.
    ///   - client: Where the text of the identity's client stands in `bytes`; without one unused.
    package static func append(
        to buffer: inout Buffer, _ identity: ClientIdentity, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>, _ arrival: Arrival, _ settings: ForwardedSettings,
        client: ByteRange
    ) {
        if case .xForwarded = settings.read {
            appendChain(to: &buffer, identity, head, bytes, arrival.peer, client)
        } else {
            beginChain(to: &buffer, identity, bytes, arrival.peer, client)
        }
        if identity.isSecure {
            buffer.append("X-Forwarded-Proto: https\r\n")
        } else {
            buffer.append("X-Forwarded-Proto: http\r\n")
        }
        // Both were found valid when they were read.
        let host = identity.forwardedHost.isEmpty ? head.authority : identity.forwardedHost
        if !host.isEmpty {
            buffer.append("X-Forwarded-Host: ")
            buffer.append(bytes, host)
            buffer.append("\r\n")
        }
        if identity.client != nil {
            buffer.append("X-Real-IP: ")
            buffer.append(bytes, client)
            buffer.append("\r\n")
        }
        if settings.writes { appendElement(to: &buffer, identity, bytes, host: host, client) }
    }

    /// Appends one element of `Forwarded` (RFC 7239 §4): the client as it is known here.
    private static func appendElement(
        to buffer: inout Buffer, _ identity: ClientIdentity, _ bytes: borrowing Span<UInt8>,
        host: ByteRange, _ client: ByteRange
    ) {
        switch identity.client?.family {
        case .v4:
            buffer.append("Forwarded: for=")
            buffer.append(bytes, client)
        case .v6:
            buffer.append("Forwarded: for=\"[")
            buffer.append(bytes, client)
            buffer.append("]\"")
        case nil: buffer.append("Forwarded: for=unknown")
        }
        if !host.isEmpty {
            buffer.append(";host=\"")
            buffer.append(bytes, host)
            buffer.append("\"")
        }
        if identity.isSecure {
            buffer.append(";proto=https\r\n")
        } else {
            buffer.append(";proto=http\r\n")
        }
    }

    /// Appends a line of the client, and of the peer if that is somebody else.
    private static func beginChain(
        to buffer: inout Buffer, _ identity: ClientIdentity, _ bytes: borrowing Span<UInt8>,
        _ peer: Peer, _ client: ByteRange
    ) {
        guard let known = identity.client else { return }
        buffer.append("X-Forwarded-For: ")
        buffer.append(bytes, client)
        if case .ip(let address, _) = peer, address != known {
            buffer.append(", ")
            address.append(to: &buffer)
        }
        buffer.append("\r\n")
    }

    /// Appends the line of hops, unless there is none to name.
    private static func appendChain(
        to buffer: inout Buffer, _ identity: ClientIdentity, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>, _ peer: Peer, _ client: ByteRange
    ) {
        guard identity.isTrustedPeer || identity.client == nil else {
            // The client is the peer.
            buffer.append("X-Forwarded-For: ")
            buffer.append(bytes, client)
            return buffer.append("\r\n")
        }
        var separator: StaticString = "X-Forwarded-For: "
        if identity.isTrustedPeer {
            for index in head.fields.indices {
                let field = head.fields[index]
                if field.id != .xForwardedFor || field.value.isEmpty { continue }
                if field.isDisguised { continue }
                buffer.append(separator)
                buffer.append(bytes, field.value)
                separator = ", "
            }
        }
        if case .ip(let address, _) = peer {
            buffer.append(separator)
            address.append(to: &buffer)
        } else if separator.utf8CodeUnitCount != 2 {
            return
        }
        buffer.append("\r\n")
    }
}

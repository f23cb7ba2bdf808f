package import Bytes
import HTTP

/// Who a request comes from, as far as the peer's word is believed.
package struct ClientIdentity: Sendable, Equatable {
    /// `nil` if the peer is a unix socket and names no address.
    package var client: IPAddress?
    /// Whether the peer itself, not the client it names, is one of `trusted_proxies`.
    package var isTrustedPeer: Bool
    /// Whether the client speaks HTTPS: with us, or with a trusted peer that says so.
    package var isSecure: Bool
    /// Where a trusted peer's acceptable `X-Request-ID` stands; empty if a new one is to be made.
    package var requestID: ByteRange
    /// Where a trusted peer's acceptable `X-Forwarded-Host` stands; empty without one.
    package var forwardedHost: ByteRange

    /// What is known without a head, and all that is believed of an untrusted peer.
    package init(client: IPAddress?, isTrustedPeer: Bool, isSecure: Bool) {
        self.client = client
        self.isTrustedPeer = isTrustedPeer
        self.isSecure = isSecure
        requestID = .empty
        forwardedHost = .empty
    }
}

/// Settles whom a request comes from.
struct IdentityPolicy: Sendable {
    private let trusted: AddressSet
    private let trustsUnix: Bool

    init(_ trustedProxies: TrustedProxies) {
        trusted = AddressSet(trustedProxies.blocks)
        trustsUnix = trustedProxies.trustsUnix
    }

    /// Without a head, for a peer that sent none that could be read.
    func identity(of arrival: Arrival) -> ClientIdentity {
        switch arrival.peer {
        case .ip(let address, _):
            ClientIdentity(
                client: address, isTrustedPeer: trusted.contains(address),
                isSecure: arrival.isSecure)
        case .unix:
            ClientIdentity(client: nil, isTrustedPeer: trustsUnix, isSecure: arrival.isSecure)
        }
    }

    /// Reads what a trusted peer says about the client in one pass; an untrusted one is not
    /// listened to.
    func identity(
        of arrival: Arrival, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> ClientIdentity {
        var identity = identity(of: arrival)
        guard identity.isTrustedPeer else { return identity }
        var scheme = ByteRange.empty
        var isWalking = true
        // From the last line on: what stands further right was written nearer to us.
        for index in head.fields.indices.reversed() {
            let field = head.fields[index]
            if field.isDisguised { continue }
            switch field.id {
            case .xForwardedFor where isWalking:
                isWalking = walk(field.value, bytes, &identity)
            case .xForwardedProto where scheme.isEmpty: scheme = field.value
            case .xForwardedHost where identity.forwardedHost.isEmpty:
                if ForwardedText.isHost(bytes, field.value) { identity.forwardedHost = field.value }
            case .xRequestID where identity.requestID.isEmpty:
                if RequestID.isAcceptable(bytes, field.value) { identity.requestID = field.value }
            default: break
            }
        }
        if ForwardedText.isSecure(scheme: bytes, scheme) { identity.isSecure = true }
        return identity
    }

    /// Goes through the hops of one line from right to left, noting each as the client.
    ///
    /// - Returns: Whether all were trusted, so that the line before is to be walked too. A hop that
    ///   cannot be read ends the walk with the one before it: what stands left of it may be
    ///   anybody's invention.
    private func walk(
        _ line: ByteRange, _ bytes: borrowing Span<UInt8>, _ identity: inout ClientIdentity
    ) -> Bool {
        var end = line.end
        while true {
            var start = end
            while start > line.start, bytes[start - 1] != 0x2c { start -= 1 }
            let hop = bytes.trimmed(ByteRange(start, end))
            guard let address = ForwardedText.address(bytes, hop) else { return false }
            identity.client = address
            if !trusted.contains(address) { return false }
            if start == line.start { return true }
            end = start - 1
        }
    }
}

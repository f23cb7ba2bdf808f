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
    private let family: ForwardedSettings.Family

    init(_ settings: IdentitySettings) {
        trusted = AddressSet(settings.trustedProxies.blocks)
        trustsUnix = settings.trustedProxies.trustsUnix
        family = settings.forwarded.read
    }

    /// Without a head, for a peer that sent none that could be read.
    func identity(of arrival: Arrival) -> ClientIdentity {
        var client: IPAddress?
        if case .ip(let address, _) = arrival.peer { client = address }
        return ClientIdentity(
            client: client, isTrustedPeer: trusts(arrival.peer), isSecure: arrival.isSecure)
    }

    /// Reads what a trusted peer says about the client in one pass; an untrusted one is not
    /// listened to.
    func identity(
        of arrival: Arrival, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> ClientIdentity {
        var identity = identity(of: arrival)
        guard identity.isTrustedPeer else { return identity }
        if case .forwarded = family {
            readForwarded(head, bytes, &identity)
            return identity
        }
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

    /// Reads `Forwarded` instead of `X-Forwarded-*`.
    private func readForwarded(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>,
        _ identity: inout ClientIdentity
    ) {
        var isSecure: Bool?
        var isWalking = true
        for index in head.fields.indices.reversed() {
            let field = head.fields[index]
            if field.isDisguised { continue }
            switch field.id {
            case .forwarded where isWalking:
                isWalking = walkElements(field.value, bytes, &identity, &isSecure)
            case .xRequestID where identity.requestID.isEmpty:
                if RequestID.isAcceptable(bytes, field.value) { identity.requestID = field.value }
            default: break
            }
        }
        if isSecure == true { identity.isSecure = true }
    }

    /// As ``walk(_:_:_:)``, over the elements of a `Forwarded` line.
    ///
    /// Scheme and host are those of the hop that names the client: each hop says how it was asked
    /// itself.
    private func walkElements(
        _ line: ByteRange, _ bytes: borrowing Span<UInt8>, _ identity: inout ClientIdentity,
        _ isSecure: inout Bool?
    ) -> Bool {
        var end = line.end
        while true {
            let start = ForwardedElement.start(bytes, from: line.start, to: end)
            guard let element = ForwardedElement(bytes, ByteRange(start, end)) else { return false }
            if let said = element.isSecure { isSecure = said }
            if !element.host.isEmpty { identity.forwardedHost = element.host }
            guard let address = element.client else { return false }
            identity.client = address
            if !trusted.contains(address) { return false }
            if start == line.start { return true }
            end = start - 1
        }
    }

    /// Whether a peer's word is believed.
    func trusts(_ peer: Peer) -> Bool {
        switch peer {
        case .ip(let address, _): trusted.contains(address)
        case .unix: trustsUnix
        }
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
            let comma = bytes.last(0x2c, in: ByteRange(line.start, end))
            let start = comma.map { $0 &+ 1 } ?? line.start
            let hop = bytes.trimmed(ByteRange(start, end))
            guard let address = ForwardedText.address(bytes, hop) else { return false }
            identity.client = address
            if !trusted.contains(address) { return false }
            if start == line.start { return true }
            end = start - 1
        }
    }
}

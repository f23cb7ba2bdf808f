/// `access` of a route: whose requests it takes, as configured.
package struct AccessLists: Sendable, Equatable {
    /// Only these clients; `nil` for all.
    package var allow: ClientList?
    /// Not these, whatever ``allow`` says; `nil` for none.
    package var deny: ClientList?
    /// Only with one of these certificates; `nil` for all, and for those without one.
    package var certificates: CertificateList?

    package init(allow: ClientList?, deny: ClientList?) {
        self.allow = allow
        self.deny = deny
    }
}

/// Clients by address; those on a unix socket have none.
package struct ClientList: Sendable, Equatable {
    package var blocks: [AddressBlock]
    /// Whether it has clients on a unix socket that nobody gives an address (`unix` in the list).
    package var holdsUnix: Bool

    package init(blocks: [AddressBlock], holdsUnix: Bool) {
        self.blocks = blocks
        self.holdsUnix = holdsUnix
    }
}

/// Access lists made ready for questions.
final class AccessPolicy: Sendable {
    private let allow: ClientSet?
    private let deny: ClientSet?
    private let certificates: CertificateSet?

    init(_ lists: AccessLists) {
        certificates = lists.certificates.map(CertificateSet.init)
        allow = lists.allow.map(ClientSet.init)
        deny = lists.deny.map(ClientSet.init)
    }

    /// Whether a client may pass: it is not denied, and allowed where there is a list of those.
    ///
    /// - Parameter client: As identified, not the peer; `nil` on a unix socket.
    func admits(_ client: IPAddress?) -> Bool {
        if let deny, deny.contains(client) { return false }
        guard let allow else { return true }
        return allow.contains(client)
    }

    /// Whether a client may pass by what it showed in its handshake, if by that at all.
    ///
    /// - Parameter handshake: `nil` where none asked for a certificate, as on a plain listener.
    func admits(_ handshake: ClientHandshake?) -> Bool {
        guard let certificates else { return true }
        guard let certificate = handshake?.certificate else { return false }
        return certificates.contains(certificate)
    }
}

/// A list of clients, merged for questions.
struct ClientSet: Sendable {
    private let addresses: AddressSet
    private let holdsUnix: Bool

    init(_ list: ClientList) {
        addresses = AddressSet(list.blocks)
        holdsUnix = list.holdsUnix
    }

    func contains(_ client: IPAddress?) -> Bool {
        guard let client else { return holdsUnix }
        return addresses.contains(client)
    }
}

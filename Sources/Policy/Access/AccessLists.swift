/// `access` of a route: whose requests it takes, as configured.
package struct AccessLists: Sendable, Equatable {
    /// Only these clients; `nil` for all.
    package var allow: ClientList?
    /// Not these, whatever ``allow`` says; `nil` for none.
    package var deny: ClientList?

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

    init(_ lists: AccessLists) {
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

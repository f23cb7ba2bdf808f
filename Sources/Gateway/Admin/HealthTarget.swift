import Linux

/// Where `apus health` asks, as its URL says: `http://HOST:PORT/PATH`, or `unix:/path` of a socket.
package struct HealthTarget: Equatable, Sendable {
    /// What the connection is made to.
    package enum Place: Equatable, Sendable {
        /// A name or an address, an IPv6 one without brackets.
        case host(String, port: UInt16)
        case unix(path: String)
    }

    package let place: Place
    /// With the query, as it is sent.
    package let path: String
    /// The value of `Host`.
    package let authority: String

    /// `nil` for anything else.
    ///
    /// Without a path `/livez` is asked for.
    package init?(url: String) {
        // Visible ASCII alone: what stands here is sent.
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        if url.hasPrefix("unix:/") {
            place = .unix(path: String(url.dropFirst(5)))
            path = Self.usualPath
            authority = "localhost"
            return
        }
        guard url.lowercased().hasPrefix("http://") else { return nil }
        let rest = url.dropFirst(7).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        let path = rest.dropFirst(authority.count)
        place = .host(host, port: port)
        self.path =
            path.isEmpty ? Self.usualPath : path.hasPrefix("?") ? "/\(path)" : String(path)
        self.authority = String(authority)
    }

    private static let usualPath = "/livez"

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: UInt16)? {
        let isBracketed = authority.hasPrefix("[")
        let host: Substring
        if isBracketed {
            guard authority.contains("]") else { return nil }
            host = authority.dropFirst().prefix { $0 != "]" }
        } else {
            host = authority.prefix { $0 != ":" }
        }
        let rest = authority.dropFirst(host.count + (isBracketed ? 2 : 0))
        guard !host.isEmpty, !host.contains("@") else { return nil }
        if rest.isEmpty { return (String(host), 80) }
        guard rest.hasPrefix(":"), rest.dropFirst().allSatisfy(\.isNumber),
            let port = UInt16(rest.dropFirst()), port > 0
        else { return nil }
        return (String(host), port)
    }

    /// Looks a name up, which may take as long as the system's resolver does.
    func addresses() -> [SocketAddress] {
        switch place {
        case .host(let name, let port): NameResolver.addresses(of: name, port: port)
        case .unix(let path): [.unix(path: path)]
        }
    }
}

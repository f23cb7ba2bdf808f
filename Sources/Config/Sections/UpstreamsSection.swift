import Policy

/// `upstreams`: the apps behind us.
enum UpstreamsSection {
    static let servers = Key(
        required: "servers", Kind.list(.server, count: 1...256), example: "[\"127.0.0.1:3000\"]",
        "The app's addresses: host:port, http://host:port, https://host:port, unix:/path, or "
            + "{ address, weight }")
    static let balance = Key(
        "balance", Kind<Balance>.balance, default: .roundRobin,
        "How a server is chosen; round_robin takes them in turn, as often as their weight says")
    static let host = Key(
        "host", Kind<HostSent>.hostSent, default: .client,
        "The Host that servers see: the client's, the server's own address, or a name")
    static let keepalive = Key(
        "keepalive", KeepaliveSection.kind,
        default: KeepaliveSection.make(.absent(KeepaliveSection.section)),
        "Connections kept open for the next request")
    static let tls = Key(
        optional: "tls", OutboundTLSSection.kind(OutboundTLSSection.ofUpstream),
        unset: "the system's authorities, and each server's own name",
        "How https:// servers prove to be themselves"
    ).commentedOut()

    static let section = Section(
        "upstreams.NAME", "The apps behind the gateway, each with a name that routes use",
        keys: [
            servers.description, balance.description, host.description, keepalive.description,
            tls.description,
        ])
    static let kind = Kind<UpstreamDraft>.section(section, make: make)

    private static func make(_ fields: Fields) -> UpstreamDraft {
        let servers = fields[servers] ?? []
        _ = fields[balance]
        let tls = fields[tls]
        // The name is put in by whoever knows it.
        var settings = UpstreamSettings(
            name: "", servers: servers, hostSent: fields[host], keepalive: fields[keepalive])
        let secureCount = servers.filter(\.isSecure).count
        if secureCount > 0 {
            settings.tls = tls?.settings ?? OutboundTLS()
        } else if !servers.isEmpty, fields.has("tls") {
            fields.place.inside("tls").error(
                at: fields.position(of: "tls"), "does nothing: no server is https://")
        }
        if secureCount > 0, secureCount < servers.count {
            fields.place.inside("servers").error(
                at: fields.position(of: "servers"),
                "mixes https:// with others: an upstream speaks one of the two")
        }
        return UpstreamDraft(settings: settings, doubt: tls?.doubt)
    }
}

/// An upstream without its name, and what about it is unsafe.
struct UpstreamDraft: Sendable {
    let settings: UpstreamSettings
    let doubt: Doubt?
}

/// How a server is chosen: one way so far, which is why no snapshot says it.
enum Balance: String, CaseIterable { case roundRobin = "round_robin" }

extension Kind where Value == Balance {
    /// `hash:<key>` is a word with an end of its own, which is why the plain words do not do.
    fileprivate static var balance: Kind {
        let plain = Kind<Balance>.cases(later: ["least_requests", "random_two"])
        return Kind(shape: plain.shape, format: plain.format) { node, place in
            if case .scalar(let scalar) = node, scalar.text.hasPrefix("hash:") {
                place.object(Objection(notYet), to: scalar)
                return nil
            }
            return plain.decode(node, place)
        }
    }
}

/// `keepalive` of an upstream.
enum KeepaliveSection {
    static let max = Key(
        "max", Kind.integer(0...10_000), default: 64,
        "Idle connections kept for each event loop; 0 closes each after its response")
    static let idle = Key(
        "idle", Kind.timeout, default: .seconds(30), "How long an idle connection is kept")

    static let section = Section(
        "upstreams.NAME.keepalive", "Connections to servers, kept open for the next request",
        keys: [max.description, idle.description])
    static let kind = Kind<KeepaliveSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> KeepaliveSettings {
        KeepaliveSettings(countMax: fields[max], idle: fields[idle])
    }
}

/// `{ address, weight }`, the long form of a server.
enum ServerEntrySection {
    static let address = Key(
        required: "address", Kind<ServerSpecification>.serverAddress,
        "host:port, http://host:port, https://host:port or unix:/path")
    static let weight = Key(
        "weight", Kind.integer(1...1000), default: 1,
        "How often this server is chosen beside the others")

    static let section = Section(
        "upstreams.NAME.servers[]", "One server of an upstream, in its long form",
        keys: [address.description, weight.description])
}

extension Kind where Value == ServerSpecification {
    /// A server, as a text or in its long form.
    static var server: Kind {
        let long = Kind.section(ServerEntrySection.section) { fields in
            let weight = fields[ServerEntrySection.weight]
            guard var server = fields[ServerEntrySection.address] else { return nil }
            server.weight = weight
            return server
        }
        let shape = Shape.either(serverAddress.shape, long.shape)
        return Kind(shape: shape) { node, place in
            if case .mapping = node { return long.decode(node, place) }
            return serverAddress.decode(node, place)
        }
    }

    /// A server's address; unlike a listener's it may be a name, which is looked up while running.
    static var serverAddress: Kind {
        let shape = Shape.text(
            expected: "an address such as 127.0.0.1:3000, app.internal:80 or unix:/run/app.sock",
            pattern: "(https?://)?[^/]+|unix:/.+")
        let format: @Sendable (ServerSpecification) -> String? = { $0.text }
        return Kind(shape, format: format) { text throws(Objection) in
            var server = ServerSpecification(address: try parse(text), weight: 1, text: text)
            server.isSecure = text.hasPrefix("https://")
            return server
        }
    }

    private static func parse(_ text: String) throws(Objection) -> ServerAddress {
        if text.hasPrefix("unix:") { return .unix(path: try unixPath(text)) }
        let scheme = ["http://", "https://"].first(where: text.hasPrefix)
        let authority = String(text.dropFirst(scheme?.count ?? 0))
        guard !authority.contains("://") else {
            throw Objection("has a scheme other than http:// and https://")
        }
        guard !authority.contains("/") else {
            let bare = text.dropLast(authority.drop { $0 != "/" }.count)
            throw Objection("holds a path, which a server does not have", suggestion: "\(bare)")
        }
        let parts = try HostAndPort(authority, portNeeded: scheme == nil)
        let port = parts.port ?? (scheme == "https://" ? 443 : 80)
        guard port > 0 else { throw Objection("has the port 0, where no server listens") }
        if let address = IPAddress(parts.host) { return .ip(address, port: port) }
        try HostText.checkName(parts.host)
        return .name(parts.host.lowercased(), port: port)
    }
}

extension Kind where Value == HostSent {
    fileprivate static var hostSent: Kind {
        let shape = Shape.text(expected: "client, server or a host name", pattern: nil)
        return Kind(shape, format: format) { text throws(Objection) in
            switch text {
            case "client": return .client
            case "server": return .server
            default:
                let parts = try HostAndPort(text, portNeeded: false)
                if !parts.isBracketed, IPAddress(parts.host) == nil {
                    try HostText.checkName(parts.host)
                }
                return .fixed(text)
            }
        }
    }

    private static func format(_ host: HostSent) -> String? {
        switch host {
        case .client: "client"
        case .server: "server"
        case .fixed(let name): name
        }
    }
}

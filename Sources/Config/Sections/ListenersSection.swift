/// `listeners`: where clients reach us.
enum ListenersSection {
    static let bind = Key(
        required: "bind", Kind<BindAddress>.bind.located, example: "\"0.0.0.0:8080\"",
        "Where to listen: host:port, [v6]:port, unix:/path, or fd:NAME for a socket from systemd")

    static let proxyProtocol = Key(
        "proxy_protocol", Kind.toggle, default: false,
        "Whether trusted proxies connect, each beginning with a PROXY header; others are closed")

    static let section = Section(
        "listeners.NAME", "Addresses that clients connect to, each with a name of your choice",
        keys: [bind.description, proxyProtocol.description])
    static let kind = Kind<ListenerDraft>.section(section) { fields in
        let expectsProxyHeader = fields[proxyProtocol]
        return fields[bind].map { bind in
            ListenerDraft(
                bind: bind, expectsProxyHeader: expectsProxyHeader,
                proxyProtocolPosition: fields.position(of: "proxy_protocol"))
        }
    }
}

/// A listener whose address was not compared with others yet.
struct ListenerDraft: Sendable {
    let bind: Located<BindAddress>
    let expectsProxyHeader: Bool
    let proxyProtocolPosition: Position
}

/// `admin`: where operators reach us.
enum AdminSection {
    static let bind = Key(
        "bind", Kind<BindAddress>.bind, default: .ip(.loopback, port: 9901),
        "Where /metrics, /livez and the like are answered; keep it off public addresses")

    static let section = Section(
        "admin", "The operators' listener; without this section there is none",
        keys: [bind.description])
    static let kind = Kind<Located<AdminSettings>>.section(section) { fields in
        Located(
            value: AdminSettings(bind: fields[bind]), path: fields.place.path.appending("bind"),
            position: fields.position(of: "bind"))
    }
}

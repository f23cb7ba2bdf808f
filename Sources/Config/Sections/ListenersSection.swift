import Policy

/// `listeners`: where clients reach us.
enum ListenersSection {
    static let bind = Key(
        required: "bind", Kind<BindAddress>.bind.located, example: "\"0.0.0.0:8080\"",
        "Where to listen: host:port, [v6]:port, unix:/path, or fd:NAME for a socket from systemd")

    static let proxyProtocol = Key(
        "proxy_protocol", Kind.toggle, default: false,
        "Whether trusted proxies connect, each beginning with a PROXY header; others are closed")

    static let tls = Key(
        optional: "tls", ListenerTLSSection.kind, unset: "plain HTTP",
        ListenerTLSSection.section.summary
    ).commentedOut()

    static let section = Section(
        "listeners.NAME", "Addresses that clients connect to, each with a name of your choice",
        keys: [
            bind.description, proxyProtocol.description, tls.description,
            RedirectHTTPSKey.key.description,
        ])
    static let kind = Kind<ListenerDraft>.section(section) { fields in
        let expectsProxyHeader = fields[proxyProtocol]
        let tls = fields[tls]
        let redirect = fields[RedirectHTTPSKey.key]
        if redirect != nil, fields.has("tls") {
            fields.place.inside("redirect_https").error(
                at: fields.position(of: "redirect_https"),
                "cannot stand beside tls: clients of this listener speak https already")
        }
        return fields[bind].map { bind in
            ListenerDraft(
                bind: bind, expectsProxyHeader: expectsProxyHeader,
                proxyProtocolPosition: fields.position(of: "proxy_protocol"),
                hasTLS: fields.has("tls"), tls: tls, redirect: redirect,
                redirectPosition: fields.position(of: "redirect_https"))
        }
    }
}

/// A listener whose address was not compared with others yet.
struct ListenerDraft: Sendable {
    let bind: Located<BindAddress>
    let expectsProxyHeader: Bool
    let proxyProtocolPosition: Position
    /// Whether the file says so, be it readable or not.
    let hasTLS: Bool
    let tls: ListenerTLS?
    let redirect: HTTPSRedirect?
    let redirectPosition: Position

    var asksForCertificates: Bool { tls?.clientAuthentication != nil || (hasTLS && tls == nil) }

    /// The listener, once nothing is wrong with it.
    func settings(named name: String) -> ListenerSettings {
        var settings = ListenerSettings(
            name: name, bind: bind.value, expectsProxyHeader: expectsProxyHeader)
        settings.tls = tls
        settings.redirect = redirect
        return settings
    }
}

/// `admin`: where operators reach us.
enum AdminSection {
    static let bind = Key(
        "bind", Kind<BindAddress>.bind, default: .ip(.loopback, port: 9901),
        "Where /metrics, /livez and the like are answered; keep it off public addresses")
    static let token = Key(
        optional: "token",
        Kind<String>.discreet(
            .text(expected: "a secret", pattern: nil), parse: SecretText.bearer
        ).located, unset: "nobody changes anything", example: "\"${APUS_ADMIN_TOKEN}\"",
        "What whoever changes something sends as Authorization: Bearer; 16 characters or more"
    ).commentedOut()
    static let hosts = Key(
        "hosts", Kind.list(Kind.text("a host name", check: checkHost), count: 0...64), default: [],
        "Names in Host that are answered, besides loopback's and the address of bind")

    static let section = Section(
        "admin", "The operators' listener; without this section there is none",
        keys: [bind.description, token.description, hosts.description])
    static let kind = Kind<AdminDraft>.section(section) { fields in
        let token = fields[token]
        var settings = AdminSettings(bind: fields[bind])
        settings.token = token.map { Secret($0.value) }
        settings.hosts = fields[hosts].map { $0.lowercased() }
        let doubt = token.flatMap { Doubt($0, charactersMin: AuthSection.secretCharactersMin) }
        return AdminDraft(
            settings: Located(
                value: settings, path: fields.place.path.appending("bind"),
                position: fields.position(of: "bind")),
            doubt: doubt)
    }

    private static func checkHost(_ text: String) throws(Objection) {
        let pattern = try HostText.pattern(text)
        if case .suffix = pattern {
            throw Objection("stands for many names", advice: "list each name that operators use")
        }
    }
}

/// The operators' listener, and what about it is unsafe.
struct AdminDraft: Sendable {
    let settings: Located<AdminSettings>
    let doubt: Doubt?
}

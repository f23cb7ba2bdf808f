import Policy

/// `tls` of an upstream or of `redis`: how servers are believed to be themselves.
enum OutboundTLSSection {
    static let authorities = Key(
        optional: "ca", FilePathText.kind(of: "certificates in PEM"), unset: "the system's",
        example: "/etc/apus/tls/internal-ca.pem",
        "A file with the certificates of those who sign servers' certificates")
    static let serverName = Key(
        optional: "server_name", peerName, unset: "the host of each server",
        example: "app.internal", "The name that is asked for, and that certificates must be for")
    static let verify = Key(
        "verify", Kind.toggle, default: true, "Whether servers' certificates are looked at")
    static let certificate = Key(
        optional: "client_cert", FilePathText.kind(of: "a certificate in PEM"), unset: "none",
        example: "/etc/apus/tls/gateway.pem",
        "A file with the certificate that servers are shown if they ask for one")
    static let key = Key(
        optional: "client_key", FilePathText.privateKey, example: "/etc/apus/tls/gateway.key",
        "A file with its private key")

    static let ofUpstream = section("upstreams.NAME.tls", "How servers prove to be themselves")
    static let ofRedis = section("redis.tls", "How Redis proves to be itself")

    private static func section(_ name: String, _ summary: String) -> Section {
        Section(
            name, summary,
            keys: [
                authorities.description, serverName.description, verify.description,
                certificate.description, key.description,
            ])
    }

    static func kind(_ section: Section) -> Kind<OutboundTLSDraft> {
        .section(section, make: make)
    }

    private static func make(_ fields: Fields) -> OutboundTLSDraft {
        var settings = OutboundTLS()
        settings.authorities = fields[authorities]
        settings.serverName = fields[serverName]
        settings.isVerifying = fields[verify]
        let chain = fields[certificate]
        let key = fields[key]
        if let chain, let key { settings.certificate = CertificateFiles(chain: chain, key: key) }
        for (name, other) in [("client_cert", "client_key"), ("client_key", "client_cert")]
        where fields.has(name) && !fields.has(other) {
            fields.place.inside(other).error(
                at: fields.position(of: name), "is required beside \(name)")
        }
        var doubt: Doubt?
        if !settings.isVerifying {
            if fields.has("ca") {
                fields.place.inside("ca").error(
                    at: fields.position(of: "ca"), "does nothing: verify is off")
            }
            doubt = Doubt(
                position: fields.position(of: "verify"), path: fields.place.inside("verify").path,
                message: "off lets anybody on the way pass for the server, and read everything")
        }
        return OutboundTLSDraft(settings: settings, doubt: doubt, position: fields.position)
    }

    private static let peerName = Kind<PeerName>(
        .text(expected: "a host name or an address", pattern: nil), format: { _ in nil },
        parse: { text throws(Objection) in
            if let address = IPAddress(text) { return .address(address) }
            try HostText.checkName(text)
            let name = text.lowercased()
            return .name(name.hasSuffix(".") ? String(name.dropLast()) : name)
        })
}

/// `tls` towards servers, and what about it is unsafe.
struct OutboundTLSDraft: Sendable {
    let settings: OutboundTLS
    let doubt: Doubt?
    let position: Position
}

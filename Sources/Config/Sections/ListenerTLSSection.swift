import Policy

/// `tls` of a listener: how it proves to be itself, and what it asks of clients.
enum ListenerTLSSection {
    static let certificates = Key(
        required: "certificates", Kind.list(CertificateSection.kind.located, count: 1...256),
        example: """
            - cert: /etc/apus/tls/fullchain.pem
              key: /etc/apus/tls/key.pem
              passphrase: "${TLS_PASSPHRASE}"
              ocsp: /etc/apus/tls/ocsp.der
            """,
        "Certificates, chosen by the name that a client asks for; the first if none is for it")
    static let profile = Key(
        "profile", Kind<TLSProfile>.cases(), default: .intermediate,
        "Mozilla's recommendations: TLS 1.2 and 1.3, or with modern 1.3 alone")
    static let versionMin = Key(
        optional: "min_version", Kind<TLSVersion>.cases(), unset: "the profile's",
        example: "\"1.2\"", "The oldest version that is spoken")
    static let ciphers = Key(
        optional: "ciphers", Kind.text("a list of ciphers", check: CipherText.check),
        unset: "the profile's",
        example: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
        "Ciphers of TLS 1.2, colons between them, as OpenSSL names them")
    static let sni = Key(
        "sni", Kind<UnknownNameRule>.cases(), default: .standard,
        "A client that asks for a name without certificate gets the first one, or with strict none")
    static let handshakeTimeout = Key(
        "handshake_timeout", Kind.duration(.milliseconds(100) ... .seconds(300)),
        default: .seconds(10), "A whole handshake, from the connection on; then it is closed")

    static let section = Section(
        "listeners.NAME.tls", "How a listener proves to be itself, and what it asks of clients",
        keys: [
            certificates.description, profile.description, versionMin.description,
            ciphers.description, sni.description, TicketsKey.key.description,
        ] + ClientAuthenticationKeys.descriptions + [handshakeTimeout.description])
    static let kind = Kind<ListenerTLS>.section(section, make: make)

    private static func make(_ fields: Fields) -> ListenerTLS? {
        let certificates = fields[certificates]
        let offer = offer(fields)
        let sni = fields[sni]
        let tickets = fields[TicketsKey.key]
        let clients = ClientAuthenticationKeys.make(fields)
        let timeout = fields[handshakeTimeout]
        guard let certificates else { return nil }
        checkRepetitions(among: certificates, report: fields.place.report)
        return ListenerTLS(
            certificates: certificates.map(\.value), offer: offer, sni: sni, tickets: tickets,
            clientAuthentication: clients, handshakeTimeout: timeout)
    }

    /// Keys that say something of each other.
    private static func offer(_ fields: Fields) -> TLSOffer {
        let profile = fields[profile]
        let version = fields[versionMin]
        let ciphers = fields[ciphers]
        if profile == .modern, version == .v12 {
            fields.place.inside("min_version").error(
                at: fields.position(of: "min_version"),
                "contradicts profile: modern is TLS 1.3 alone")
        }
        let versionMin = profile == .modern ? .v13 : version ?? .v12
        if versionMin == .v13, fields.has("ciphers") {
            fields.place.inside("ciphers").error(
                at: fields.position(of: "ciphers"),
                "chooses nothing: it is for TLS 1.2, and this listener speaks TLS 1.3 alone")
        }
        return TLSOffer(profile: profile, versionMin: versionMin, ciphers: ciphers)
    }

    private static func checkRepetitions(
        among certificates: [Located<CertificateFiles>], report: Report
    ) {
        var owners: [String: Path] = [:]
        for certificate in certificates {
            let chain = certificate.value.chain
            if let owner = owners[chain] {
                report.error(
                    at: certificate.position, certificate.path.appending("cert"),
                    "is the certificate of \(owner.text) already")
            } else {
                owners[chain] = certificate.path
            }
        }
    }
}

/// One of a listener's `certificates`.
enum CertificateSection {
    static let chain = Key(
        required: "cert", FilePathText.kind(of: "a certificate in PEM"),
        "A file with the certificate, then those that lead from it to a root, in PEM")
    static let key = Key(
        required: "key", FilePathText.privateKey,
        "A file with its private key in PEM, which nobody but the gateway's user may read")
    static let passphrase = Key(
        optional: "passphrase",
        Kind<String>.discreet(
            .text(expected: "a secret", pattern: nil),
            parse: { text throws(Objection) in
                guard !text.isEmpty else { throw Objection("is empty") }
                guard text.utf8.count <= 1024 else { throw Objection("is longer than 1024 bytes") }
                return text
            }), unset: "the key is not encrypted", "What opens an encrypted key")
    static let ocsp = Key(
        optional: "ocsp", FilePathText.kind(of: "an OCSP response in DER"), unset: "none",
        "A file with an OCSP response that clients are given; read again when it changes")

    static let section = Section(
        "listeners.NAME.tls.certificates[]", "A certificate and its private key",
        keys: [chain.description, key.description, passphrase.description, ocsp.description])
    static let kind = Kind<CertificateFiles>.section(section) { fields in
        let chain = fields[chain]
        let key = fields[key]
        let passphrase = fields[passphrase]
        let ocsp = fields[ocsp]
        guard let chain, let key else { return nil }
        var files = CertificateFiles(chain: chain, key: key)
        files.passphrase = passphrase.map { Secret($0) }
        files.ocsp = ocsp
        return files
    }
}

/// `tickets` of a listener: a switch, or a section with where the keys come from.
enum TicketsKey {
    static let file = Key(
        optional: "file", FilePathText.kind(of: "a file with keys of tickets"),
        unset: "keys of this process alone",
        "A file with the keys of tickets that several gateways share; read again when it changes")
    static let rotate = Key(
        "rotate", Kind.duration(.seconds(60) ... .seconds(7 * 86_400)), default: .seconds(43_200),
        "How long a key makes tickets; they are taken for as long again")

    static let section = Section(
        "listeners.NAME.tls.tickets", "Resumed sessions in the long form",
        keys: [file.description, rotate.description])

    static let key = Key(
        "tickets", kind, default: usual,
        example: "{ file: /etc/apus/tls/tickets.key, rotate: 12h }",
        "Sessions resumed by tickets: on, off, or on with a file of keys and how long one is used")

    private static let usual = TicketSettings(file: nil, rotation: rotate.fallback)

    /// `nil` for off.
    private static let kind: Kind<TicketSettings?> = {
        let plain = Kind<Bool>.toggle
        let long = Kind<TicketSettings>.section(section) { fields in
            TicketSettings(file: fields[file], rotation: fields[rotate])
        }
        let format: @Sendable (TicketSettings?) -> String? = { settings in
            guard let settings else { return "off" }
            return settings == usual ? "on" : nil
        }
        return Kind(shape: .either(plain.shape, long.shape), format: format) { node, place in
            if case .mapping = node { return long.decode(node, place).map { .some($0) } }
            return plain.decode(node, place).map { isOn -> TicketSettings? in isOn ? usual : nil }
        }
    }()
}

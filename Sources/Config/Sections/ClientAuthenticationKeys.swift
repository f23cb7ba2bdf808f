/// The keys of a listener's `tls` about certificates of clients.
enum ClientAuthenticationKeys {
    /// What clients are asked for.
    enum Mode: String, CaseIterable, Sendable {
        case never = "none"
        case optional, required
    }

    static let mode = Key(
        optional: "client_auth", Kind<Mode>.cases(), unset: "none", example: "optional",
        "Whether clients are asked for a certificate, and need one to get in")
    static let authorities = Key(
        optional: "client_ca", FilePathText.kind(of: "certificates in PEM"),
        example: "/etc/apus/tls/ca.pem",
        "A file with the certificates of those who sign clients' certificates")
    static let depthMax = Key(
        "client_depth", Kind.integer(1...10), default: 3,
        "Certificates between a client's and one of client_ca, at most")
    static let revocations = Key(
        optional: "client_crl", FilePathText.kind(of: "revocation lists in PEM"), unset: "none",
        example: "/etc/apus/tls/crl.pem",
        "A file with revocation lists, one for each that signs; read again when it changes")

    static let descriptions = [
        mode.description, authorities.description, depthMax.description, revocations.description,
    ]

    /// `nil` if clients are asked for nothing.
    static func make(_ fields: Fields) -> ClientAuthentication? {
        let mode = fields[mode]
        let authorities = fields[authorities]
        let depthMax = fields[depthMax]
        let revocations = fields[revocations]
        // Unreadable, which was reported: what belongs to it is no mistake then.
        if mode == nil, fields.has("client_auth") { return nil }
        guard let mode, mode != .never else {
            for name in ["client_ca", "client_depth", "client_crl"] where fields.has(name) {
                fields.place.inside(name).error(
                    at: fields.position(of: name),
                    "does nothing: clients are asked for no certificate",
                    hint: "write client_auth: optional or required")
            }
            return nil
        }
        guard let authorities else {
            if !fields.has("client_ca") {
                fields.place.inside("client_ca").error(
                    at: fields.position(of: "client_auth"),
                    "is required by client_auth: \(mode.rawValue)")
            }
            return nil
        }
        return ClientAuthentication(
            isRequired: mode == .required, authorities: authorities, depthMax: depthMax,
            revocations: revocations)
    }
}

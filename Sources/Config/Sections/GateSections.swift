import Policy

/// The keys of a route that refuse some of what its match takes.
enum GateKeys {
    static let access = Key(
        optional: "access", AccessSection.kind.located, unset: "everybody",
        "Whose requests it takes, by address or certificate; others are answered 403")
    static let fetchMetadata = Key(
        "fetch_metadata", Kind<FetchMetadataMode>.cases(), default: .off,
        "POST and the like that another site's page has a browser send: report, or answer 403")
    static let contentTypes = Key(
        optional: "content_types", Kind.list(mediaType, count: 1...64), unset: "all",
        "Media types of request bodies, such as application/json or image/*; others are 415")

    static let descriptions =
        [
            MaintenanceKey.route.description, access.description, fetchMetadata.description,
            contentTypes.description,
        ]
        + BodyKeys.descriptions

    static func make(_ fields: Fields) -> GateDraft {
        let access = fields[access]
        var gate = GateSettings(
            access: access?.value, fetchMetadata: fields[fetchMetadata],
            contentTypes: fields[contentTypes])
        gate.bodies = BodyKeys.make(fields)
        return GateDraft(
            settings: gate, access: access, maintenance: fields[MaintenanceKey.route])
    }

    /// Without parameters, which are not compared.
    static let mediaType = Kind<String>.text(
        "a media type such as application/json or image/*"
    ) { text throws(Objection) in
        guard !text.contains(";") else {
            throw Objection(
                "has a parameter, which is not compared",
                suggestion: String(text.prefix { $0 != ";" }).trimmingSpaces)
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy(FieldText.isToken), !parts[0].contains("*"),
            parts[1] == "*" || !parts[1].contains("*"), text.utf8.count <= 255
        else { throw Objection("is not a media type such as application/json or image/*") }
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate var trimmingSpaces: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}

/// `access` of a route.
enum AccessSection {
    static let allow = Key(
        optional: "allow", peers, unset: "everybody",
        "Only these clients: addresses, blocks, or unix for a unix socket's")
    static let deny = Key(
        optional: "deny", peers, unset: "nobody", "Not these, even if they are in allow")

    static let certificates = Key(
        optional: "client_cert", ClientCertificateSection.kind, unset: "everybody",
        "Only clients with one of these certificates, beside what allow and deny say")

    private static let peers = Kind.list(TrustedProxiesKey.peer, count: 1...10_000)

    static let section = Section(
        "routes[].access", "Whose requests a route takes",
        keys: [allow.description, deny.description, certificates.description])
    static let kind = Kind<AccessLists>.section(section) { fields in
        var lists = AccessLists(
            allow: fields[allow].map(clients), deny: fields[deny].map(clients))
        lists.certificates = fields[certificates]
        guard ["allow", "deny", "client_cert"].contains(where: { fields.has($0) }) else {
            fields.place.error(
                at: fields.position, "refuses nobody: it needs allow, deny or client_cert")
            return nil
        }
        return lists
    }

    /// What a list of peers stands for.
    static func clients(_ peers: [TrustedProxiesKey.Peer]) -> ClientList {
        var list = ClientList(blocks: [], holdsUnix: false)
        for peer in peers {
            switch peer {
            case .block(let block): list.blocks.append(block)
            case .unix: list.holdsUnix = true
            }
        }
        return list
    }
}

/// What a route refuses, as far as it says it.
struct GateDraft: Sendable {
    let settings: GateSettings
    /// As in the settings, with its place.
    let access: Located<AccessLists>?
    /// `nil` where the route says nothing, `.some(nil)` where it says off.
    let maintenance: MaintenanceSettings??

    /// With the global maintenance where the route says nothing of its own.
    func over(_ global: MaintenanceSettings?) -> GateSettings {
        var gate = settings
        gate.maintenance = maintenance ?? global
        return gate
    }
}

import Policy

/// `cookies` of a route: by its name alone, or as a section with cookies that stay as they are.
enum CookiesKey {
    /// What becomes of cookies by default.
    enum Preset: String, CaseIterable, Sendable { case harden, pass }

    static let preset = Key(
        "preset", Kind<Preset>.cases(), default: .harden,
        "Give cookies the attributes that they lack, or let them pass as they are")
    static let except = Key(
        "except",
        Kind.list(Kind.text("the name of a cookie", check: checkName), count: 0...64),
        default: [], "Cookies that stay as they are, such as one that scripts have to read")

    static let section = Section(
        "routes[].cookies", "Cookies in the long form",
        keys: [preset.description, except.description])

    static let key = Key(
        "cookies", kind, default: .pass,
        "What cookies of the app lack, of Secure (over HTTPS), HttpOnly and SameSite=Lax, is added")

    private static let kind: Kind<CookieSettings> = {
        let plain = Kind<Preset>.cases()
        let long = Kind<CookieSettings>.section(section, make: make)
        let format: @Sendable (CookieSettings) -> String? = { $0 == .pass ? "pass" : nil }
        return Kind(shape: .either(plain.shape, long.shape), format: format) { node, place in
            if case .mapping = node { return long.decode(node, place) }
            return plain.decode(node, place).map { $0 == .pass ? .pass : .harden(except: []) }
        }
    }()

    private static func make(_ fields: Fields) -> CookieSettings {
        let preset = fields[preset]
        let except = fields[except]
        guard preset == .pass else { return .harden(except: except) }
        if !except.isEmpty {
            fields.place.inside("except").error(
                at: fields.position(of: "except"), "says nothing beside pass, which changes none")
        }
        return .pass
    }

    private static func checkName(_ name: String) throws(Objection) {
        guard FieldText.isToken(name), name.utf8.count <= 128 else {
            throw Objection("is not the name of a cookie")
        }
    }
}

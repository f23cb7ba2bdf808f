import Policy

/// `maintenance`, of all routes or of one: a switch, or a section with what clients are told.
enum MaintenanceKey {
    static let message = Key(
        optional: "message", Kind.text("a sentence", check: checkMessage),
        unset: "the usual sentence", "What clients read in the answer")
    static let retryAfter = Key(
        "retry_after", Kind<Duration>.duration(.seconds(1)...day),
        default: .seconds(Int64(MaintenanceSettings.retryAfterUsual)),
        "After what time clients are asked to come again")
    static let allow = Key(
        optional: "allow",
        Kind.list(TrustedProxiesKey.peer, count: 1...MaintenanceSettings.allowCountMax),
        unset: "nobody",
        "Clients that pass nevertheless: addresses, blocks, or unix for a unix socket's")

    private static let day = Duration.seconds(Int64(MaintenanceSettings.retryAfterMax))

    static let globalSection = section("maintenance")
    static let routeSection = section("routes[].maintenance")

    private static func section(_ name: String) -> Section {
        Section(
            name, "Requests are answered 503 while it stands here, but for those of health routes",
            keys: [message.description, retryAfter.description, allow.description])
    }

    static let global = Key(
        "maintenance", kind(globalSection), default: nil,
        example: "{ message: \"Back at 17:00\", retry_after: 10min, allow: [10.0.0.0/8] }",
        "Answer every route with 503: on, off, or on with a message, a time and clients that pass"
    ).commentedOut()
    static let route = Key(
        optional: "maintenance", kind(routeSection), unset: "the global one",
        "Answer this route with 503: on, off, or on with a message, a time and clients that pass")

    /// `nil` for off.
    private static func kind(_ section: Section) -> Kind<MaintenanceSettings?> {
        let plain = Kind<Bool>.toggle
        let long = Kind<MaintenanceSettings>.section(section, make: make)
        let format: @Sendable (MaintenanceSettings?) -> String? = { $0 == nil ? "off" : nil }
        return Kind(shape: .either(plain.shape, long.shape), format: format) { node, place in
            if case .mapping = node { return long.decode(node, place) }
            return plain.decode(node, place).map { isOn -> MaintenanceSettings? in
                isOn ? MaintenanceSettings() : nil
            }
        }
    }

    private static func make(_ fields: Fields) -> MaintenanceSettings {
        // Within a day.
        let seconds = fields[retryAfter].components.seconds
        return MaintenanceSettings(
            message: fields[message], retryAfter: UInt32(clamping: seconds),
            allow: fields[allow].map(AccessSection.clients))
    }

    private static func checkMessage(_ text: String) throws(Objection) {
        guard text.utf8.count <= MaintenanceSettings.messageBytesMax else {
            throw Objection("is longer than \(MaintenanceSettings.messageBytesMax) bytes")
        }
        guard MaintenanceSettings.isMessage(text) else {
            throw Objection("is empty, or holds line ends or other control characters")
        }
    }
}

import Policy

/// `security_headers`, global and of a route.
enum SecurityHeadersKey {
    static let summary =
        "Security headers of every response: a preset for pages, for APIs, a strict one, or none"

    /// A preset by name; its longer form is still to come.
    static let preset = Kind<SecurityPreset>(shape: plain.shape, format: plain.format) {
        node, place in
        if case .mapping = node {
            place.error(at: node.position, "the form with set and remove \(notYet)")
            return nil
        }
        return plain.decode(node, place)
    }

    static let global = Key(
        "security_headers", preset.located,
        default: Located(value: .recommended, path: .root, position: .start), summary)

    private static let plain = Kind<SecurityPreset>.cases()
}

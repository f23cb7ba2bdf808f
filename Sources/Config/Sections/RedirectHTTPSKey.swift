import Policy

/// `redirect_https` of a listener: a switch, or a section with the port.
enum RedirectHTTPSKey {
    static let port = Key(
        "port", Kind.integer(1...65_535), default: 443,
        "Where clients find HTTPS, if that is not its usual port")

    static let section = Section(
        "listeners.NAME.redirect_https", "A redirect to HTTPS in the long form",
        keys: [port.description])

    static let key = Key(
        "redirect_https", kind, default: nil, example: "{ port: 443 }",
        "Answer all requests with 308 to the same address over https: on, off, or on with a port; "
            + "challenges of ACME go to the route that takes them"
    ).commentedOut()

    /// `nil` for off.
    private static let kind: Kind<HTTPSRedirect?> = {
        let plain = Kind<Bool>.toggle
        let long = Kind<HTTPSRedirect>.section(section) { fields in
            HTTPSRedirect(port: UInt16(clamping: fields[port]))
        }
        let format: @Sendable (HTTPSRedirect?) -> String? = { $0 == nil ? "off" : nil }
        return Kind(shape: .either(plain.shape, long.shape), format: format) { node, place in
            if case .mapping = node { return long.decode(node, place).map { .some($0) } }
            return plain.decode(node, place).map { isOn -> HTTPSRedirect? in
                isOn ? HTTPSRedirect(port: 443) : nil
            }
        }
    }()
}

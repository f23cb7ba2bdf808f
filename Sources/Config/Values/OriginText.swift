import Policy

/// Origins as a configuration writes them, brought into the spelling of browsers (HTML,
/// "serialisation of an origin"): lower case, no default port, addresses in their shortest form.
enum OriginText {
    static func parse(_ text: String) throws(Objection) -> AllowedOrigin {
        if text == "*" { return .any }
        guard text.utf8.count <= CORSPolicy.originBytesMax else {
            throw Objection("is longer than \(CORSPolicy.originBytesMax) bytes")
        }
        let lower = text.lowercased()
        if lower == "null" {
            guard text == lower else { throw Objection("is not an origin", suggestion: "null") }
            return .null
        }
        guard let scheme = scheme(of: lower) else {
            throw Objection(
                "has no scheme", suggestion: suggestion(for: lower),
                advice: "an origin is scheme://host or scheme://host:port")
        }
        guard scheme != "file", scheme != "data" else {
            throw Objection("is no origin: browsers send null for it", suggestion: "null")
        }
        let rest = lower.dropFirst(scheme.count + 3)
        guard !rest.contains(where: { "/?#@\\".contains($0) }) else {
            throw Objection(
                "holds more than scheme, host and port",
                suggestion: bare(scheme, rest), advice: "an origin has no path and no user")
        }
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Objection(
                "holds what no origin does", advice: "hosts beyond ASCII are written xn--…")
        }
        guard !rest.isEmpty, !rest.hasPrefix(":") else { throw Objection("has no host") }
        if rest.hasPrefix("*.") { return try below(scheme, String(rest.dropFirst(2))) }
        guard !rest.contains("*") else {
            throw Objection(
                "may hold * only as its whole first label", advice: "as in https://*.example.com")
        }
        let parts = try HostAndPort(String(rest), portNeeded: false)
        return .exact("\(scheme)://\(try host(parts))\(port(parts.port, scheme))")
    }

    private static func below(_ scheme: String, _ rest: String) throws(Objection) -> AllowedOrigin {
        let parts = try HostAndPort(rest, portNeeded: false)
        guard !parts.isBracketed, IPAddress(parts.host) == nil else {
            throw Objection("has no labels before an address")
        }
        try HostText.checkName(parts.host)
        return .below(scheme: scheme, suffix: ".\(parts.host)\(port(parts.port, scheme))")
    }

    /// What is before `://`, if it is a scheme (RFC 3986 §3.1).
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return nil
        }
        let scheme = text[..<colon]
        guard let first = scheme.utf8.first, (0x61...0x7a).contains(first) else { return nil }
        let isScheme = scheme.utf8.allSatisfy {
            isNameByte($0) && $0 != UInt8(ascii: "_") || $0 == UInt8(ascii: "+")
        }
        return isScheme ? String(scheme) : nil
    }

    private static func host(_ parts: HostAndPort) throws(Objection) -> String {
        if let address = IPAddress(parts.host) {
            return parts.isBracketed ? "[\(address)]" : "\(address)"
        }
        try HostText.checkName(parts.host)
        return parts.host
    }

    private static func port(_ port: UInt16?, _ scheme: String) -> String {
        switch (port, scheme) {
        case (nil, _), (443, "https"), (80, "http"): ""
        case (let port?, _): ":\(port)"
        }
    }

    /// What was probably meant by a text without a scheme.
    private static func suggestion(for text: String) -> String? {
        guard !text.isEmpty, !text.contains("/") else { return nil }
        return (text.hasPrefix("localhost") ? "http://" : "https://") + text
    }

    /// The origin of a URL, as far as one can be seen in it.
    private static func bare(_ scheme: String, _ rest: Substring) -> String? {
        let authority = rest.prefix { !"/?#\\".contains($0) }
        return authority.isEmpty || authority.contains("@") ? nil : "\(scheme)://\(authority)"
    }
}

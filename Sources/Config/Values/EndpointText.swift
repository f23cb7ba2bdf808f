import HTTP
import Policy

/// URLs of services that the gateway itself sends something to.
enum EndpointText {
    /// Reads `http[s]://host[:port]/path` of `otlp.endpoint`; spans go to `/v1/traces` below it.
    static func otlp(_ text: String) throws(Objection) -> HTTPEndpoint {
        let (isSecure, rest) = try afterScheme(text)
        guard !rest.contains("@") else {
            throw Objection("holds a user or password, which are not sent")
        }
        guard !rest.contains("?"), !rest.contains("#") else {
            throw Objection("holds a query or a fragment", advice: "as in http://127.0.0.1:4318")
        }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        try check(path)
        while path.hasSuffix("/") { path = path.dropLast() }
        let suffix = "/v1/traces"
        return try endpoint(
            authority, isSecure, path: path.hasSuffix(suffix) ? String(path) : path + suffix)
    }

    /// Reads `http[s]://KEY@host[:port]/path/PROJECT`; an old DSN's `KEY:SECRET` is taken as well,
    /// the secret being of no use any more.
    static func sentry(_ text: String) throws(Objection) -> SentryDSN {
        let (isSecure, rest) = try afterScheme(text)
        guard let end = rest.firstIndex(of: "@") else {
            throw Objection("has no key before its host", advice: dsnExample)
        }
        let key = rest[..<end].prefix { $0 != ":" }
        guard !key.isEmpty, key.utf8.count <= 256, key.utf8.allSatisfy(isKeyByte) else {
            throw Objection("has a key that is none: letters and digits", advice: dsnExample)
        }
        let place = rest[end...].dropFirst()
        guard !place.contains("@"), !place.contains("?"), !place.contains("#") else {
            throw Objection("holds more than key, host, path and project", advice: dsnExample)
        }
        let authority = place.prefix { $0 != "/" }
        let path = place.dropFirst(authority.count)
        try check(path)
        var steps = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let project = steps.popLast(), !project.isEmpty,
            project.utf8.allSatisfy(isKeyByte)
        else { throw Objection("does not end with a project", advice: dsnExample) }
        let prefix = steps.map { "/\($0)" }.joined()
        return SentryDSN(
            endpoint: try endpoint(
                authority, isSecure, path: "\(prefix)/api/\(project)/envelope/"),
            key: String(key))
    }

    private static let dsnExample = "as in http://KEY@sentry.internal:9000/1"

    private static func afterScheme(
        _ text: String
    ) throws(Objection) -> (isSecure: Bool, rest: Substring) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Objection("holds a space or another character that no URL has")
        }
        guard text.utf8.count <= 2048 else { throw Objection("is longer than 2048 bytes") }
        let scheme = text.prefix { $0 != ":" }
        let rest = text.dropFirst(scheme.count)
        guard rest.hasPrefix("://") else { throw Objection("is not a URL of http:// or https://") }
        switch scheme.lowercased() {
        case "http": return (false, rest.dropFirst(3))
        case "https": return (true, rest.dropFirst(3))
        default: throw Objection("has a scheme other than http:// and https://")
        }
    }

    private static func check(_ path: Substring) throws(Objection) {
        let bytes = Array(path.utf8)
        guard bytes.allSatisfy({ $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
            throw Objection("holds a quote or a backslash in its path")
        }
    }

    private static func endpoint(
        _ authority: Substring, _ isSecure: Bool, path: String
    ) throws(Objection) -> HTTPEndpoint {
        guard !authority.isEmpty else { throw Objection("names no host") }
        let parts: HostAndPort
        do throws(Objection) {
            parts = try HostAndPort(String(authority), portNeeded: false)
        } catch {
            // What is suggested for a listener's address is none of a server's.
            throw Objection(error.what, advice: error.advice)
        }
        let usual: UInt16 = isSecure ? 443 : 80
        let port = parts.port ?? usual
        guard port > 0 else { throw Objection("has the port 0, where nobody listens") }
        let address: ServerAddress
        if let ip = IPAddress(parts.host) {
            address = .ip(ip, port: port)
        } else {
            try HostText.checkName(parts.host)
            address = .name(parts.host.lowercased(), port: port)
        }
        let host = parts.host.contains(":") ? "[\(parts.host)]" : parts.host.lowercased()
        return HTTPEndpoint(
            address: address, isSecure: isSecure,
            authority: port == usual ? host : "\(host):\(port)", path: path)
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) && byte != UInt8(ascii: ".")
    }
}

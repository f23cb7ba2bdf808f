/// The parts of a URL as a client divides it between request line, `Host` and connection.
struct InquiryURL: Equatable {
    /// Whether the scheme is https.
    let isSecure: Bool
    /// Host and port, as `Host` has them.
    let authority: String
    /// Path and query, in origin form (RFC 9112 §3.2.1).
    let target: String

    /// Whether the host is one is settled by the reader, as for every request.
    init(_ url: String) throws(InquiryProblem) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .urlCharacter(url) }
        let scheme = url.prefix { $0 != ":" }
        let rest = url.dropFirst(scheme.count)
        switch (scheme.lowercased(), rest.hasPrefix("://")) {
        case ("http", true): isSecure = false
        case ("https", true): isSecure = true
        default: throw .urlScheme(url)
        }
        guard !url.contains("#") else { throw .urlFragment(url) }
        let host = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        guard !host.contains("@") else { throw .urlUserInformation(url) }
        guard !host.isEmpty else { throw .urlHost(url) }
        authority = String(host)
        let path = rest.dropFirst(3 + host.count)
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
    }
}

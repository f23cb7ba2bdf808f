import Bytes
import HTTP

/// The parts of a URL as a client divides it between request line, `Host` and connection.
package struct ClientURL: Equatable, Sendable {
    /// Whether the scheme is https.
    package let isSecure: Bool
    /// Host and port, as `Host` has them.
    package let authority: String
    /// Path and query, in origin form (RFC 9112 §3.2.1).
    package let target: String

    /// Divides a URL; whether the host is one is another question, ``hasValidHost``, as a `Host`
    /// field may take its place.
    package init(_ url: String) throws(ClientURLProblem) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .character }
        let scheme = url.prefix { $0 != ":" }
        let rest = url.dropFirst(scheme.count)
        switch (scheme.lowercased(), rest.hasPrefix("://")) {
        case ("http", true): isSecure = false
        case ("https", true): isSecure = true
        default: throw .scheme
        }
        guard !url.contains("#") else { throw .fragment }
        let host = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        guard !host.contains("@") else { throw .userInformation }
        guard !host.isEmpty else { throw .host }
        authority = String(host)
        let path = rest.dropFirst(3 + host.count)
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
    }

    /// Whether a reader takes ``authority`` as the value of `Host`.
    package var hasValidHost: Bool {
        let bytes = Array(authority.utf8)
        return Authority.isValid(bytes.span, ByteRange(0, bytes.count))
    }
}

/// Why a text is no URL that a client could ask for.
package enum ClientURLProblem: Error, Equatable {
    /// A space, a control character or one beyond ASCII.
    case character
    /// Neither http:// nor https://.
    case scheme
    case fragment
    case userInformation
    case host
}

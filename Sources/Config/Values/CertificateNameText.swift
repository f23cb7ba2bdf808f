import Policy

/// Alternative names of certificates, as OpenSSL prints them: a kind, a colon and the name.
enum CertificateNameText {
    private static let kinds = "DNS:NAME, DNS:*.NAME, URI:…, email:… or IP:…"

    /// The kind is told as well, as a name of one kind proves nothing of another.
    static func pattern(_ text: String) throws(Objection) -> CertificateNamePattern {
        let kind = text.prefix { $0 != ":" }
        let name = String(text.dropFirst(kind.count + 1))
        guard kind.count < text.count, ["dns", "uri", "email", "ip"].contains(kind.lowercased())
        else { throw Objection("does not say what kind of name it is", advice: "write \(kinds)") }
        guard !name.isEmpty, name.utf8.count <= 2048,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { throw Objection("has no name of visible ASCII behind its colon") }
        switch kind.lowercased() {
        case "dns": return try host(name)
        case "uri": return .exact(.uri(Array(name.utf8)))
        case "email":
            guard name.contains("@") else { throw Objection("has no @ in its address") }
            return .exact(.email(Array(name.utf8)))
        default:
            guard let address = IPAddress(name) else { throw Objection("is not an IP address") }
            return .exact(.address(address))
        }
    }

    private static func host(_ name: String) throws(Objection) -> CertificateNamePattern {
        guard IPAddress(name) == nil else {
            throw Objection("is an address, not a name", suggestion: "IP:\(name)")
        }
        switch try HostText.pattern(name) {
        case .exact(let name): return .exact(.dns(Array(name.utf8)))
        case .suffix(let suffix): return .dnsSuffix(suffix)
        }
    }
}

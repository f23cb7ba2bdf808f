import Policy

/// Host names and patterns of them.
enum HostText {
    /// Refuses what is no host name: labels of letters, digits, `-` and `_`, 63 bytes each, 253 in
    /// all.
    static func checkName(_ name: String) throws(Objection) {
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        // A name may end with the root's dot.
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        let areLabels = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-")
                && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isNameByte($0) && $0 != UInt8(ascii: ".") }
        }
        guard areLabels, name.utf8.count <= 253 else { throw Objection("is not a host name") }
        // `1.2.3` and `300.1.1.1` look like addresses; some resolvers take them for one.
        if let last = labels.last, last.utf8.allSatisfy(isDigit) {
            throw Objection("is neither an IP address nor a host name")
        }
    }

    /// The `host` of a match: `example.com`, `*.example.com`, or an address as `Host` would have
    /// it.
    static func pattern(_ text: String) throws(Objection) -> HostPattern {
        let host = text.lowercased()
        if host.hasPrefix("*.") {
            let suffix = String(host.dropFirst())
            try checkName(String(suffix.dropFirst()))
            return .suffix(suffix.hasSuffix(".") ? String(suffix.dropLast()) : suffix)
        }
        guard !host.contains("*") else {
            throw Objection(
                "may hold * only as its whole first label", advice: "as in *.example.com")
        }
        guard !host.contains("://"), !host.contains("/") else {
            throw Objection("is not a host name", advice: "without http:// and path")
        }
        let parts = try HostAndPort(host, portNeeded: false)
        guard parts.port == nil else {
            let bare = parts.isBracketed ? "[\(parts.host)]" : parts.host
            throw Objection("holds a port, which is not compared", suggestion: bare)
        }
        if parts.isBracketed || IPAddress(host) != nil { return .exact(host) }
        try checkName(host)
        return .exact(host.hasSuffix(".") ? String(host.dropLast()) : host)
    }
}

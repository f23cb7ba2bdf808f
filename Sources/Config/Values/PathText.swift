import Policy

/// Patterns of paths.
enum PathText {
    /// The `path` of a match: `/robots.txt` or `/api/*`.
    static func pattern(_ text: String) throws(Objection) -> PathPattern {
        guard text.hasPrefix("/") else {
            throw Objection("does not begin with /", suggestion: text == "*" ? "/*" : "/\(text)")
        }
        let path = text.hasSuffix("/*") ? String(text.dropLast(2)) : text
        guard !path.contains("*") else {
            throw Objection(
                "may hold * only as its whole last segment", advice: "as in /prefix/*")
        }
        try checkDecoded(path)
        return path == text ? .exact(path) : .prefix(path)
    }

    /// A pattern is compared with a path that was decoded and normalised: what cannot be left then
    /// would make a route that no request ever takes.
    private static func checkDecoded(_ path: String) throws(Objection) {
        guard path.utf8.count <= 2048 else { throw Objection("is longer than 2048 bytes") }
        guard !path.contains("?"), !path.contains("#") else {
            throw Objection("holds a query or fragment, which is no part of the path")
        }
        guard !path.contains("%") else {
            throw Objection(
                "holds a %", advice: "write the characters themselves, not their %-escapes")
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Objection("holds a control character")
        }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !segments.contains("."), !segments.contains("..") else {
            throw Objection("holds a . or .. segment, which is resolved before routes are compared")
        }
    }
}

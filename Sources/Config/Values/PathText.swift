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
        try checkSegments(text)
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
    }

    /// Requests for what is refused here never pass: dot-segments are gone before routes are
    /// compared, and what some apps read as another path is answered 400 (docs/routing.md).
    private static func checkSegments(_ text: String) throws(Objection) {
        let segments = text.utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let refusal: String? =
            if segments.contains(where: {
                $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
            }) {
                "holds a . or .. segment, which is resolved before routes are compared"
            } else if text.utf8.contains(UInt8(ascii: ";")) {
                "holds a ;, which some apps cut off with what follows it"
            } else if text.utf8.contains(UInt8(ascii: "\\")) {
                "holds a backslash, which some apps take for a slash"
            } else if segments.dropFirst().dropLast().contains(where: \.isEmpty) {
                "holds //, which some apps take for one slash"
            } else {
                nil
            }
        if let refusal { throw Objection(refusal, suggestion: plain(text)) }
    }

    /// The pattern as it reads to every app: without parameters, backslashes, empty segments and
    /// dot-segments (RFC 3986 §5.2.4); `nil` if those lead above the root.
    private static func plain(_ text: String) -> String? {
        let slashed = text.replacing("\\", with: "/")
        var kept: [Substring] = []
        for segment in slashed.split(separator: "/").map({ $0.prefix { $0 != ";" } }) {
            switch segment {
            case "", ".": continue
            case "..": guard kept.popLast() != nil else { return nil }
            default: kept.append(segment)
            }
        }
        let end = slashed.hasSuffix("/") && !kept.isEmpty ? "/" : ""
        return "/" + kept.joined(separator: "/") + end
    }
}

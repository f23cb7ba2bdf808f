import Policy

/// Finds routes that no request can reach, because an earlier one takes all of theirs.
enum Reachability {
    /// The part of a match that can be looked up; several routes may share one.
    private struct Face: Hashable {
        var host: HostPattern?
        var path: PathPattern?
    }

    /// - Complexity: for each route its labels × its path's segments, and what stands under them.
    static func check(_ routes: [RouteDraft], report: Report) {
        var earlier: [Face: [Int]] = [:]
        for (index, route) in routes.enumerated() {
            let match = route.match.match
            if let taker = taker(of: match, routes, earlier) {
                let isShown = routes[taker].name?.scalar?.origin == .file
                let name = isShown ? routes[taker].name.map { " (\($0.value))" } ?? "" : ""
                report.warning(
                    at: route.position, route.path,
                    "no request reaches it: \(routes[taker].path.text)\(name) takes them all")
            }
            earlier[Face(host: match.host, path: match.path), default: []].append(index)
        }
    }

    /// The first earlier route that takes everything which this match takes.
    private static func taker(
        of match: RouteMatch, _ routes: [RouteDraft], _ earlier: [Face: [Int]]
    ) -> Int? {
        var first: Int?
        for host in covers(match.host) {
            for path in covers(match.path) {
                let found = earlier[Face(host: host, path: path)]?.first { index in
                    takesRest(routes[index].match.match, of: match)
                }
                if let found, found < first ?? Int.max { first = found }
            }
        }
        return first
    }

    /// Whether the criteria other than host and path let everything through that the second lets
    /// through.
    private static func takesRest(_ wide: RouteMatch, of narrow: RouteMatch) -> Bool {
        guard wide.listener == nil || wide.listener == narrow.listener else { return false }
        guard wide.headers.allSatisfy(narrow.headers.contains) else { return false }
        guard let methods = wide.methods else { return true }
        guard let needed = narrow.methods else { return false }
        // GET admits HEAD.
        return needed.allSatisfy {
            methods.contains($0) || ($0 == "HEAD" && methods.contains("GET"))
        }
    }

    /// The patterns that take every host which this one takes.
    private static func covers(_ host: HostPattern?) -> [HostPattern?] {
        let name: String
        switch host {
        case nil: return [nil]
        case .exact(let exact): name = exact
        case .suffix(let suffix): name = suffix
        }
        var covers: [HostPattern?] = [nil, host]
        var rest = name[...]
        while let dot = rest.dropFirst().firstIndex(of: ".") {
            rest = rest[dot...]
            covers.append(.suffix(String(rest)))
        }
        return covers
    }

    /// The patterns that take every path which this one takes.
    private static func covers(_ path: PathPattern?) -> [PathPattern?] {
        var rest: Substring
        switch path {
        case nil: return [nil, .prefix("")]
        case .exact(let exact): rest = exact[...]
        case .prefix(let prefix): rest = prefix[...]
        }
        var covers: [PathPattern?] = [nil, path, .prefix(String(rest))]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            covers.append(.prefix(String(rest)))
        }
        return covers
    }
}

@testable import Policy

/// First match, written down as plainly as can be: what ``RouteTable`` must agree with.
struct RouteModel {
    let routes: [RouteSample]

    /// The decision as ``Pipeline/decision(_:)`` words it.
    func decision(_ request: SentRequest) -> String {
        let path = request.target.isEmpty ? "/" : request.target
        guard path.hasPrefix("/") else { return "path_not_rooted" }
        guard let escapes = Self.escapes(path) else { return "path_bad_escape" }
        if escapes.contains(0) { return "path_nul" }
        var matched: [Int?] = []
        for reading in Self.readings(path) {
            guard let reading else { return "path_above_root" }
            matched.append(first(request, reading))
            if matched.last != matched.first { return "path_ambiguous" }
        }
        if let route = matched[0] { return String(route) }
        return refusal(request, Self.readings(path)[0] ?? [])
    }

    private func first(_ request: SentRequest, _ path: [UInt8]) -> Int? {
        routes.firstIndex { takes($0, request, path) && allows($0, request.method) }
    }

    private func refusal(_ request: SentRequest, _ path: [UInt8]) -> String {
        let others = routes.filter { takes($0, request, path) }.flatMap { $0.methods ?? [] }
        if others.isEmpty { return "no_route" }
        let all = ["GET", "HEAD", "POST", "PUT"]
        let allowed = all.filter { others.contains($0) || $0 == "HEAD" && others.contains("GET") }
        return "405 " + allowed.joined(separator: ", ")
    }

    private func allows(_ route: RouteSample, _ method: String) -> Bool {
        guard let methods = route.methods else { return true }
        return methods.contains(method) || method == "HEAD" && methods.contains("GET")
    }

    private func takes(_ route: RouteSample, _ request: SentRequest, _ path: [UInt8]) -> Bool {
        if let host = route.host, !Self.takes(host, request.host) { return false }
        if let pattern = route.path, !Self.takes(Array(pattern.utf8), path) { return false }
        for (name, value) in route.headers {
            let isMet = request.fields.contains {
                $0.name.lowercased() == name.lowercased() && $0.value == value
            }
            if !isMet { return false }
        }
        guard let listener = route.listener else { return true }
        return listener == ["public", "internal"][request.arrival.listener]
    }

    private static func takes(_ pattern: String, _ host: String) -> Bool {
        var name = host.lowercased()
        if let colon = name.firstIndex(of: ":") { name = String(name[..<colon]) }
        if name.hasSuffix(".") { name.removeLast() }
        guard pattern.hasPrefix("*") else { return name == pattern }
        let suffix = pattern.dropFirst()
        return name.hasSuffix(suffix) && name.count > suffix.count
    }

    private static func takes(_ pattern: [UInt8], _ path: [UInt8]) -> Bool {
        guard pattern.suffix(2) == Array("/*".utf8) else { return path == pattern }
        let prefix = Array(pattern.dropLast(2))
        return path == prefix || path.starts(with: prefix + [0x2f])
    }
}

// MARK: - Readings

extension RouteModel {
    /// The decoded reading first; `nil` for one that leaves the root.
    static func readings(_ path: String) -> [[UInt8]?] {
        let all: (UInt8) -> Bool = { _ in true }
        let soft: (UInt8) -> Bool = { !spelt.contains($0) }
        let softOrDot: (UInt8) -> Bool = { soft($0) || $0 == 0x2e }
        let raw = Array(path.utf8)
        return [
            resolved(decoded(raw, all)),
            decoded(raw, soft),
            resolved(decoded(raw, softOrDot)),
            laxResolved(decoded(cut(raw), softOrDot)),
            laxResolved(decoded(cut(raw), all)),
        ]
    }

    /// What may stand in a path as it is, and the two bytes that an escape hides.
    private static let spelt = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%\\".utf8)

    /// The bytes that escapes stand for; `nil` if one is malformed.
    static func escapes(_ path: String) -> [UInt8]? {
        var values: [UInt8] = []
        for part in path.utf8.split(separator: 0x25, omittingEmptySubsequences: false).dropFirst() {
            let digits = String(decoding: part.prefix(2), as: UTF8.self)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            values.append(value)
        }
        return values
    }

    private static func decoded(_ path: [UInt8], _ isDecoded: (UInt8) -> Bool) -> [UInt8] {
        var text: [UInt8] = []
        var rest = path[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == 0x25, let value = UInt8(digits, radix: 16), isDecoded(value) {
                text.append(value)
                rest = rest.dropFirst(2)
            } else {
                text.append(byte)
            }
        }
        return text
    }

    /// RFC 3986 §5.2.4 on whole segments.
    private static func resolved(_ path: [UInt8]) -> [UInt8]? {
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment == [0x2e] {
                if isLast { kept.append([]) }
            } else if segment == [0x2e, 0x2e] {
                guard kept.popLast() != nil else { return nil }
                if isLast { kept.append([]) }
            } else {
                kept.append(segment)
            }
        }
        return [0x2f] + kept.joined(separator: [0x2f])
    }

    /// Without `;` parameters, which end at the next slash that was sent.
    private static func cut(_ path: [UInt8]) -> [UInt8] {
        Array(
            path.split(separator: 0x2f, omittingEmptySubsequences: false)
                .map { $0.prefix { $0 != 0x3b } }.joined(separator: [0x2f]))
    }

    private static func laxResolved(_ path: [UInt8]) -> [UInt8]? {
        let turned = path.map { $0 == 0x5c ? 0x2f : $0 }
        let segments = turned.split(separator: 0x2f, omittingEmptySubsequences: false)
        let merged =
            segments.dropFirst().dropLast().filter { !$0.isEmpty } + [segments[segments.count - 1]]
        return resolved([0x2f] + merged.joined(separator: [0x2f]))
    }
}

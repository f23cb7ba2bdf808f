import Bytes
import HTTP

@testable import Policy

/// What a CORS policy is to say, written again from the Fetch standard without regard for time.
struct CORSModel {
    let rules: CORSRules

    /// Some fields of a request, as bytes.
    struct Request {
        var isOptions = false
        var isSecure = false
        var authority: [UInt8] = []
        var origins: [[UInt8]] = []
        var announcedMethods: [[UInt8]] = []
        /// The values of `Access-Control-Request-Headers`, line by line.
        var announcedHeaders: [[UInt8]] = []
        var fetchSites: [[UInt8]] = []
    }

    func standing(of request: Request) -> CORSStanding {
        if request.origins.isEmpty { return .none }
        let origin = request.origins.count == 1 ? request.origins[0] : nil
        let isAllowed = origin.map(admits(origin:)) ?? false
        if request.isOptions, !request.announcedMethods.isEmpty {
            return isAllowed && grants(request) ? .preflight : .preflightRefused
        }
        if isAllowed { return .allowed }
        return origin.map { Self.isOwn($0, request) } ?? false ? .own : .foreign
    }

    /// Byte for byte, as a browser compares what it is told (Fetch §4.9, "CORS check").
    func admits(origin: [UInt8]) -> Bool {
        rules.origins.contains { allowed in
            switch allowed {
            case .any: true
            case .null: origin == SlowBytes.of("null")
            case .exact(let text): origin == SlowBytes.of(text)
            case .below(let scheme, let suffix): Self.isBelow(origin, scheme, suffix)
            }
        }
    }

    private static let labelBytes = Set(SlowBytes.of("abcdefghijklmnopqrstuvwxyz0123456789-_"))

    private static func isBelow(_ origin: [UInt8], _ scheme: String, _ suffix: String) -> Bool {
        let prefix = SlowBytes.of("\(scheme)://")
        guard origin.count <= 300, origin.starts(with: prefix) else { return false }
        let rest = Array(origin.dropFirst(prefix.count))
        guard SlowBytes.ends(rest, with: SlowBytes.of(suffix)) else { return false }
        let labels = SlowBytes.split(Array(rest.dropLast(suffix.utf8.count)), at: 0x2e)
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.allSatisfy(labelBytes.contains)
        }
    }

    /// Fetch §4.8, seen from the server: the method and every name are listed.
    private func grants(_ request: Request) -> Bool {
        guard request.announcedMethods.count == 1 else { return false }
        let method = request.announcedMethods[0]
        let listed = (rules.methods + ["GET", "HEAD", "POST"]).map(SlowBytes.of)
        guard !method.isEmpty, rules.methods.contains("*") || listed.contains(method) else {
            return false
        }
        return Self.names(request.announcedHeaders).allSatisfy(admits(header:))
    }

    private func admits(header name: [UInt8]) -> Bool {
        let lower = SlowBytes.lowered(name)
        let listed = rules.headers.map { SlowBytes.lowered(SlowBytes.of($0)) }
        if listed.contains(lower) { return true }
        return rules.headers.contains("*") && lower != SlowBytes.of("authorization")
    }

    static func names(_ lines: [[UInt8]]) -> [[UInt8]] {
        lines.flatMap { SlowBytes.split($0, at: 0x2c) }.map(SlowBytes.trimmed).filter {
            !$0.isEmpty
        }
    }

    /// Whether the page and what it asks are of one origin, TLS being allowed to end in front of
    /// us.
    private static func isOwn(_ origin: [UInt8], _ request: Request) -> Bool {
        if origin == SlowBytes.of("null") {
            return request.fetchSites.first == SlowBytes.of("same-origin")
        }
        for (scheme, port) in [("https://", ":443"), ("http://", ":80")] {
            if scheme == "http://", request.isSecure { continue }
            guard origin.starts(with: SlowBytes.of(scheme)) else { continue }
            var asked = SlowBytes.lowered(request.authority)
            if SlowBytes.ends(asked, with: SlowBytes.of(port)) { asked.removeLast(port.utf8.count) }
            let host = Array(origin.dropFirst(scheme.utf8.count))
            return !host.isEmpty && host == asked
        }
        return false
    }
}

/// What a browser makes of a response to a page of another origin (Fetch §4.8 and §4.9).
struct BrowserModel {
    /// Values by name in lower case, repeated ones joined as browsers join them.
    private var fields: [String: [UInt8]] = [:]

    init(_ lines: [[UInt8]]) {
        for line in lines {
            let colon = line.firstIndex(of: 0x3a) ?? line.endIndex
            let name = String(decoding: SlowBytes.lowered(Array(line[..<colon])), as: UTF8.self)
            let value = SlowBytes.trimmed(Array(line[colon...].dropFirst()))
            fields[name] = fields[name].map { $0 + SlowBytes.of(", ") + value } ?? value
        }
    }

    /// "CORS check".
    func lets(origin: [UInt8], withCredentials: Bool) -> Bool {
        guard let allowed = fields["access-control-allow-origin"] else { return false }
        if !withCredentials, allowed == SlowBytes.of("*") { return true }
        guard allowed == origin else { return false }
        let credentials = fields["access-control-allow-credentials"]
        return !withCredentials || credentials == SlowBytes.of("true")
    }

    /// "CORS-preflight fetch", step 7 and what follows it.
    func grants(method: [UInt8], headers names: [[UInt8]], withCredentials: Bool) -> Bool {
        let star = SlowBytes.of("*")
        let methods = list("access-control-allow-methods")
        let headers = list("access-control-allow-headers").map(SlowBytes.lowered)
        let isSafe = ["GET", "HEAD", "POST"].map(SlowBytes.of).contains(method)
        guard isSafe || methods.contains(method) || !withCredentials && methods.contains(star)
        else { return false }
        return names.map(SlowBytes.lowered).allSatisfy { name in
            if headers.contains(name) { return true }
            if name == SlowBytes.of("authorization") { return false }
            return !withCredentials && headers.contains(star)
        }
    }

    private func list(_ name: String) -> [[UInt8]] { CORSModel.names([fields[name] ?? []]) }
}

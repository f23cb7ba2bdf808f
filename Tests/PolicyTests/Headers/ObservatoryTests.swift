import Testing

@testable import Policy

/// The scoring of the HTTP Observatory, as far as headers bear on it: the modifiers of its score
/// table (mdn/mdn-http-observatory, `src/grader/charts.js`, and mozilla/http-observatory,
/// `httpobs/docs/scoring.md` of 2024-02-27), for an HTTPS site that redirects plain HTTP, sets no
/// cookies and loads scripts of its own origin.
@Suite struct ObservatoryTests {
    private struct Finding {
        let test: String
        let modifier: Int
    }

    /// Bonuses count only where the penalties leave 90 or more.
    private static func score(_ headers: [String: String]) -> (score: Int, findings: [Finding]) {
        let findings = [
            contentPolicy(headers["content-security-policy"]),
            framing(headers), referrer(headers["referrer-policy"]),
            transport(headers["strict-transport-security"]),
            Finding(
                test: "x-content-type-options",
                modifier: headers["x-content-type-options"] == "nosniff" ? 0 : -5),
            resources(headers["cross-origin-resource-policy"]), sharing(headers),
            Finding(test: "cookies-not-found", modifier: 0),
            Finding(test: "redirection-to-https", modifier: 0),
            Finding(test: "sri-all-scripts-of-own-origin", modifier: 0),
        ]
        let base = findings.reduce(100) { $0 + min(0, $1.modifier) }
        let bonus = findings.reduce(0) { $0 + max(0, $1.modifier) }
        return (max(0, base >= 90 ? base + bonus : base), findings)
    }

    private static func directives(_ policy: String) -> [String: [String]] {
        var directives: [String: [String]] = [:]
        for part in policy.split(separator: ";") {
            let words = part.split(separator: " ").map { $0.lowercased() }
            if let name = words.first, directives[name] == nil {
                directives[name] = Array(words.dropFirst())
            }
        }
        return directives
    }

    private static func contentPolicy(_ policy: String?) -> Finding {
        func finding(_ modifier: Int) -> Finding { Finding(test: "csp", modifier: modifier) }
        guard let policy else { return finding(-25) }
        let directives = directives(policy)
        func sources(_ name: String) -> [String]? { directives[name] ?? directives["default-src"] }
        let broad = ["'unsafe-inline'", "data:", "https:", "http:", "*"]
        guard let scripts = sources("script-src"), let objects = sources("object-src"),
            !(scripts + objects).contains(where: broad.contains)
        else { return finding(-20) }
        let all = directives.values.flatMap { $0 }
        if all.contains(where: { $0 == "http:" || $0.hasPrefix("http://") }) { return finding(-20) }
        if (scripts + (sources("style-src") ?? [])).contains("'unsafe-eval'") {
            return finding(-10)
        }
        let styles = sources("style-src") ?? []
        if styles.contains(where: broad.contains) { return finding(0) }
        let isClosed =
            directives["default-src"] == ["'none'"]
            && [["'none'"], ["'self'"]].contains(directives["form-action"])
        return finding(isClosed ? 10 : 5)
    }

    private static func framing(_ headers: [String: String]) -> Finding {
        let policy = directives(headers["content-security-policy"] ?? "")
        if let ancestors = policy["frame-ancestors"], !ancestors.contains("*") {
            return Finding(test: "frame-ancestors", modifier: 5)
        }
        let isSet = ["DENY", "SAMEORIGIN"].contains(headers["x-frame-options"]?.uppercased())
        return Finding(test: "x-frame-options", modifier: isSet ? 0 : -20)
    }

    private static func referrer(_ policy: String?) -> Finding {
        let isPrivate = [
            "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin",
        ].contains(policy)
        return Finding(test: "referrer-policy", modifier: policy == nil ? 0 : isPrivate ? 5 : -5)
    }

    private static func transport(_ value: String?) -> Finding {
        let age = value.flatMap { value in
            value.split(separator: ";").first { $0.hasPrefix("max-age=") }
                .flatMap { Int($0.dropFirst(8)) }
        }
        return Finding(
            test: "hsts", modifier: age.map { $0 >= 15_768_000 ? 0 : -10 } ?? -20)
    }

    private static func resources(_ policy: String?) -> Finding {
        switch policy {
        case "same-origin", "same-site": Finding(test: "corp", modifier: 10)
        case nil, "cross-origin": Finding(test: "corp", modifier: 0)
        default: Finding(test: "corp", modifier: -5)
        }
    }

    private static func sharing(_ headers: [String: String]) -> Finding {
        let isOpen = headers["access-control-allow-credentials"] == "true"
        return Finding(test: "cors", modifier: isOpen ? -50 : 0)
    }

    private static func headers(_ settings: SecurityHeaderSettings) -> [String: String] {
        Dictionary(
            settings.headers.map { ($0.name.lowercased(), $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test func `strict scores 100 and more before an app that sends nothing`() {
        let (score, findings) = Self.score(Self.headers(SecurityHeaderSettings(.strict)))
        #expect(findings.allSatisfy { $0.modifier >= 0 })
        #expect(score == 125)
    }

    @Test func `an app that sends nothing scores low by itself`() {
        #expect(Self.score([:]).score == 100 - 25 - 20 - 20 - 5)
    }

    @Test func `api scores as well, recommended as long as its policy only reports does not`() {
        #expect(Self.score(Self.headers(SecurityHeaderSettings(.api))).score == 125)
        let recommended = Self.score(Self.headers(SecurityHeaderSettings(.recommended)))
        #expect(recommended.score == 75)
        let switched = SecurityHeaderSettings(
            .recommended,
            set: [
                SetHeader(
                    name: "Content-Security-Policy",
                    value: "default-src 'self'; object-src 'none'; frame-ancestors 'none'")
            ], remove: [])
        #expect(Self.score(Self.headers(switched)).score >= 100)
    }

    @Test func `what weakens a policy costs what the table says`() {
        var headers = Self.headers(SecurityHeaderSettings(.strict))
        headers["content-security-policy"] = "default-src 'self' 'unsafe-inline'"
        #expect(Self.score(headers).score == 80)
        headers = Self.headers(SecurityHeaderSettings(.strict))
        headers["strict-transport-security"] = "max-age=60"
        #expect(Self.score(headers).score == 115)
        headers["access-control-allow-credentials"] = "true"
        #expect(Self.score(headers).score == 40)
    }
}

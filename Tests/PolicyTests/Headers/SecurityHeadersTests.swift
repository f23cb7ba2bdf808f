import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct SecurityHeadersTests {
    /// Names and values in the order in which they are sent.
    private static func sent(
        _ preset: SecurityPreset, isSecure: Bool = true, appHas: FieldNameSet = []
    ) -> [String: String] {
        let headers = SecurityHeaders(preset)
        let text = appended { headers.append(to: &$0, isSecure: isSecure, responseHas: appHas) }
        let lines = text.split(separator: "\r\n").map { $0.split(separator: ": ", maxSplits: 1) }
        #expect(text.isEmpty || text.hasSuffix("\r\n"))
        #expect(lines.allSatisfy { $0.count == 2 })
        return Dictionary(lines.map { ($0[0].lowercased(), String($0[1])) }) { _, _ in "sent twice"
        }
    }

    private static let common = [
        "x-frame-options": "DENY", "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin", "x-permitted-cross-domain-policies": "none",
        "x-dns-prefetch-control": "off", "x-xss-protection": "0",
    ]
    private static let year = "max-age=31536000; includeSubDomains"
    private static let policy =
        "default-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; "
        + "frame-ancestors 'none'; upgrade-insecure-requests"

    @Test(arguments: [
        (
            SecurityPreset.recommended,
            [
                "strict-transport-security": year,
                "referrer-policy": "strict-origin-when-cross-origin",
                "cross-origin-resource-policy": "same-site",
                "content-security-policy-report-only": policy,
            ]
        ),
        (
            .api,
            [
                "strict-transport-security": year, "referrer-policy": "no-referrer",
                "cross-origin-resource-policy": "same-origin", "cache-control": "no-store",
                "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            ]
        ),
        (
            .strict,
            [
                "strict-transport-security": "max-age=63072000; includeSubDomains",
                "referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin",
                "cross-origin-embedder-policy": "require-corp", "content-security-policy": policy,
            ]
        ),
    ])
    func `a preset sends its column of the table`(_ preset: SecurityPreset, _ own: [String: String])
    {
        var expected = Self.common.merging(own) { $1 }
        var headers = Self.sent(preset)
        let permissions = headers.removeValue(forKey: "permissions-policy") ?? ""
        #expect(headers == expected)
        #expect(permissions.hasPrefix("accelerometer=(), autoplay=(), camera=(), "))
        #expect(
            permissions.hasSuffix(", idle-detection=(), interest-cohort=(), serial=(), unload=()"))
        #expect(
            permissions.contains(" sync-xhr=(self), ")
                && permissions.split(separator: ", ").count == 29)

        expected["strict-transport-security"] = nil
        headers = Self.sent(preset, isSecure: false)
        headers["permissions-policy"] = nil
        #expect(headers == expected)
    }

    @Test(arguments: [SecurityPreset.recommended, .api, .strict], [true, false])
    func `what the app says of its content and its caching stays`(
        _ preset: SecurityPreset, _ isSecure: Bool
    ) {
        let all = Self.sent(preset, isSecure: isSecure)
        let policies = all.keys.filter { $0.hasPrefix("content-security-policy") }
        let withPolicy = Self.sent(
            preset, isSecure: isSecure, appHas: [.contentSecurityPolicyReportOnly])
        #expect(withPolicy == all.filter { !policies.contains($0.key) })
        let withCaching = Self.sent(preset, isSecure: isSecure, appHas: [.cacheControl])
        #expect(withCaching == all.filter { $0.key != "cache-control" })
        let withBoth = Self.sent(
            preset, isSecure: isSecure, appHas: [.contentSecurityPolicy, .cacheControl])
        #expect(withBoth == withPolicy.filter { $0.key != "cache-control" })
    }

    @Test func `the preset none sends and removes nothing`() {
        #expect(Self.sent(.none).isEmpty)
        #expect(SecurityHeaders(.none).removed.isEmpty)
    }

    @Test func `an answer of the gateway itself gets everything`() {
        let headers = SecurityHeaders(.api)
        let all = appended { headers.append(to: &$0, isSecure: true, responseHas: []) }
        #expect(appended { headers.appendAll(to: &$0, isSecure: true) } == all)
        #expect(headers.saysCacheControl)
        #expect(!SecurityHeaders(.strict).saysCacheControl)
    }

    @Test(arguments: [
        "X-Frame-Options", "strict-transport-security", "Server", "X-POWERED-BY", "$wsep",
        "X_Powered_By",
        "x-envoy-upstream-service-time", "X-ruxit-JS-Agent", "Permissions-Policy",
    ])
    func `the app loses what is set here and what tells its make`(_ name: String) {
        #expect(Self.isRemoved(name, by: .recommended))
        #expect(!Self.isRemoved(name, by: .none))
    }

    @Test(arguments: [
        "Content-Security-Policy", "Content-Security-Policy-Report-Only", "Cache-Control",
        "Cross-Origin-Embedder-Policy", "Set-Cookie", "X-Powered", "Servers",
    ])
    func `the app keeps its policies and all else`(_ name: String) {
        #expect(!Self.isRemoved(name, by: .recommended))
    }

    @Test func `a preset removes what it alone sets`() {
        #expect(Self.isRemoved("Cross-Origin-Embedder-Policy", by: .strict))
    }

    private static func isRemoved(_ name: String, by preset: SecurityPreset) -> Bool {
        let removed = SecurityHeaders(preset).removed
        return SentRequest().with(name, "x").read { head, bytes in
            removed.covers(head.fields[0], in: bytes)
        }
    }

    @Test(arguments: SecurityPreset.allCases)
    func `names and values are safe in a field line`(_ preset: SecurityPreset) {
        for header in preset.headers {
            #expect(header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a })
            #expect(header.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        }
    }
}

import Testing

@testable import Policy

@Suite struct FetchMetadataTests {
    private static func pipeline(_ mode: FetchMetadataMode) -> Pipeline {
        var route = RouteSample("/*").route(0)
        route.gate.fetchMetadata = mode
        return Pipeline(
            routes: [route], listeners: [],
            trustedProxies: TrustedProxies(
                blocks: [AddressBlock("10.0.0.0/8")].compactMap(\.self), trustsUnix: false))
    }

    struct Case: CustomTestStringConvertible {
        let method: String
        let fields: [(String, String)]
        let passes: Bool
        var testDescription: String { "\(method) \(fields)" }

        init(_ method: String, _ fields: [(String, String)], _ passes: Bool) {
            self.method = method
            self.fields = fields
            self.passes = passes
        }
    }

    @Test(arguments: [
        Case("POST", [], true),
        Case("POST", [("Sec-Fetch-Site", "cross-site")], false),
        Case("PUT", [("sec-fetch-site", "cross-site")], false),
        Case("PATCH", [("Sec-Fetch-Site", "cross-site")], false),
        Case("DELETE", [("Sec-Fetch-Site", "cross-site")], false),
        Case("PURGE", [("Sec-Fetch-Site", "cross-site")], false),
        Case("GET", [("Sec-Fetch-Site", "cross-site")], true),
        Case("HEAD", [("Sec-Fetch-Site", "cross-site")], true),
        Case("OPTIONS", [("Sec-Fetch-Site", "cross-site")], true),
        Case("POST", [("Sec-Fetch-Site", "same-origin")], true),
        Case("POST", [("Sec-Fetch-Site", "same-site")], true),
        Case("POST", [("Sec-Fetch-Site", "none")], true),
        // Says nothing that is known, and no origin either.
        Case("POST", [("Sec-Fetch-Site", "moon")], true),
        Case("POST", [("Sec-Fetch-Site", "moon"), ("Origin", "https://b.example")], false),
        Case(
            "POST", [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")], false),
        Case("POST", [("Sec_Fetch_Site", "cross-site")], true),
        // The browser's word on the site is worth more than our comparison.
        Case("POST", [("Sec-Fetch-Site", "same-site"), ("Origin", "https://b.a.example")], true),
        Case("POST", [("Origin", "https://a.example")], true),
        Case("POST", [("Origin", "http://a.example")], true),
        Case("POST", [("Origin", "https://A.Example")], true),
        Case("POST", [("Origin", "https://a.example:443")], true),
        Case("POST", [("Origin", "https://a.example:444")], false),
        Case("POST", [("Origin", "http://a.example:80")], true),
        Case("POST", [("Origin", "http://a.example:443")], false),
        Case("POST", [("Origin", "https://b.example")], false),
        Case("POST", [("Origin", "https://a.example.evil.example")], false),
        Case("POST", [("Origin", "https://xa.example")], false),
        Case("POST", [("Origin", "null")], false),
        Case("POST", [("Origin", "")], false),
        Case("POST", [("Origin", "a.example")], false),
        Case("POST", [("Origin", "https://")], false),
        Case("POST", [("Origin", "ftp://a.example")], false),
        Case("POST", [("Origin", "https://a.example"), ("Origin", "https://b.example")], false),
        Case("GET", [("Origin", "https://b.example")], true),
        Case("POST", [("X-Forwarded-Host", "b.example"), ("Origin", "https://b.example")], true),
    ])
    func `an unsafe request of another site is refused, one without a word passes`(_ row: Case) {
        var request = SentRequest(row.method, "/", host: "a.example")
        for (name, value) in row.fields { request = request.with(name, value) }
        let enforced = Self.pipeline(.enforce).verdict(request)
        #expect(
            enforced.action
                == (row.passes ? .forward(upstream: 0) : .refuse(Refusal(.crossSite, allow: []))))
        #expect(enforced.reported == nil)
        let reported = Self.pipeline(.report).verdict(request)
        #expect(reported.action == .forward(upstream: 0))
        #expect(reported.reported == (row.passes ? nil : .crossSite))
        #expect(Self.pipeline(.off).verdict(request).reported == nil)
    }

    @Test(arguments: [
        ("a.example:443", "https://a.example", true),
        ("a.example:8443", "https://a.example", false),
        ("a.example:8443", "https://a.example:8443", true),
        ("[::1]:8080", "http://[::1]:8080", true),
        ("", "https://a.example", false), ("", "https://", false),
    ])
    func `the port of the host counts unless it is the scheme's own`(
        _ host: String, _ origin: String, _ passes: Bool
    ) {
        let request = SentRequest("POST", "/", host: host).with("Origin", origin)
        #expect(Self.pipeline(.enforce).decision(request) == (passes ? "0" : "cross_site"))
    }
}

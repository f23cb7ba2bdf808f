import Testing

@testable import Policy

@Suite struct CertificateListTests {
    private static func pipeline(_ list: CertificateList) -> Pipeline {
        var route = RouteSample("/*").route(0)
        route.gate.access = AccessLists(allow: nil, deny: nil)
        route.gate.access?.certificates = list
        return Pipeline(
            routes: [route], listeners: ["public"],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }

    private static func list(
        fingerprints: [UInt8] = [], subjects: [String] = [], names: [CertificateNamePattern] = []
    ) -> CertificateList {
        CertificateList(
            fingerprints: fingerprints.map { [$0] + Array(repeating: 0, count: 31) },
            subjects: subjects, names: names)
    }

    private static func passes(_ list: CertificateList, _ certificate: ClientCertificate?) -> Bool {
        pipeline(list).decision(SentRequest().over(certificate)) == "0"
    }

    @Test func `a client without a certificate is refused, and on a plain listener as well`() {
        let pipeline = Self.pipeline(Self.list(fingerprints: [1]))
        for request in [SentRequest(), SentRequest().over(nil)] {
            let verdict = pipeline.verdict(request)
            #expect(verdict.route == 0)
            #expect(verdict.action == .refuse(Refusal(.certificateRefused, allow: [])))
        }
        #expect(RefusalReason.certificateRefused.code == .forbidden)
    }

    @Test func `any entry of any list lets a certificate pass`() {
        let list = Self.list(
            fingerprints: [9], subjects: ["CN=eve"], names: [.exact(.dns("a.example"))])
        #expect(Self.passes(list, .sample(seed: 9)))
        #expect(Self.passes(list, .sample("CN=eve")))
        #expect(Self.passes(list, .sample(names: [.dns("b.example"), .dns("A.example")])))
        #expect(!Self.passes(list, .sample()))
    }

    @Test func `subjects are compared to the letter, as they are told`() {
        #expect(!Self.passes(Self.list(subjects: ["CN=ada"]), .sample("CN=Ada")))
        #expect(!Self.passes(Self.list(subjects: ["CN=ada"]), .sample("CN=ada,O=Evil")))
        #expect(Self.passes(Self.list(subjects: ["CN=Zo\u{eb}"]), .sample("CN=Zo\\C3\\AB")))
        #expect(!Self.passes(Self.list(subjects: [""]), .sample("")))
    }

    @Test func `a name of one kind is none of another`() {
        let list = Self.list(names: [.exact(.dns("a.example"))])
        #expect(!Self.passes(list, .sample(names: [.uri("a.example"), .email("a.example")])))
        let exact = Self.list(names: [.exact(.uri("spiffe://x/y"))])
        #expect(Self.passes(exact, .sample(names: [.uri("spiffe://x/y")])))
        #expect(!Self.passes(exact, .sample(names: [.uri("spiffe://X/y")])))
        let host = Self.list(names: [.exact(.address(address("192.0.2.1")))])
        #expect(Self.passes(host, .sample(names: [.address(address("::ffff:192.0.2.1"))])))
    }

    @Test(arguments: [
        ("a.example.com", true), ("A.B.EXAMPLE.com", true), ("example.com", false),
        (".example.com", false), ("aexample.com", false), ("a.example.com.evil", false),
        ("*.example.com", true), ("", false),
    ])
    func `a pattern takes whole labels before it`(name: String, passes: Bool) {
        let list = Self.list(names: [.dnsSuffix(".example.com")])
        #expect(Self.passes(list, .sample(names: [.dns(name)])) == passes)
    }

    @Test func `addresses are looked at first`() {
        var route = RouteSample("/*").route(0)
        route.gate.access = AccessLists(allow: ClientList(blocks: [], holdsUnix: true), deny: nil)
        route.gate.access?.certificates = Self.list(fingerprints: [1])
        let pipeline = Pipeline(
            routes: [route], listeners: ["public"],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
        #expect(pipeline.decision(SentRequest().over(.sample())) == "access_denied")
    }
}

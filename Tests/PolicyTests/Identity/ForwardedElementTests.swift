import Bytes
import Testing

@testable import Policy

@Suite struct ForwardedElementTests {
    private static let pipeline = Pipeline(
        routes: [RouteSample().route(0)], listeners: ["public"],
        identity: IdentitySettings(
            trustedProxies: TrustedProxies(
                blocks: ["10.0.0.0/8", "2001:db8::/32"].compactMap { AddressBlock($0) },
                trustsUnix: true),
            forwarded: ForwardedSettings(read: .forwarded, writes: true), trace: .continued))

    private static func request(_ lines: [String]) -> SentRequest {
        lines.reduce(SentRequest()) { $0.with("Forwarded", $1) }
    }

    @Test(arguments: [
        Walk(client: "10.0.0.1"),
        Walk("for=192.0.2.1", client: "192.0.2.1"),
        Walk("For=192.0.2.1", client: "192.0.2.1"),
        Walk("for=\"192.0.2.1\"", client: "192.0.2.1"),
        Walk("for=\"192.0.2.1:4711\"", client: "192.0.2.1"),
        Walk("for=\"192.0.2.1:_port\"", client: "192.0.2.1"),
        Walk("for=\"192.0.2.1:\"", client: "10.0.0.1"),
        Walk("for=\"192.0.2.1:123456\"", client: "10.0.0.1"),
        // A colon needs quotes.
        Walk("for=192.0.2.1:4711", client: "10.0.0.1"),
        Walk("for=\"[2001:db9::1]\"", client: "2001:db9::1"),
        Walk("for=\"[2001:db9::1]:4711\"", client: "2001:db9::1"),
        Walk("for=\"[2001:db9::1]:_x\"", client: "2001:db9::1"),
        Walk("for=\"2001:db9::1\"", client: "10.0.0.1"),
        Walk("for=[2001:db9::1]", client: "10.0.0.1"),
        Walk("for=\"[192.0.2.1]\"", client: "10.0.0.1"),
        Walk("for=\"[::ffff:192.0.2.1]\"", client: "192.0.2.1"),
        Walk("for=\"[2001:db9::1\"", client: "10.0.0.1"),
        Walk("for=6.6.6.6, for=192.0.2.1", client: "192.0.2.1"),
        Walk("for=192.0.2.1, for=10.1.1.1", client: "192.0.2.1"),
        Walk("for=192.0.2.1,for=10.1.1.1,for=\"[2001:db8::7]:1\"", client: "192.0.2.1"),
        Walk("for=10.3.3.3, for=10.1.1.1", client: "10.3.3.3"),
        Walk("for=6.6.6.6, for=unknown, for=10.1.1.1", client: "10.1.1.1"),
        Walk("for=6.6.6.6, for=_hidden", client: "10.0.0.1"),
        Walk("for=6.6.6.6, proto=https, for=10.1.1.1", client: "10.1.1.1"),
        Walk("for=6.6.6.6, , for=10.1.1.1", client: "10.1.1.1"),
        Walk("for=6.6.6.6,", client: "10.0.0.1"),
        Walk("", client: "10.0.0.1"),
        Walk("for=192.0.2.1;proto=http;by=10.0.0.9;host=a.example", client: "192.0.2.1"),
        Walk("proto=http; for=192.0.2.1 ;by=_a", client: "192.0.2.1"),
        Walk(";for=192.0.2.1;", client: "192.0.2.1"),
        Walk("for=192.0.2.1;for=192.0.2.2", client: "10.0.0.1"),
        Walk("for=192.0.2.1;FOR=192.0.2.1", client: "10.0.0.1"),
        Walk("for = 192.0.2.1", client: "10.0.0.1"),
        Walk("for=", client: "10.0.0.1"),
        Walk("for", client: "10.0.0.1"),
        Walk("=192.0.2.1", client: "10.0.0.1"),
        Walk("for=192.0.2.1 for=192.0.2.2", client: "10.0.0.1"),
        Walk("192.0.2.1", client: "10.0.0.1"),
        // What a client sent stands left of what the proxy appended, however it is spelt.
        Walk("\", for=192.0.2.1", client: "192.0.2.1"),
        Walk("for=\"6.6.6.6, for=192.0.2.1", client: "192.0.2.1"),
        Walk("for=\"\\\", for=10.1.1.1", client: "10.1.1.1"),
        Walk("ext=\"a, for=6.6.6.6, b\";for=192.0.2.1", client: "192.0.2.1"),
        Walk("for=6.6.6.6, ext=\"\\\", for=7.7.7.7\";for=10.1.1.1", client: "6.6.6.6"),
        Walk("for=\"192.0.2.\\1\"", client: "10.0.0.1"),
        Walk("for=6.6.6.6", "for=192.0.2.1", client: "192.0.2.1"),
        Walk("for=192.0.2.1", "for=10.1.1.1", client: "192.0.2.1"),
        Walk("for=6.6.6.6", "", client: "10.0.0.1"),
        Walk("for=6.6.6.6", "x y, for=10.1.1.1", client: "10.1.1.1"),
    ])
    func `a trusted peer's elements are walked from the right`(_ walk: Walk) {
        let identity = Self.pipeline.verdict(Self.request(walk.lines)).identity
        #expect(identity.client?.description == walk.client)
        #expect(identity.isTrustedPeer)
    }

    @Test(arguments: [
        ("for=192.0.2.1;proto=https;host=a.example", true, "a.example"),
        ("for=192.0.2.1;proto=HTTPS;host=\"a.example:8443\"", true, "a.example:8443"),
        ("for=192.0.2.1;proto=http, for=10.1.1.1;proto=https;host=inner", false, "inner"),
        ("for=192.0.2.1;proto=https;host=a, for=10.1.1.1;proto=http;host=b", true, "a"),
        ("for=6.6.6.6;proto=https;host=evil, for=192.0.2.1", false, ""),
        ("for=unknown;proto=https", true, ""), ("host=\"a b\"", false, ""),
        ("for=192.0.2.1;host=\"a/b\"", false, ""),
    ])
    func `scheme and host are those of the hop that names the client`(
        _ line: String, _ isSecure: Bool, _ host: String
    ) {
        let request = Self.request([line])
        let identity = Self.pipeline.verdict(request).identity
        #expect(identity.isSecure == isSecure)
        let said = request.read { _, bytes in
            String(
                decoding: identity.forwardedHost.indices.map { bytes[$0] }, as: UTF8.self)
        }
        #expect(said == host)
    }

    @Test func `the two families are never mixed`() {
        let both = SentRequest().with("X-Forwarded-For", "192.0.2.1")
            .with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "x")
            .with("Forwarded", "for=192.0.2.2").with("X-Request-ID", "abc")
        let identity = Self.pipeline.verdict(both).identity
        #expect(identity.client == address("192.0.2.2"))
        #expect(!identity.isSecure && identity.forwardedHost.isEmpty)
        #expect(identity.requestID.count == 3)
        let other = Pipeline(
            routes: [], listeners: [],
            trustedProxies: TrustedProxies(
                blocks: [AddressBlock("10.0.0.0/8")].compactMap(\.self), trustsUnix: false))
        #expect(other.verdict(both).identity.client == address("192.0.2.1"))
    }

    @Test func `an untrusted peer is not listened to`() {
        let request = Self.request(["for=10.1.1.1;proto=https"]).from(
            Arrival(peer: .ip(address("192.0.2.9"), port: 1), listener: 0, isSecure: false))
        let identity = Self.pipeline.verdict(request).identity
        #expect(identity.client == address("192.0.2.9"))
        #expect(!identity.isSecure)
    }

    @Test(arguments: [
        (
            ["for=192.0.2.1;proto=https"], "10.0.0.1",
            [
                "X-Forwarded-For: 192.0.2.1, 10.0.0.1", "X-Forwarded-Proto: https",
                "X-Forwarded-Host: example.com", "X-Real-IP: 192.0.2.1",
                "Forwarded: for=192.0.2.1;host=\"example.com\";proto=https",
            ]
        ),
        (
            ["for=10.1.1.1"], "2001:db9::1",
            [
                "X-Forwarded-For: 2001:db9::1", "X-Forwarded-Proto: http",
                "X-Forwarded-Host: example.com", "X-Real-IP: 2001:db9::1",
                "Forwarded: for=\"[2001:db9::1]\";host=\"example.com\";proto=http",
            ]
        ),
    ])
    func `the upstream gets one element, and a chain that nobody unbelieved began`(
        _ lines: [String], _ peer: String, _ written: [String]
    ) {
        let request = Self.request(lines).with("X-Forwarded-For", "6.6.6.6").from(
            Arrival(peer: .ip(address(peer), port: 1), listener: 0, isSecure: false))
        let identity = Self.pipeline.verdict(request).identity
        let text = request.read { head, bytes in
            forwarded(
                identity, head, bytes, request.arrival,
                ForwardedSettings(read: .forwarded, writes: true))
        }
        #expect(text.split(separator: "\r\n").map(String.init) == written)
    }

    @Test func `a unix client has no address to be told`() {
        let request = SentRequest().from(Arrival(peer: .unix, listener: 0, isSecure: true))
        let identity = Self.pipeline.verdict(request).identity
        let text = request.read { head, bytes in
            forwarded(
                identity, head, bytes, request.arrival,
                ForwardedSettings(read: .xForwarded, writes: true))
        }
        #expect(text.hasSuffix("Forwarded: for=unknown;host=\"example.com\";proto=https\r\n"))
    }

    @Test func `random elements never trap and never reach beyond an untrusted one`() {
        var random = RandomSource(seed: 5)
        let words = [
            "for=", "10.1.1.1", "192.0.2.1", "\"", "\\", "[", "]", ":", ";", ",", " ", "proto=",
            "https", "host=", "_x", "unknown", "\t", "=", "é",
        ]
        for _ in 0..<3000 {
            let noise = (0..<Int.random(in: 0...12, using: &random))
                .map { _ in words.randomElement(using: &random) ?? "" }.joined()
            let identity = Self.pipeline.verdict(Self.request([noise + ", for=6.6.6.6"])).identity
            #expect(identity.client == address("6.6.6.6"), "\(noise)")
        }
    }
}

import Bytes
import Testing

@testable import Policy

@Suite struct ClientIdentityTests {
    private static let pipeline = Pipeline(
        routes: [RouteSample().route(0)], listeners: ["public"],
        trustedProxies: TrustedProxies(
            blocks: ["10.0.0.0/8", "2001:db8::/32"].compactMap { AddressBlock($0) },
            trustsUnix: true))

    private static func identity(
        _ lines: [String], peer: Peer = .ip(address("10.0.0.1"), port: 1)
    ) -> ClientIdentity {
        var request = SentRequest().from(Arrival(peer: peer, listener: 0, isSecure: false))
        for line in lines { request = request.with("X-Forwarded-For", line) }
        return pipeline.verdict(request).identity
    }

    @Test(arguments: [
        Walk(client: "10.0.0.1"),
        Walk("192.0.2.1", client: "192.0.2.1"),
        Walk("198.51.100.9, 192.0.2.1", client: "192.0.2.1"),
        Walk("198.51.100.9, 10.1.1.1", client: "198.51.100.9"),
        Walk("198.51.100.9,10.1.1.1,10.2.2.2", client: "198.51.100.9"),
        Walk("10.3.3.3, 10.1.1.1", client: "10.3.3.3"),
        Walk("6.6.6.6, unknown, 10.1.1.1", client: "10.1.1.1"),
        Walk("6.6.6.6, _hidden", client: "10.0.0.1"),
        Walk("6.6.6.6, , 10.1.1.1", client: "10.1.1.1"),
        Walk("6.6.6.6,", client: "10.0.0.1"),
        Walk("", client: "10.0.0.1"),
        Walk("192.0.2.1:4711", client: "192.0.2.1"),
        Walk("192.0.2.1:", client: "10.0.0.1"),
        Walk("192.0.2.1:99999", client: "10.0.0.1"),
        Walk("2001:0DB8::1, 10.1.1.1", client: "2001:db8::1"),
        Walk("6.6.6.6, [2001:db8::1]:443", client: "6.6.6.6"),
        Walk("6.6.6.6, [2001:db9::1]:443", client: "2001:db9::1"),
        Walk("[2001:db9::1]", client: "2001:db9::1"),
        Walk("[2001:db9::1", client: "10.0.0.1"),
        Walk("[192.0.2.1]:80", client: "10.0.0.1"),
        Walk("[2001:db9::1]80", client: "10.0.0.1"),
        Walk("fe80::1%eth0", client: "fe80::1"),
        Walk("[fe80::1%25eth0]:1", client: "fe80::1"),
        Walk("::ffff:192.0.2.1", client: "192.0.2.1"),
        Walk("::ffff:10.9.9.9", client: "10.9.9.9"),
        Walk("6.6.6.6", "192.0.2.1", client: "192.0.2.1"),
        Walk("192.0.2.1", "10.1.1.1", client: "192.0.2.1"),
        Walk("6.6.6.6, 192.0.2.1", "10.1.1.1, 10.2.2.2", client: "192.0.2.1"),
        Walk("6.6.6.6", "", client: "10.0.0.1"),
        Walk("6.6.6.6", "x, 10.1.1.1", client: "10.1.1.1"),
        Walk("\t192.0.2.1 ,\t10.1.1.1\t", client: "192.0.2.1"),
        Walk("192.0.2.1 10.1.1.1", client: "10.0.0.1"),
        Walk("\"192.0.2.1\"", client: "10.0.0.1"),
        Walk("256.1.1.1, 10.1.1.1", client: "10.1.1.1"),
        Walk("010.1.1.1", client: "10.0.0.1"),
    ])
    func `a trusted peer's hops are walked from the right`(_ walk: Walk) {
        let identity = Self.identity(walk.lines)
        #expect(identity.client?.description == walk.client)
        #expect(identity.isTrustedPeer)
    }

    @Test func `an untrusted peer is not listened to`() {
        let arrival = Arrival(
            peer: .ip(address("192.0.2.9"), port: 1), listener: 0, isSecure: false)
        let request = SentRequest().from(arrival).with("X-Forwarded-For", "10.1.1.1")
            .with("X-Forwarded-Proto", "https").with("X-Request-ID", "abc").with(
                "X-Forwarded-Host", "a")
        let identity = Self.pipeline.verdict(request).identity
        let expected = ClientIdentity(
            client: address("192.0.2.9"), isTrustedPeer: false, isSecure: false)
        #expect(identity == expected)
        #expect(Self.pipeline.identity(of: arrival) == expected)
    }

    @Test func `a unix peer names the client, or none`() {
        #expect(Self.identity([], peer: .unix).client == nil)
        #expect(Self.identity(["192.0.2.1"], peer: .unix).client == address("192.0.2.1"))
        #expect(Self.identity(["unknown"], peer: .unix).client == nil)
    }

    @Test func `a disguised field is not believed`() {
        let request = SentRequest().with("X_Forwarded_For", "192.0.2.1")
            .with("X_Forwarded_Proto", "https").with("X_Request_ID", "abc")
        let identity = Self.pipeline.verdict(request).identity
        #expect(identity.client == address("10.0.0.1"))
        #expect(!identity.isSecure)
        #expect(identity.requestID.isEmpty)
    }

    @Test(arguments: [
        (["https"], true), (["HTTPS"], true), (["http"], false), (["http, https"], true),
        (["https, http"], false), (["https", "http"], false), (["http", "https"], true),
        (["wss"], true),
        (["httpsx"], false), ([""], false), ([" https "], true), ([], false),
    ])
    func `the scheme is the one that the nearest trusted peer wrote`(
        _ lines: [String], _ isSecure: Bool
    ) {
        var request = SentRequest()
        for line in lines { request = request.with("X-Forwarded-Proto", line) }
        #expect(Self.pipeline.verdict(request).identity.isSecure == isSecure)
        request.arrival.isSecure = true
        #expect(Self.pipeline.verdict(request).identity.isSecure)
    }

    @Test(arguments: [
        ("abc", true), ("A.z_0:9-", true), (String(repeating: "x", count: 128), true), ("", false),
        (String(repeating: "x", count: 129), false), ("a b", false), ("a\"b", false),
        ("a,b", false),
        ("é", false), ("a\u{0}", false), ("<b>", false),
    ])
    func `a trusted peer's request id is kept if it is acceptable`(_ id: String, _ isKept: Bool) {
        let request = SentRequest().with("X-Request-ID", id)
        let kept = request.read { head, bytes in
            var scratch = PolicyScratch()
            let range = Self.pipeline.decide(
                head, in: bytes, from: request.arrival, at: 0, scratch: &scratch
            ).identity.requestID
            return String(decoding: range.indices.map { bytes[$0] }, as: UTF8.self)
        }
        #expect(kept == (isKept ? id : ""))
    }

    @Test func `random hops never trap and never reach beyond an untrusted one`() {
        var random = RandomSource(seed: 3)
        let words = [
            "10.1.1.1", "192.0.2.1", "x", "", "[", "]", ":", "[::1]:9", "%", "::", "1.2.3.4:5",
            "\t",
        ]
        for _ in 0..<3000 {
            let lines = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (0..<Int.random(in: 0...4, using: &random))
                    .map { _ in words.randomElement(using: &random) ?? "" }
                    .joined(separator: Bool.random(using: &random) ? "," : " ,")
            }
            let identity = Self.identity(lines + ["6.6.6.6"])
            #expect(identity.client == address("6.6.6.6"))
            _ = Self.identity(lines)
        }
    }
}

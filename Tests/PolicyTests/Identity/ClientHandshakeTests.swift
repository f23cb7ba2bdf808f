import Testing

@testable import Policy

@Suite struct ClientHandshakeTests {
    private static let pipeline = [RouteSample("/*")].pipeline

    @Test(arguments: [
        ("example.com", "example.com", true), ("example.com", "EXAMPLE.com:8443", true),
        ("Example.COM", "example.com", true), ("example.com.", "example.com", true),
        ("example.com", "example.com.", true), ("example.com", "www.example.com", false),
        ("example.com", "example.co", false), ("example.com", "", false),
        ("example.com", "[::1]:443", false),
    ])
    func `a request has to ask for the host that its handshake named`(
        name: String, host: String, passes: Bool
    ) {
        let request = SentRequest(host: host).over(nil, named: name)
        let verdict = Self.pipeline.verdict(request)
        let refusal = Refusal(.hostMisdirected, allow: [])
        #expect(verdict.action == (passes ? .forward(upstream: 0) : .refuse(refusal)))
        #expect((verdict.route == nil) == !passes)
        #expect(refusal.code.status == 421)
    }

    @Test func `a handshake without a name is for any host`() {
        #expect(Self.pipeline.decision(SentRequest(host: "a.example").over(nil)) == "0")
    }

    @Test func `the host is looked at before the method`() {
        let request = SentRequest("TRACE", host: "a.example").over(nil, named: "b.example")
        #expect(Self.pipeline.decision(request) == "host_misdirected")
    }
}

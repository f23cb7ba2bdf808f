import HTTP
import Testing

@testable import Policy

@Suite struct HTTPSRedirectTests {
    private static func pipeline(port: UInt16 = 443, _ routes: [RouteSample] = []) -> Pipeline {
        Pipeline(
            routes: (routes + [RouteSample("/app/*")]).enumerated().map { $1.route($0) },
            listeners: ["plain", "secure"], redirects: [HTTPSRedirect(port: port), nil],
            identity: IdentitySettings(
                trustedProxies: TrustedProxies(
                    blocks: [AddressBlock("192.0.2.0/24")].compactMap(\.self), trustsUnix: false)))
    }

    /// The field line that a request is answered with; its reason in brackets if it is refused.
    private static func location(_ request: SentRequest, _ pipeline: Pipeline) -> String? {
        let verdict = pipeline.verdict(request)
        switch verdict.action {
        case .redirectToHTTPS(let redirect, let host):
            #expect(verdict.route == nil)
            return request.read { head, bytes in
                appended { redirect.append(to: &$0, host: host, head: head, in: bytes) }
            }
        case .refuse(let refusal): return "[\(refusal.reason.token)]"
        default: return nil
        }
    }

    @Test(arguments: [
        ("/", "example.com", "https://example.com/"),
        ("/a/b?c=d&e", "example.com:8080", "https://example.com/a/b?c=d&e"),
        ("", "example.com.", "https://example.com/"),
        ("//evil.test/..", "example.com", "https://example.com//evil.test/.."),
        ("/a\"<b>?\\\u{e9}#", "[::1]:80", "https://[::1]/a%22%3Cb%3E?%5C%C3%A9%23"),
    ])
    func `a request goes to the same address over HTTPS`(
        target: String, host: String, location: String
    ) {
        let request = SentRequest("POST", target, host: host)
        #expect(Self.location(request, Self.pipeline()) == "Location: \(location)\r\n")
    }

    @Test func `a port other than that of HTTPS is named`() {
        let location = Self.location(SentRequest(), Self.pipeline(port: 8443))
        #expect(location == "Location: https://example.com:8443/\r\n")
    }

    @Test func `other listeners serve, and so does this one to whoever came over HTTPS`() {
        let pipeline = Self.pipeline([RouteSample("/")])
        var request = SentRequest()
        request.arrival.listener = 1
        #expect(Self.location(request, pipeline) == nil)
        let told = SentRequest().with("X-Forwarded-Proto", "https")
        #expect(Self.location(told, pipeline) != nil)
        request = told.from(
            Arrival(peer: .ip(address("192.0.2.1"), port: 1), listener: 0, isSecure: false))
        #expect(Self.location(request, pipeline) == nil)
    }

    @Test func `a trusted proxy says which host the client asked for`() {
        let request = SentRequest().with("X-Forwarded-Host", "www.example.com:81").from(
            Arrival(peer: .ip(address("192.0.2.1"), port: 1), listener: 0, isSecure: false))
        #expect(
            Self.location(request, Self.pipeline()) == "Location: https://www.example.com/\r\n")
    }

    @Test func `a challenge goes to the route that takes it`() {
        let target = "/.well-known/acme-challenge/aZ09-_"
        let acme = Self.pipeline([RouteSample("/.well-known/acme-challenge/*")])
        #expect(acme.verdict(SentRequest("GET", target)).route == 0)
        #expect(acme.verdict(SentRequest("HEAD", target)).route == 0)
        #expect(acme.verdict(SentRequest("POST", target)).route == nil)
        let other = Self.location(SentRequest("GET", target), Self.pipeline())
        #expect(other == "Location: https://example.com\(target)\r\n")
    }

    @Test(arguments: [
        "/.well-known/acme-challenge/", "/.well-known/acme-challenge",
        "/.well-known/acme-challenge/../../app/x", "/.well-known/acme-challenge/a/b",
        "/.well-known/acme-challenge/%2e%2e", "/.Well-Known/acme-challenge/a",
    ])
    func `nothing but a token is a challenge`(target: String) {
        let pipeline = Self.pipeline([RouteSample("/*")])
        #expect(Self.location(SentRequest("GET", target), pipeline)?.contains(target) == true)
    }

    @Test func `a request that names no host cannot be sent there`() {
        #expect(Self.location(SentRequest(host: ""), Self.pipeline()) == "[host_missing]")
        #expect(RefusalReason.hostMissing.code.status == 400)
    }

    @Test func `a target that would grow beyond all bounds is refused`() {
        let kept = "/" + String(repeating: "a", count: 16 << 10)
        #expect(Self.location(SentRequest("GET", kept), Self.pipeline())?.count == 16_415)
        let grown = "/" + String(repeating: "\"", count: 16 << 10)
        #expect(Self.location(SentRequest("GET", grown), Self.pipeline()) == "[redirect_too_long]")
        #expect(RefusalReason.redirectTooLong.code.status == 414)
    }

    @Test func `methods that nobody may use are refused as ever`() {
        #expect(Self.pipeline().decision(SentRequest("TRACE")).hasPrefix("405"))
        #expect(Self.pipeline().decision(SentRequest("OPTIONS", "*")).hasPrefix("list"))
    }
}

import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct ForwardingTests {
    private static let pipeline = Pipeline(
        routes: [], listeners: ["public"],
        trustedProxies: TrustedProxies(
            blocks: [AddressBlock("10.0.0.0/8")].compactMap(\.self), trustsUnix: true))

    private static func lines(_ request: SentRequest) -> [String] {
        let identity = pipeline.verdict(request).identity
        let text = request.read { head, bytes in
            forwarded(identity, head, bytes, request.arrival)
        }
        #expect(text.hasSuffix("\r\n"))
        return text.split(separator: "\r\n").map(String.init)
    }

    private static func from(_ text: String, isSecure: Bool = false) -> Arrival {
        Arrival(peer: .ip(address(text), port: 9), listener: 0, isSecure: isSecure)
    }

    @Test func `an untrusted peer's chain is begun anew`() {
        let request = SentRequest("GET", "/", host: "a.example:8080").from(Self.from("192.0.2.1"))
            .with("X-Forwarded-For", "6.6.6.6").with("X-Forwarded-Host", "evil").with(
                "X-Forwarded-Proto", "https")
        #expect(
            Self.lines(request) == [
                "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http",
                "X-Forwarded-Host: a.example:8080", "X-Real-IP: 192.0.2.1",
            ])
    }

    @Test func `a trusted peer's chain is continued over all its lines`() {
        let request = SentRequest("GET", "/", host: "inner").from(Self.from("10.0.0.9"))
            .with("X-Forwarded-For", "192.0.2.1, unknown").with("X-Forwarded-For", "")
            .with("X_Forwarded_For", "7.7.7.7").with("X-Forwarded-For", "2001:db8::1")
            .with("X-Forwarded-Host", "a.example").with("X-Forwarded-Proto", "https")
        #expect(
            Self.lines(request) == [
                "X-Forwarded-For: 192.0.2.1, unknown, 2001:db8::1, 10.0.0.9",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: a.example", "X-Real-IP: 2001:db8::1",
            ])
    }

    @Test func `our own TLS is https whatever a peer says`() {
        let request = SentRequest().from(Self.from("2001:db8::7", isSecure: true))
        #expect(Self.lines(request)[1] == "X-Forwarded-Proto: https")
        #expect(Self.lines(request)[0] == "X-Forwarded-For: 2001:db8::7")
    }

    @Test func `a unix peer adds no hop`() {
        let unix = SentRequest().from(Arrival(peer: .unix, listener: 0, isSecure: false))
        #expect(Self.lines(unix) == ["X-Forwarded-Proto: http", "X-Forwarded-Host: example.com"])
        #expect(
            Self.lines(unix.with("X-Forwarded-For", "192.0.2.1")).contains(
                "X-Forwarded-For: 192.0.2.1"))
    }

    @Test(arguments: ["a b", "a\"b", "<x>", "a/b", "é", "a@b", "a,b", ""])
    func `a trusted peer's host that could mean something else is not passed on`(_ host: String) {
        let request = SentRequest("GET", "/", host: "inner").from(Self.from("10.0.0.9"))
            .with("X-Forwarded-Host", host)
        #expect(Self.lines(request).contains("X-Forwarded-Host: inner"))
    }

    @Test func `a request without a host names none`() {
        let request = SentRequest("GET", "/", host: "").from(Self.from("192.0.2.1"))
        #expect(!Self.lines(request).contains { $0.hasPrefix("X-Forwarded-Host") })
    }
}

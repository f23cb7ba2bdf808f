import Bytes
import Config
import HTTP
import Linux
import Policy
import Testing

@testable import Gateway

/// A request as an operator's program sends it.
func asked(
    _ method: HTTP.Method = .get, _ target: String = "/livez",
    host: String = "localhost", fields: [(name: String, value: String)] = [], body: String = ""
) -> AdminRequest {
    AdminRequest(
        method: method, path: String(target.prefix { $0 != "?" }),
        query: AdminRequest.parameters(of: String(target.drop { $0 != "?" })),
        authority: host, fields: fields, body: Array(body.utf8), peer: "127.0.0.1",
        id: RequestID(milliseconds: 0, 1, 2))
}

struct AdminGuardTests {
    private static let token = "0123456789abcdef"

    private func guardian(
        _ bind: BindAddress = .ip(IPAddress(v4: 0x7f00_0001), port: 9901),
        token: String? = AdminGuardTests.token, hosts: [String] = []
    ) -> AdminGuard {
        var settings = AdminSettings(bind: bind)
        settings.token = token.map { Secret($0) }
        settings.hosts = hosts
        return AdminGuard(settings)
    }

    @Test(arguments: [
        "localhost", "localhost:9901", "localhost.", "a.localhost:1", "127.0.0.1:9901",
        "127.9.9.9", "[::1]:9901", "[::1]", "",
    ])
    func `loopback is always asked for`(_ host: String) {
        #expect(guardian().checkHost(of: asked(host: host)) == nil)
    }

    @Test(arguments: [
        "evil.example", "evil.example:9901", "localhost.evil.example", "127.0.0.1.evil.example",
        "10.0.0.1", "notlocalhost", "0.0.0.0", "[2001:db8::1]:9901",
    ])
    func `names and addresses of others are refused`(_ host: String) {
        #expect(guardian().checkHost(of: asked(host: host)) == .foreignHost)
    }

    @Test func `the address of bind and configured names are ours`() throws {
        let address = try #require(IPAddress("10.1.2.3"))
        let own = guardian(.ip(address, port: 1), hosts: ["ops.example.com"])
        #expect(own.checkHost(of: asked(host: "10.1.2.3:1")) == nil)
        #expect(own.checkHost(of: asked(host: "ops.example.com:443")) == nil)
        #expect(own.checkHost(of: asked(host: "x.ops.example.com")) == .foreignHost)
        #expect(own.checkHost(of: asked(host: "10.1.2.4")) == .foreignHost)
        let all = guardian(.ip(IPAddress(v4: 0), port: 1))
        #expect(all.checkHost(of: asked(host: "10.1.2.4:9")) == nil)
        #expect(all.checkHost(of: asked(host: "evil.example")) == .foreignHost)
        #expect(guardian(.unix(path: "/a")).checkHost(of: asked(host: "localhost")) == nil)
    }

    private func change(_ fields: (String, String)..., token: String? = AdminGuardTests.token)
        -> AdminGuard.Refusal?
    {
        let fields = fields.map { (name: $0.0, value: $0.1) }
        return guardian(token: token).checkChange(
            by: asked(.put, "/api/v1/maintenance", host: "localhost:9901", fields: fields))
    }

    @Test func `the token alone changes something`() {
        #expect(change(("authorization", "Bearer \(Self.token)")) == nil)
        #expect(change(("authorization", "bearer   \(Self.token)")) == nil)
        #expect(change() == .noToken)
        for wrong in [
            "Bearer", "Bearer ", "Bearer \(Self.token)x", "Bearer \(Self.token.dropLast())",
            "Basic \(Self.token)", Self.token, "Bearer \(Self.token.uppercased())",
        ] {
            #expect(change(("authorization", wrong)) == .wrongToken, "\(wrong)")
        }
        let good = ("authorization", "Bearer \(Self.token)")
        #expect(change(good, good) == .wrongToken)
        #expect(change(good, token: nil) == .readOnly)
        #expect(change(("authorization", "Bearer "), token: nil) == .readOnly)
    }

    @Test func `pages of other sites change nothing, token or not`() {
        let good = ("authorization", "Bearer \(Self.token)")
        for (name, value) in [
            ("origin", "http://evil.example"), ("origin", "null"),
            ("origin", "http://localhost:3000"), ("origin", "http://localhost"),
            ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "odd"),
        ] {
            #expect(change(good, (name, value)) == .crossSite, "\(name): \(value)")
        }
        #expect(change(good, ("origin", "http://localhost:9901")) == nil)
        #expect(change(good, ("origin", "HTTP://LOCALHOST:9901")) == nil)
        #expect(change(good, ("sec-fetch-site", "same-origin")) == nil)
        #expect(change(good, ("sec-fetch-site", "none")) == nil)
    }
}

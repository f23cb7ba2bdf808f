import Policy
import Testing

@testable import Config

struct OutboundTLSSectionTests {
    private func upstream(_ servers: String, _ keys: String = "") throws -> UpstreamSettings {
        let result = load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            upstreams: { app: { servers: [\(servers)] \(keys) } }
            routes: [ { name: all, upstream: app } ]
            """)
        let snapshot = try #require(result.snapshot, "\(result.problems.map(\.text))")
        return snapshot.upstreams[0]
    }

    @Test func `servers over https have TLS without a word more`() throws {
        let upstream = try upstream("\"https://App.internal\", \"https://192.0.2.1:8443\"")
        #expect(upstream.tls == OutboundTLS())
        #expect(upstream.servers.map(\.isSecure) == [true, true])
        #expect(
            upstream.servers.map(\.address) == [
                .name("app.internal", port: 443),
                .ip(try #require(IPAddress("192.0.2.1")), port: 8443),
            ])
        #expect(try self.upstream("\"127.0.0.1:3000\"").tls == nil)
    }

    @Test func `every key is read`() throws {
        let tls = try #require(
            upstream(
                "\"https://app.internal\"",
                ", tls: { ca: ca.pem, server_name: A.example., client_cert: c, client_key: k }"
            ).tls)
        #expect(tls.authorities == "ca.pem")
        #expect(tls.serverName == .name("a.example"))
        #expect(tls.isVerifying)
        #expect(tls.certificate == CertificateFiles(chain: "c", key: "k"))
    }

    @Test func `a server has to be whom its address names, unless the file names another`() throws {
        var tls = OutboundTLS()
        let address = try #require(IPAddress("192.0.2.1"))
        #expect(tls.peerName(of: .name("app.internal.", port: 1)) == .name("app.internal"))
        #expect(tls.peerName(of: .ip(address, port: 1)) == .address(address))
        #expect(tls.peerName(of: .unix(path: "/a")) == nil)
        tls.serverName = .name("other")
        #expect(tls.peerName(of: .ip(address, port: 1)) == .name("other"))
    }

    @Test(arguments: [
        "rediss://a", "rediss+sentinel://a/main", "rediss+cluster://a,b", "REDISS://a",
    ])
    func `redis speaks TLS if its url says so`(url: String) {
        let redis = load(minimal + "redis: { url: \"\(url)\", tls: { ca: ca.pem } }").snapshot?
            .redis
        #expect(redis?.tls?.authorities == "ca.pem")
        #expect(load(minimal + "redis: { url: \"\(url)\" }").snapshot?.redis?.tls == OutboundTLS())
        let plain = url.lowercased().replacing("rediss", with: "redis")
        #expect(load(minimal + "redis: { url: \"\(plain)\" }").snapshot?.redis?.tls == nil)
    }
}

import Policy
import Testing

@testable import Config

struct ClientCertificateSectionTests {
    private let listener = """
        listeners:
          public:
            bind: "127.0.0.1:8443"
            tls: { certificates: [ { cert: a, key: b } ], client_auth: optional, client_ca: c }

        """

    @Test func `fingerprints, subjects and names are read`() throws {
        let digits = String(repeating: "0a", count: 32)
        let pairs = Array(repeating: "0A", count: 32).joined(separator: ":")
        let result = load(
            listener + """
                routes:
                  - name: all
                    respond: {}
                    access:
                      client_cert:
                        fingerprints: [ "sha256:\(digits)", "sha256:\(pairs)" ]
                        subjects: [ "CN=ada,O=Example" ]
                        sans: [ "DNS:*.A.example", "dns:b.example", "URI:spiffe://x/y",
                          "email:ada@a.example", "IP:192.0.2.1" ]
                """)
        #expect(result.problems == [])
        let access = try #require(result.snapshot?.routes[0].gate.access)
        #expect(access.allow == nil && access.deny == nil)
        let digest = Array(repeating: UInt8(10), count: 32)
        #expect(
            access.certificates
                == CertificateList(
                    fingerprints: [digest, digest], subjects: ["CN=ada,O=Example"],
                    names: [
                        .dnsSuffix(".a.example"), .exact(.dns(Array("b.example".utf8))),
                        .exact(.uri(Array("spiffe://x/y".utf8))),
                        .exact(.email(Array("ada@a.example".utf8))),
                        .exact(.address(try #require(IPAddress("192.0.2.1")))),
                    ]))
    }

    @Test func `a limit by certificate needs a listener that asks for one`() {
        let rest = """
            rate_limits: { one: { rate: 1/s, key: [client_cert, path] } }
            routes: [ { name: all, rate_limits: [one], respond: {} } ]
            """
        let result = load(listener + rest)
        #expect(result.problems == [])
        #expect(result.snapshot?.rateLimits[0].key == [.clientCertificate, .path])
        let plain = "listeners: { public: { bind: \"127.0.0.1:8080\" } }\n"
        #expect(
            problems(plain + rest) == [
                "rate_limits.one.key: is never there: no listener has tls.client_auth"
            ])
    }
}

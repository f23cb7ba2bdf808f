import Config
import Testing

@testable import Gateway

/// What listeners say of TLS, in explanations.
struct ListenerExplanationTests {
    private static let snapshot = Loading.load(
        text: """
            environment: development
            listeners:
              plain: { bind: "0.0.0.0:80", redirect_https: on }
              secure:
                bind: "0.0.0.0:443"
                tls:
                  certificates: [ { cert: /nowhere.pem, key: /nowhere.key } ]
                  client_auth: optional
                  client_ca: /nowhere.pem
            upstreams: { app: { servers: ["https://app.internal"], host: server } }
            routes:
              - { name: acme, match: { path: /.well-known/acme-challenge/* }, respond: {} }
              - name: ops
                match: { path: /ops/* }
                access: { client_cert: { subjects: ["CN=ada"] } }
                upstream: app
              - { name: app, upstream: app }
            """, path: "a.yaml", environment: [:]
    ).snapshot

    private func explain(
        _ method: String, _ url: String, _ fields: [String] = []
    ) throws -> String {
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: nil, listener: nil, now: 0)
        return try Inspection.explain(inquiry, by: #require(Self.snapshot))
    }

    @Test func `a plain listener sends clients to the same address over https`() throws {
        let text = try explain("POST", "http://a.example:80/b?c=d")
        #expect(text.contains("listener    plain, 0.0.0.0:80\n"))
        #expect(text.contains("  HTTP/1.1 308 Permanent Redirect\n"))
        #expect(text.contains("  Location: https://a.example/b?c=d\n"))
        #expect(text.contains("  Content-Length: 0\n"))
    }

    @Test func `a challenge is answered by its route`() throws {
        let text = try explain("GET", "http://a.example/.well-known/acme-challenge/t")
        #expect(text.contains("  HTTP/1.1 200 OK\n"))
    }

    @Test func `https is asked of the listener that speaks it`() throws {
        let text = try explain("GET", "https://a.example/b", ["X-Client-Cert-Subject: CN=eve"])
        #expect(text.contains("listener    secure, 0.0.0.0:443\n"))
        #expect(text.contains("scheme      https, by the listener's tls\n"))
        #expect(text.contains("  X-Forwarded-Proto: https\n"))
        #expect(text.contains("  Host: app.internal\n"))
        #expect(text.contains("  Strict-Transport-Security: "))
        #expect(!text.contains("CN=eve"))
    }

    @Test func `a route for holders of certificates refuses who shows none`() throws {
        let text = try explain("GET", "https://a.example/ops/x")
        #expect(text.contains("  the route refuses it: client_cert_refused\n"))
        #expect(text.contains("  HTTP/1.1 403 Forbidden\n"))
    }
}

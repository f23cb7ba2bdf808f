import Policy
import Testing

@testable import Config

struct ListenerTLSSectionTests {
    private static let certificate = "{ cert: /tls/a.pem, key: /tls/a.key }"

    /// The `tls` of a listener with these keys beside its certificate.
    private func tls(
        _ keys: String = "", certificates: String = certificate, environment: [String: String] = [:]
    ) throws -> ListenerTLS {
        let result = load(
            """
            listeners:
              public:
                bind: "127.0.0.1:8443"
                tls: { certificates: [ \(certificates) ] \(keys.isEmpty ? "" : ", \(keys)") }
            routes: [ { name: all, respond: {} } ]
            """, environment: environment)
        let snapshot = try #require(result.snapshot, "\(result.problems.map(\.text))")
        #expect(result.problems == [])
        return try #require(snapshot.listeners[0].tls)
    }

    @Test func `a certificate is enough, and all else has its default`() throws {
        #expect(
            try tls()
                == ListenerTLS(
                    certificates: [CertificateFiles(chain: "/tls/a.pem", key: "/tls/a.key")],
                    offer: TLSOffer(profile: .intermediate, versionMin: .v12, ciphers: nil),
                    sni: .standard,
                    tickets: TicketSettings(file: nil, rotation: .seconds(43_200)),
                    clientAuthentication: nil, handshakeTimeout: .seconds(10)))
    }

    @Test func `a listener without the key speaks plain HTTP`() {
        #expect(load(minimal).snapshot?.listeners[0].tls == nil)
        #expect(load(minimal).snapshot?.listeners[0].redirect == nil)
    }

    @Test func `every key is read`() throws {
        let tls = try tls(
            """
            min_version: 1.2, ciphers: "ECDHE+AESGCM:!aNULL", sni: strict, client_auth: required,
            tickets: { file: tickets.key, rotate: 6h }, client_ca: ca.pem, client_depth: 1,
            client_crl: crl.pem, handshake_timeout: 5s
            """)
        #expect(tls.offer.ciphers == "ECDHE+AESGCM:!aNULL")
        #expect(tls.sni == .strict)
        #expect(tls.tickets == TicketSettings(file: "tickets.key", rotation: .seconds(21_600)))
        #expect(
            tls.clientAuthentication
                == ClientAuthentication(
                    isRequired: true, authorities: "ca.pem", depthMax: 1, revocations: "crl.pem"))
        #expect(tls.handshakeTimeout == .seconds(5))
    }

    @Test func `modern is TLS 1.3, whether the file says so or not`() throws {
        #expect(try tls("profile: modern").offer.versionMin == .v13)
        #expect(try tls("profile: modern, min_version: \"1.3\"").offer.versionMin == .v13)
        #expect(try tls("min_version: 1.3").offer.versionMin == .v13)
    }

    @Test func `tickets are on, off, or on with a file`() throws {
        #expect(try tls("tickets: on").tickets == tls().tickets)
        #expect(try tls("tickets: off").tickets == nil)
        #expect(try tls("tickets: { file: /k }").tickets?.rotation == .seconds(43_200))
    }

    @Test func `clients may be asked without being obliged`() throws {
        let clients = try tls("client_auth: optional, client_ca: ca.pem").clientAuthentication
        #expect(clients?.isRequired == false)
        #expect(clients?.depthMax == 3)
        #expect(try tls("client_auth: none").clientAuthentication == nil)
    }

    @Test func `a passphrase may come from the environment, and is shown nowhere`() throws {
        let tls = try tls(
            certificates: "{ cert: a, key: b, passphrase: \"${WORD}\", ocsp: c.der }",
            environment: ["WORD": "planted"])
        #expect(tls.certificates[0].passphrase == Secret("planted"))
        #expect(tls.certificates[0].ocsp == "c.der")
        #expect(!"\(tls)".contains("planted"))
    }

    @Test(
        arguments: [
            ("on", 443), ("{ port: 8443 }", 8443), ("{ }", 443), ("off", nil),
        ] as [(String, UInt16?)])
    func `a redirect is a switch or a port`(text: String, port: UInt16?) {
        let result = load(
            """
            listeners:
              plain: { bind: "127.0.0.1:80", redirect_https: \(text) }
              secure: { bind: "127.0.0.1:443", tls: { certificates: [ \(Self.certificate) ] } }
            routes: [ { name: all, respond: {} } ]
            """)
        #expect(result.problems == [])
        #expect(result.snapshot?.listeners[0].redirect == port.map { HTTPSRedirect(port: $0) })
    }

    @Test func `a redirect needs no listener with TLS where a proxy speaks https`() {
        let said = problems(
            """
            trusted_proxies: ["10.0.0.0/8"]
            listeners: { plain: { bind: "127.0.0.1:80", redirect_https: on } }
            routes: [ { name: all, respond: {} } ]
            """)
        #expect(said == [])
    }
}

import Testing

/// What clients of all kinds see of listeners with TLS.
@Suite(.staged) struct SecureClientsTests {
    /// One client, and what it is to see.
    struct Sight: Sendable, CustomTestStringConvertible {
        var what: String
        var arguments: [String] = []
        var name: String? = "app.example"
        var version = "TLSv1.3"
        var cipher = "TLS_AES_128_GCM_SHA256"
        var certificate = "app"
        var agreed = ""
        var alert = ""

        var testDescription: String { what }

        static func none(_ what: String, _ arguments: [String], alert: String) -> Sight {
            Sight(
                what: what, arguments: arguments, version: "-", cipher: "-", certificate: "",
                alert: alert)
        }

        func check(against port: UInt16) throws {
            let seen = try SecureClient(port: port, name: name).see(arguments)
            print(
                """
                \(what): \(seen.version) \(seen.cipher) certificate \(seen.certificate) \
                protocol \(seen.agreedProtocol) alert \(seen.alert) status \(seen.status)
                """)
            #expect(seen.version == version, "\(what): \(seen.text)")
            #expect(seen.cipher == cipher, "\(what)")
            #expect(seen.certificate == certificate, "\(what)")
            #expect(seen.agreedProtocol == agreed, "\(what)")
            #expect(seen.alert == alert, "\(what): \(seen.text)")
            #expect(seen.status == (version == "-" ? 0 : 200), "\(what)")
        }
    }

    private static let elliptic12 = "ECDHE-ECDSA-AES128-GCM-SHA256"
    private static let rsa12 = "ECDHE-RSA-AES128-GCM-SHA256"
    private static let bad = "handshake failure"
    private static let old = "protocol version"
    private static let weak = ["-cipher", "ALL:@SECLEVEL=0"]

    private static let versions: [Sight] = [
        Sight(what: "a client of today"),
        Sight(what: "TLS 1.2", arguments: ["-tls1_2"], version: "TLSv1.2", cipher: elliptic12),
        .none("TLS 1.1", ["-tls1_1"] + weak, alert: old),
        .none("TLS 1.0", ["-tls1"] + weak, alert: old),
        Sight(
            what: "TLS 1.2 with ChaCha20 alone",
            arguments: ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], version: "TLSv1.2",
            cipher: "ECDHE-ECDSA-CHACHA20-POLY1305"),
        .none("CBC alone", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], alert: bad),
        .none("RSA key exchange alone", ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], alert: bad),
        Sight(
            what: "the server's order of ciphers",
            arguments: ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:\(elliptic12)"],
            version: "TLSv1.2", cipher: elliptic12),
        Sight(what: "X25519", arguments: ["-groups", "X25519"]),
        Sight(what: "P-256", arguments: ["-groups", "P-256"]),
        Sight(what: "P-384", arguments: ["-groups", "P-384"]),
        .none("P-521 alone", ["-groups", "P-521"], alert: bad),
        Sight(what: "HTTP/1.1 by ALPN", arguments: ["-alpn", "http/1.1"], agreed: "http/1.1"),
        Sight(
            what: "HTTP/2 or HTTP/1.1 by ALPN", arguments: ["-alpn", "h2,http/1.1"],
            agreed: "http/1.1"),
        .none("HTTP/2 alone", ["-alpn", "h2"], alert: "no application protocol"),
    ]

    @Test func `versions, ciphers, groups and protocols are what the profile says`() throws {
        let apus = try Apus(secureListener() + "\n" + secureRoutes(to: Origin.saying()))
        for sight in Self.versions { try sight.check(against: apus.port) }
    }

    private static let names: [Sight] = [
        Sight(what: "an exact name"),
        Sight(what: "an exact name in capitals", name: "APP.Example"),
        Sight(what: "no name", name: nil),
        Sight(what: "a name below a wildcard", name: "a.wild.example", certificate: "wild"),
        Sight(what: "two labels below a wildcard", name: "a.b.wild.example"),
        Sight(what: "the wildcard's own name", name: "wild.example", certificate: "wild"),
        Sight(what: "another name", name: "other.example", certificate: "other"),
        Sight(what: "an unknown name", name: "nobody.example"),
        Sight(
            what: "signatures by RSA alone",
            arguments: ["-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"], certificate: "app-rsa"),
        Sight(
            what: "ciphers of RSA alone in TLS 1.2", arguments: ["-tls1_2", "-cipher", rsa12],
            version: "TLSv1.2", cipher: rsa12, certificate: "app-rsa"),
        Sight(
            what: "both, as the client prefers none",
            arguments: ["-tls1_2", "-cipher", "\(rsa12):\(elliptic12)"], version: "TLSv1.2",
            cipher: elliptic12),
    ]

    @Test func `the certificate is chosen by name and by what the client can verify`() throws {
        let listener = try secureListener(["app", "app-rsa", "wild", "other"])
        let apus = try Apus(listener + "\n" + secureRoutes(to: Origin.saying()))
        for sight in Self.names { try sight.check(against: apus.port) }
    }

    @Test func `an unknown name ends the handshake where names are taken strictly`() throws {
        let listener = try secureListener(["app", "wild"], "sni: strict")
        let apus = try Apus(listener + "\n" + secureRoutes(to: Origin.saying()))
        var sights = [
            Sight(what: "strict: an exact name"),
            Sight(what: "strict: a wildcard", name: "x.wild.example", certificate: "wild"),
        ]
        for name in [nil, "nobody.example", "a.b.wild.example"] {
            var sight = Sight.none("strict: \(name ?? "no name")", [], alert: "unrecognized name")
            sight.name = name
            sights.append(sight)
        }
        for sight in sights { try sight.check(against: apus.port) }
    }

    @Test func `the modern profile and ciphers of one's own narrow what is spoken`() throws {
        let routes = secureRoutes(to: try Origin.saying())
        let modern = try Apus(secureListener(["app"], "profile: modern") + "\n" + routes)
        try Sight(what: "modern: TLS 1.3").check(against: modern.port)
        try Sight.none("modern: TLS 1.2", ["-tls1_2"], alert: Self.old).check(against: modern.port)
        let strong = "ECDHE-ECDSA-AES256-GCM-SHA384"
        let own = try Apus(secureListener(["app"], "ciphers: \(strong)") + "\n" + routes)
        try Sight(
            what: "own ciphers", arguments: ["-tls1_2"], version: "TLSv1.2", cipher: strong
        ).check(against: own.port)
        try Sight.none(
            "own ciphers: another one", ["-tls1_2", "-cipher", Self.elliptic12], alert: Self.bad
        ).check(against: own.port)
    }

    @Test func `an OCSP response is stapled, of its certificate alone`() throws {
        let staple = ", ocsp: \"\(try Authority.path("app.ocsp"))\""
        let apus = try Apus(
            """
            listeners:
              public:
                bind: "127.0.0.1:PORT"
                tls:
                  certificates: [ \(Authority.pair("app", staple)), \(Authority.pair("wild")) ]
            \(secureRoutes(to: Origin.saying()))
            """)
        for version in ["-tls1_2", "-tls1_3"] {
            let app = try SecureClient(port: apus.port).see(["-status", version])
            #expect(app.text.contains("OCSP Response Status: successful"), "\(app.text)")
            #expect(app.text.contains("Cert Status: good"))
            let wild = try SecureClient(port: apus.port, name: "wild.example")
                .see(["-status", version])
            #expect(wild.text.contains("OCSP response: no response sent"))
        }
    }

    @Test func `there is no renegotiation and no compression`() throws {
        let apus = try Apus(secureListener() + "\n" + secureRoutes(to: Origin.saying()))
        let seen = try SecureClient(port: apus.port).see(["-tls1_2", "-comp"])
        #expect(seen.text.contains("Compression: NONE"))
        #expect(seen.text.contains("Secure Renegotiation IS supported"))
        // `R` on a line of its own has s_client ask for a new handshake.
        let line =
            "(sleep 0.3; echo R; sleep 0.3) | openssl s_client -connect 127.0.0.1:"
            + "\(apus.port) -tls1_2 2>&1"
        let again = try ChildProcess.run(["sh", "-c", line]).output
        #expect(again.contains("RENEGOTIATING"))
        #expect(again.contains("no renegotiation"), "\(again)")
        #expect(try SecureClient(port: apus.port).see().status == 200)
    }

    @Test func `apps and clients are told what came over TLS`() throws {
        let app = try Origin.saying()
        let plain = try Ports.free()
        let apus = try Apus(
            """
            listeners:
              public: { bind: "127.0.0.1:PORT", tls: { \(Authority.pairs(["app"])) } }
              plain: { bind: "127.0.0.1:\(plain)" }
            security_headers: { preset: strict }
            \(secureRoutes(to: app))
            """)
        let ca = try Authority.path("ca.pem")
        let (code, output) = try curl(
            "--cacert", ca, "-i", "https://localhost:\(apus.port)/x", "-H",
            "X-Forwarded-Proto: http")
        #expect(code == 0, "\(output)")
        #expect(output.contains("Strict-Transport-Security: "))
        #expect(app.requests.all.last?["X-Forwarded-Proto"] == "https")
        let open = try Wire(to: .ip4(plain)).ask(get("/x"))
        #expect(open["Strict-Transport-Security"] == nil)
        #expect(app.requests.all.last?["X-Forwarded-Proto"] == "http")
    }
}

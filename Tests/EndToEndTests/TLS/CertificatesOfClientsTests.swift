import Foundation
import Testing

/// Clients that show certificates: who gets in, and what the app hears of it.
@Suite(.staged) struct CertificatesOfClientsTests {
    private static func listener(_ more: String, authority: String = "ca") throws -> String {
        try secureListener(
            ["app"], "client_ca: \"\(Authority.path("\(authority).pem"))\", \(more)")
    }

    private static func crl() throws -> String {
        "client_crl: \"\(try Authority.path("crl.pem"))\""
    }

    /// A client, and the alert that ends its handshake; none if it gets in.
    private struct Case {
        let what: String
        let arguments: [String]
        var alert = ""

        init(_ what: String, _ certificate: String?, chain: String? = nil, _ alert: String = "")
            throws
        {
            self.what = what
            self.alert = alert
            arguments = try certificate.map { try SecureClient.showing($0, chain: chain) } ?? []
        }

        func check(_ gateway: String, against port: UInt16) throws {
            for version in ["-tls1_2", "-tls1_3"] {
                let seen = try SecureClient(port: port).see([version] + arguments)
                print(
                    "\(gateway), \(version), \(what):",
                    seen.status == 200 ? "served" : "refused, alert \"\(seen.alert)\"")
                #expect(seen.status == (alert.isEmpty ? 200 : 0), "\(gateway), \(what)")
                #expect(seen.alert == alert, "\(gateway), \(what): \(seen.text)")
            }
        }
    }

    @Test func `certificates are asked for as the listener says`() throws {
        let routes = secureRoutes(to: try Origin.saying())
        let optional = try Apus(Self.listener("client_auth: optional") + "\n" + routes)
        let required = try Apus(Self.listener("client_auth: required") + "\n" + routes)
        let cases = try [
            Case("a good one", "client"),
            Case("one of another authority", "intruder", "unknown ca"),
            Case("one that has ended", "late", "certificate expired"),
            Case("one behind another authority", "near", chain: "sub.pem"),
            Case("the same without that one's certificate", "near", "unknown ca"),
            Case("one that is revoked, without a list", "revoked"),
        ]
        for client in cases {
            try client.check("optional", against: optional.port)
            try client.check("required", against: required.port)
        }
        try Case("none", nil).check("optional", against: optional.port)
        for version in ["-tls1_2", "-tls1_3"] {
            let seen = try SecureClient(port: required.port).see([version])
            #expect(seen.status == 0)
            let isTold = seen.alert == "certificate required" || seen.alert == "handshake failure"
            #expect(isTold, "\(seen.text)")
            print("required, \(version), none: refused, alert \"\(seen.alert)\"")
        }
        let refused = "listener=\"public\",version=\"-\",result=\"certificate\""
        try required.expect("apus_tls_handshakes_total{\(refused)}", is: 8)
    }

    @Test func `lists of revocation and the chain's length are heeded`() throws {
        let routes = secureRoutes(to: try Origin.saying())
        let listed = try Apus(
            Self.listener("client_auth: required, \(Self.crl())") + "\n" + routes)
        try Case("a good one", "client").check("with a list", against: listed.port)
        try Case("a revoked one", "revoked", "certificate revoked")
            .check("with a list", against: listed.port)
        let chained = try Case("two authorities between", "deep", chain: "deep-chain.pem")
        for depth in 1...3 {
            let apus = try Apus(
                Self.listener("client_auth: required, client_depth: \(depth)") + "\n" + routes)
            try Case("one authority between", "near", chain: "sub.pem")
                .check("depth \(depth)", against: apus.port)
            var client = chained
            if depth < 2 { client.alert = "unknown ca" }
            try client.check("depth \(depth)", against: apus.port)
        }
    }

    private static let inbound =
        "X-Client-Cert-Subject: CN=root\r\nx-client-cert-san: DNS:evil\r\n"
        + "X-Client-Cert-Fingerprint: sha256:00\r\nX-CLIENT-CERT-NOT-AFTER: never\r\n"

    @Test func `the app is told of the certificate, and of nothing that clients say`() throws {
        let app = try Origin.saying()
        let plain = try Ports.free()
        let apus = try Apus(
            """
            listeners:
              public:
                bind: "127.0.0.1:PORT"
                tls:
                  \(Authority.pairs(["app"]))
                  client_auth: optional
                  client_ca: "\(Authority.path("ca.pem"))"
              plain: { bind: "127.0.0.1:\(plain)" }
            \(secureRoutes(to: app))
            """)
        let client = SecureClient(port: apus.port)
        let request = SecureClient.request("/app", Self.inbound)
        #expect(try client.see(SecureClient.showing("client"), request).status == 200)
        let told = try #require(app.requests.all.last)
        #expect(told["X-Client-Cert-Subject"] == "C=DE,O=M\\C3\\BCller\\, S\\C3\\B6hne,CN=ada")
        #expect(
            told["X-Client-Cert-SAN"]
                == "email:ada@example.org, URI:spiffe://example/ada, DNS:ada.example")
        #expect(
            told["X-Client-Cert-Fingerprint"] == "sha256:\(try Self.fingerprint(of: "client"))")
        #expect(told["X-Client-Cert-Not-After"]?.hasSuffix(" GMT") == true)
        #expect(try client.see([], request).status == 200)
        #expect(try Wire(to: .ip4(plain)).ask(get("/app", Self.inbound)).status == 200)
        #expect(app.requests.all.count == 3)
        for told in app.requests.all.dropFirst() {
            let names = told.fields.map { $0.name.lowercased() }
            #expect(!names.contains { $0.hasPrefix("x-client-cert") }, "\(names)")
        }
    }

    static func fingerprint(of name: String) throws -> String {
        let path = try Authority.path("\(name).pem")
        let arguments = ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"]
        let line = try ChildProcess.run(arguments).output
        return String(line.split(separator: "=").last ?? "").lowercased().filter(\.isHexDigit)
    }

    @Test func `certificates are keys of limits and open routes`() throws {
        let apus = try Apus(
            """
            \(Self.listener("client_auth: optional"))
            rate_limits:
              each: { rate: 2/h, key: client_cert, missing_key: reject }
            routes:
              - name: limited
                match: { path: /limited }
                rate_limits: [each]
                respond: { status: 200 }
              - name: print
                match: { path: /print }
                access:
                  client_cert: { fingerprints: ["sha256:\(Self.fingerprint(of: "near"))"] }
                respond: { status: 200 }
              - name: subject
                match: { path: /subject }
                access: { client_cert: { subjects: ["CN=near"] } }
                respond: { status: 200 }
              - name: san
                match: { path: /san }
                access: { client_cert: { sans: ["URI:spiffe://example/ada"] } }
                respond: { status: 200 }
            """)
        let client = SecureClient(port: apus.port)
        let near = try SecureClient.showing("near", chain: "sub.pem")
        let ada = try SecureClient.showing("client")
        func status(_ shown: [String], _ path: String) throws -> Int {
            try client.see(shown, SecureClient.request(path)).status
        }
        for shown in [near, ada] {
            #expect(try status(shown, "/limited") == 200)
            #expect(try status(shown, "/limited") == 200)
            #expect(try status(shown, "/limited") == 429)
        }
        #expect(try [400, 401, 403, 429].contains(status([], "/limited")))
        for (path, isOfNear) in [("/print", true), ("/subject", true), ("/san", false)] {
            #expect(try status(near, path) == (isOfNear ? 200 : 403), "\(path)")
            #expect(try status(ada, path) == (isOfNear ? 403 : 200), "\(path)")
            #expect(try status([], path) == 403, "\(path)")
        }
        let lines = try apus.accessLines(of: "/san", count: 3)
        #expect(lines.filter { $0.reason == "client_cert_refused" }.count == 2)
    }

    @Test func `a host that the handshake did not name is misdirected under authentication`() throws
    {
        let routes = secureRoutes(to: try Origin.saying())
        let asking = try Apus(Self.listener("client_auth: optional") + "\n" + routes)
        let open = try Apus(secureListener() + "\n" + routes)
        let request = SecureClient.request(host: "other.example")
        #expect(try SecureClient(port: asking.port).see([], request).status == 421)
        #expect(try SecureClient(port: asking.port, name: nil).see([], request).status == 200)
        #expect(try SecureClient(port: open.port).see([], request).status == 200)
        #expect(try asking.accessLine(of: "/own").reason == "host_misdirected")
    }
}

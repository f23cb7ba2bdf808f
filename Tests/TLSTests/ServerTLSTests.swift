import Bytes
import Linux
import TLS
import Testing

/// Who is served with what.
@Suite struct ServerTLSTests {
    /// What a client that asks for a name is shown: the names of the certificate that it accepts.
    private func shown(
        by context: ServerTLS, to name: String
    ) throws -> [String]? {
        let line = try Line()
        let settings = try ClientTLS.Settings(trust: Made.trust())
        var server = try open(context, on: line)
        var client = try open(ClientTLS(settings), on: line, to: .host(name))
        guard shake(&server, &client).client == .done else { return nil }
        return try? client.peerCertificate?.names
    }

    private func context(_ pairs: [String], isStrict: Bool = false) throws -> ServerTLS {
        var settings = ServerTLS.Settings(pairs: try pairs.map { try Made.pair($0) })
        settings.isStrict = isStrict
        return try ServerTLS(settings)
    }

    @Test func `a certificate is chosen by the name that is asked for`() throws {
        let context = try context(["app", "wild", "other"])
        let app = ["DNS:app.example", "DNS:localhost", "IP:127.0.0.1"]
        let wild = ["DNS:*.wild.example", "DNS:wild.example"]
        #expect(try shown(by: context, to: "app.example") == app)
        #expect(try shown(by: context, to: "APP.example") == app)
        #expect(try shown(by: context, to: "wild.example") == wild)
        #expect(try shown(by: context, to: "a.wild.example") == wild)
        #expect(try shown(by: context, to: "other.example") == ["DNS:other.example"])
    }

    @Test func `an unknown name is shown the first certificate, or refused`() throws {
        for (name, isRefused) in [("nobody.example", true), ("a.b.wild.example", true)] {
            let lax = try meeting(context(["app", "wild"]), name)
            #expect(lax.client == .failed(.certificate(.wrongName)))
            let strict = try meeting(context(["app", "wild"], isStrict: true), name)
            #expect((strict.client == .failed(.refused)) == isRefused)
            #expect(strict.server == .failed(.garbled))
        }
    }

    private func meeting(
        _ context: ServerTLS, _ name: String, trust: String = "ca"
    ) throws -> Meeting {
        let line = try Line()
        var server = try open(context, on: line)
        var client = try open(
            ClientTLS(ClientTLS.Settings(trust: Made.trust(trust))), on: line,
            to: .host(name))
        return shake(&server, &client)
    }

    @Test func `of two kinds of key the client's preferences choose`() throws {
        let context = try context(["app-rsa", "app"])
        for (algorithm, isECDSA) in [("RSA-PSS+SHA256", false), ("ECDSA+SHA256", true)] {
            let line = try Line()
            var settings = try ClientTLS.Settings(trust: Made.trust())
            settings.profile.signatureAlgorithms = algorithm
            var server = try open(context, on: line)
            var client = try open(ClientTLS(settings), on: line)
            #expect(shake(&server, &client).client == .done)
            let isShown = try client.peerCertificate?.fingerprint
            #expect(try isShown == Made.pair(isECDSA ? "app" : "app-rsa").fingerprint)
        }
    }

    @Test func `servers are refused that cannot be who they should`() throws {
        let cases: [(String, HandshakeFailure.CertificateFault)] = [
            ("expired", .expired), ("foreign", .notTrusted), ("other", .wrongName),
        ]
        for (pair, fault) in cases {
            let meeting = try meeting(context([pair]), "app.example")
            #expect(meeting.client == .failed(.certificate(fault)), "\(pair)")
            #expect(meeting.server == .failed(.refused) || meeting.server == .done, "\(pair)")
        }
    }

    @Test func `a server is known by its address too`() throws {
        let line = try Line()
        var server = try open(context(["app"]), on: line)
        let settings = try ClientTLS.Settings(trust: Made.trust())
        var client = try open(ClientTLS(settings), on: line, to: .address("127.0.0.1"))
        #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
        let name = server.serverName
        #expect(name == nil)
        let second = try Line()
        var again = try open(context(["app"]), on: second)
        var stranger = try open(ClientTLS(settings), on: second, to: .address("127.0.0.2"))
        #expect(shake(&again, &stranger).client == .failed(.certificate(.wrongName)))
    }

    @Test func `what cannot be served with is refused when it is read`() throws {
        let cases: [(String, String, TLSProblem)] = [
            ("app.pem", "app-rsa.key", .keyMismatched), ("app.key", "app.key", .noCertificate),
            ("app.pem", "app.pem", .noKey), ("app.pem", "app-locked.key", .keyLocked),
        ]
        for (certificate, key, problem) in cases {
            #expect(throws: problem, "\(certificate) \(key)") {
                try CertificatePair(certificates: Made.file(certificate), key: Made.file(key))
            }
        }
        #expect(throws: TLSProblem.noOCSPResponse) {
            try Made.pair("app", staple: [1, 2, 3])
        }
        let opened = try CertificatePair(
            certificates: Made.file("app.pem"), key: Made.file("app-locked.key"),
            passphrase: Array("correct-horse".utf8))
        #expect(opened.names == ["app.example", "localhost"])
        #expect(throws: TLSProblem.keyLocked) {
            try CertificatePair(
                certificates: Made.file("app.pem"), key: Made.file("app-locked.key"),
                passphrase: Array("wrong".utf8))
        }
        var settings = ServerTLS.Settings(pairs: [opened])
        settings.profile.ciphers = "NOT-A-CIPHER"
        #expect(throws: TLSProblem.ciphersNotSpoken) { try ServerTLS(settings) }
    }

    @Test func `what is spoken above must be HTTP of one version`() throws {
        for (offered, isServed) in [("http/1.1", true), ("h2", false), ("", true)] {
            let line = try Line()
            var settings = try ClientTLS.Settings(trust: Made.trust())
            if !offered.isEmpty {
                settings.protocols = [UInt8(offered.utf8.count)] + Array(offered.utf8)
            }
            var server = try open(context(["app"]), on: line)
            var client = try open(ClientTLS(settings), on: line)
            #expect((shake(&server, &client).client == .done) == isServed, "\(offered)")
        }
    }
}

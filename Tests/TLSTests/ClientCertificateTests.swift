import Bytes
import Linux
import TLS
import Testing

/// Certificates of clients.
@Suite struct ClientCertificateTests {
    private func server(isRequired: Bool, revocations: Bool = false) throws -> ServerTLS {
        var settings = ServerTLS.Settings(pairs: [try Made.pair("app")])
        settings.clients = try ServerTLS.ClientSettings(
            trust: Made.trust(revocations: revocations ? Made.file("crl.pem") : nil),
            isRequired: isRequired, depthMax: 1, digest: [])
        return try ServerTLS(settings)
    }

    private func meet(
        _ server: ServerTLS, _ pair: String?
    ) throws -> (Session.Handshake, PeerCertificate?) {
        let line = try Line()
        var settings = try ClientTLS.Settings(trust: Made.trust())
        settings.pair = try pair.map { try Made.pair($0) }
        var server = try open(server, on: line)
        var client = try open(ClientTLS(settings), on: line)
        let meeting = shake(&server, &client)
        return (meeting.server, meeting.server == .done ? try? server.peerCertificate : nil)
    }

    @Test func `a client is known by its certificate`() throws {
        let (result, certificate) = try meet(server(isRequired: true), "client")
        #expect(result == .done)
        let shown = try #require(certificate)
        #expect(shown.subject == "C=DE,O=M\\C3\\BCller\\, S\\C3\\B6hne,CN=ada")
        #expect(
            shown.names == ["email:ada@example.org", "URI:spiffe://example/ada", "DNS:ada.example"]
        )
        #expect(shown.fingerprint.count == 32)
        #expect(shown.validUntil > 1_750_000_000)
    }

    @Test func `certificates are asked for as configured`() throws {
        let refused = Session.Handshake.failed
        #expect(try meet(server(isRequired: true), nil).0 == refused(.certificate(.missing)))
        #expect(try meet(server(isRequired: false), nil) == (.done, nil))
        for isRequired in [true, false] {
            let (result, _) = try meet(server(isRequired: isRequired), "intruder")
            #expect(result == refused(.certificate(.notTrusted)))
            #expect(
                try meet(server(isRequired: isRequired, revocations: true), "revoked").0
                    == refused(.certificate(.revoked)))
        }
        #expect(try meet(server(isRequired: true, revocations: true), "client").0 == .done)
        #expect(try meet(server(isRequired: true), "revoked").0 == .done)
    }
}

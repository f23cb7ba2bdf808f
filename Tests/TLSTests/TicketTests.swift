import Bytes
import Linux
import TLS
import Testing

/// Sessions that are resumed, and those that must not be.
@Suite struct TicketTests {
    private func settings(_ pairs: [String] = ["app", "wild"]) throws -> ServerTLS.Settings {
        var settings = ServerTLS.Settings(pairs: try pairs.map { try Made.pair($0) })
        settings.tickets = TicketKeys(rotation: .seconds(3600))
        settings.scope = "public"
        return settings
    }

    /// Meets, and reads the tickets that come behind the handshake.
    ///
    /// - Returns: Whether an earlier session was resumed.
    private func meet(
        _ server: ServerTLS, _ client: ClientTLS, _ name: String = "app.example"
    ) throws -> Bool {
        let line = try Line()
        var server = try open(server, on: line)
        var client = try open(client, on: line, to: .host(name))
        let meeting = shake(&server, &client)
        #expect(meeting == Meeting(server: .done, client: .done))
        _ = readAll(&client)
        let (one, other) = (server.isResumed, client.isResumed)
        #expect(one == other)
        return one
    }

    private func client(_ newest: ProtocolVersion = .tls13) throws -> ClientTLS {
        var settings = try ClientTLS.Settings(trust: Made.trust())
        settings.profile.versionMax = newest
        return try ClientTLS(settings)
    }

    @Test(arguments: ProtocolVersion.allCases) func `a second connection is resumed`(
        version: ProtocolVersion
    ) throws {
        let server = try ServerTLS(settings())
        let client = try client(version)
        #expect(try !meet(server, client))
        #expect(try meet(server, client))
        #expect(try meet(server, client))
    }

    @Test func `tickets of shared keys are good at every gateway, others at none`() throws {
        let key = String(repeating: "QUJD", count: 26) + "QUI="
        var one = try settings()
        var other = try settings()
        one.tickets = try TicketKeys(file: Array(key.utf8))
        other.tickets = try TicketKeys(file: Array("\(key)\n".utf8))
        let client = try client()
        #expect(try !meet(ServerTLS(one), client))
        #expect(try meet(ServerTLS(other), client))
        #expect(try !meet(ServerTLS(settings()), client))
    }

    @Test func `an older key still opens tickets, and a key that is gone does not`() throws {
        let old = String(repeating: "QUJD", count: 26) + "QUI="
        let new = String(repeating: "REVG", count: 26) + "REU="
        func server(_ keys: String) throws -> ServerTLS {
            var given = try settings()
            given.tickets = try TicketKeys(file: Array(keys.utf8))
            return try ServerTLS(given)
        }
        let client = try client()
        #expect(try !meet(server(old), client))
        #expect(try meet(server("\(new)\n\(old)\n"), client))
        // It was given a ticket under the new key with that.
        #expect(try meet(server(new), client))
        #expect(try !meet(server(old), client))
    }

    @Test func `files of ticket keys hold whole keys alone`() {
        for text in ["", "\n", "QUJD", "not base64", String(repeating: "QUJD", count: 27)] {
            #expect(throws: TLSProblem.ticketKeysMalformed, "\(text)") {
                try TicketKeys(file: Array(text.utf8))
            }
        }
    }

    @Test(arguments: ProtocolVersion.allCases)
    func `a ticket is good for its name, its listener and its rules for clients alone`(
        version: ProtocolVersion
    ) throws {
        let keys = TicketKeys(rotation: .seconds(3600))
        var usual = try settings()
        usual.tickets = keys
        let server = try ServerTLS(usual)
        // The client believes all of them to be the same server: it offers what it has.
        var lax = ClientTLS.Settings(trust: nil)
        lax.profile.versionMax = version
        let client = try ClientTLS(lax)
        let line = try Line()
        var first = try open(server, on: line)
        var visitor = try open(client, on: line, to: .host("app.example"))
        #expect(shake(&first, &visitor) == Meeting(server: .done, client: .done))
        _ = readAll(&visitor)
        for name in ["a.wild.example", "nobody.example"] {
            let line = try Line()
            var server = try open(server, on: line)
            var client = try open(
                client, on: line, to: .host(name), resuming: .host("app.example"))
            #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
            let isResumed = server.isResumed
            #expect(!isResumed, "\(name)")
        }
        var elsewhere = usual
        elsewhere.scope = "internal"
        #expect(try !meet(ServerTLS(elsewhere), client))
        // That gave it a ticket of the other listener.
        #expect(try !meet(server, client))
        #expect(try meet(server, client))
        var asking = usual
        asking.clients = try ServerTLS.ClientSettings(
            trust: Made.trust(), isRequired: false, depthMax: 3, digest: [1])
        #expect(try !meet(ServerTLS(asking), client))
    }

    @Test func `without keys nothing is resumed`() throws {
        var given = try settings()
        given.tickets = nil
        let server = try ServerTLS(given)
        let client = try client()
        #expect(try !meet(server, client))
        #expect(try !meet(server, client))
    }
}

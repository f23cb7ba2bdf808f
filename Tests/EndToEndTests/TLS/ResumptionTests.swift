import Foundation
import Testing

/// Sessions that clients come back with, and where they are worth nothing.
@Suite(.staged) struct ResumptionTests {
    /// A folder with sessions that s_client has kept.
    private final class Sessions {
        let folder: String

        init() throws { folder = try ChildProcess.newFolder() }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func keep(_ client: SecureClient, _ arguments: [String], as name: String) throws -> Seen {
            try client.see(arguments + ["-sess_out", "\(folder)/\(name)"])
        }

        /// Comes back with a session.
        ///
        /// - Returns: What was seen; it was served either way.
        func come(_ client: SecureClient, _ arguments: [String], with name: String) throws -> Seen {
            let seen = try client.see(arguments + ["-sess_in", "\(folder)/\(name)"])
            #expect(seen.status == 200, "\(seen.text)")
            return seen
        }
    }

    private static let versions = ["-tls1_2", "-tls1_3"]

    @Test(arguments: versions)
    func `a session is resumed for its own name alone`(version: String) throws {
        let listener = try secureListener(["app", "wild", "other"])
        let apus = try Apus(listener + "\n" + secureRoutes(to: Origin.saying()))
        let sessions = try Sessions()
        let client = SecureClient(port: apus.port)
        #expect(try !sessions.keep(client, [version], as: "a").isResumed)
        let again = try sessions.come(client, [version], with: "a")
        #expect(again.isResumed)
        for name in ["a.wild.example", "other.example", "nobody.example", nil] {
            let other = SecureClient(port: apus.port, name: name)
            let seen = try sessions.come(other, [version], with: "a")
            print(
                "\(version), session of app.example for \(name ?? "no name"): ",
                seen.isResumed ? "resumed" : "whole handshake", seen.certificate)
            #expect(!seen.isResumed, "\(name ?? "no name")")
        }
        let number = version == "-tls1_2" ? "1.2" : "1.3"
        let labels = "listener=\"public\",version=\"\(number)\""
        try apus.expect("apus_tls_handshakes_total{\(labels),result=\"resumed\"}", is: 1)
        try apus.expect("apus_tls_handshakes_total{\(labels),result=\"full\"}", is: 5)
    }

    @Test(arguments: versions)
    func `a session is worth nothing where clients are asked for other certificates`(
        version: String
    ) throws {
        let ports = try (0..<4).map { _ in try Ports.free() }
        let pairs = try Authority.pairs(["app"])
        let ca = "client_ca: \"\(try Authority.path("ca.pem"))\""
        let stranger = "client_ca: \"\(try Authority.path("stranger.pem"))\""
        let keys = [
            "", ", client_auth: optional, \(ca)", ", client_auth: required, \(ca)",
            ", client_auth: optional, \(stranger)",
        ]
        let lines = zip(ports, keys).enumerated().map { index, listener in
            "  l\(index): { bind: \"127.0.0.1:\(listener.0)\", tls: { \(pairs)\(listener.1) } }"
        }
        let apus = try Apus(
            "listeners:\n\(lines.joined(separator: "\n"))\n\(secureRoutes(to: Origin.saying()))")
        let sessions = try Sessions()
        let certificate = try SecureClient.showing("client")
        for (from, port) in ports.enumerated() where from != 3 {
            let client = SecureClient(port: port)
            let shown = from == 0 ? [] : certificate
            _ = try sessions.keep(client, [version] + shown, as: "s\(from)")
            #expect(try sessions.come(client, [version] + shown, with: "s\(from)").isResumed)
        }
        for (from, to) in [(0, 1), (0, 3), (1, 0), (1, 2), (1, 3), (2, 0), (2, 1), (2, 3)] {
            let client = SecureClient(port: ports[to])
            let shown = to == 2 ? certificate : []
            let seen = try sessions.come(client, [version] + shown, with: "s\(from)")
            print(
                "\(version), session of listener \(from) at \(to):",
                seen.isResumed ? "resumed" : "whole handshake")
            #expect(!seen.isResumed, "from \(from) to \(to)")
        }
        #expect(apus.process.exitCode == nil)
    }

    @Test func `nothing is resumed without tickets`() throws {
        let listener = try secureListener(["app"], "tickets: off")
        let apus = try Apus(listener + "\n" + secureRoutes(to: Origin.saying()))
        let client = SecureClient(port: apus.port)
        for version in Self.versions {
            let sessions = try Sessions()
            let first = try sessions.keep(client, [version], as: "a")
            #expect(first.status == 200)
            guard FileManager.default.fileExists(atPath: "\(sessions.folder)/a") else { continue }
            #expect(try !sessions.come(client, [version], with: "a").isResumed)
        }
    }

    /// Keys of tickets, one a line, from a dice of their own.
    private static func keys(_ numbers: Int...) -> Data {
        let lines = numbers.map { number in
            Data((0..<80).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number &* 31) })
                .base64EncodedString()
        }
        return Data((lines.joined(separator: "\n") + "\n").utf8)
    }

    @Test func `gateways with one file of keys resume each other's sessions, until it changes`()
        throws
    {
        let sessions = try Sessions()
        let file = "\(sessions.folder)/keys"
        try Authority.replace(file, with: Self.keys(1))
        let listener = try secureListener(["app"], "tickets: { file: \"\(file)\" }")
        let routes = secureRoutes(to: try Origin.saying())
        let gateways = try (0..<2).map { _ in try Apus(listener + "\n" + routes) }
        let clients = gateways.map { SecureClient(port: $0.port) }
        for version in Self.versions {
            _ = try sessions.keep(clients[0], [version], as: "a\(version)")
            #expect(try sessions.come(clients[1], [version], with: "a\(version)").isResumed)
        }
        // The new key goes before the former, whose tickets are taken still.
        try Authority.replace(file, with: Self.keys(2, 1))
        try Self.awaitReading(of: gateways, count: 1)
        for version in Self.versions {
            #expect(try sessions.come(clients[1], [version], with: "a\(version)").isResumed)
            _ = try sessions.keep(clients[0], [version], as: "b\(version)")
            #expect(try sessions.come(clients[1], [version], with: "b\(version)").isResumed)
        }
        try Authority.replace(file, with: Self.keys(2))
        try Self.awaitReading(of: gateways, count: 2)
        for version in Self.versions {
            #expect(try !sessions.come(clients[1], [version], with: "a\(version)").isResumed)
            #expect(try sessions.come(clients[1], [version], with: "b\(version)").isResumed)
        }
    }

    private static func awaitReading(of gateways: [Apus], count: Int) throws {
        for apus in gateways {
            try eventually("the keys are read again") {
                try apus.lines("certificates").filter { $0.level == "info" }.count >= count
            }
        }
    }
}

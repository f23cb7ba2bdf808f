import Foundation
import Glibc
import Testing

/// Files that a listener with TLS cannot be served with.
@Suite(.staged) struct RefusedSettingsTests {
    /// A folder with a good pair, a gateway's configuration, and what a test breaks.
    private struct Place {
        let folder: String

        init() throws {
            folder = try ChildProcess.newFolder()
            let names = [
                "app.pem": "app.pem", "app.key": "app.key", "wild.key": "wild.key",
                "ca.pem": "ca.pem", "crl.pem": "crl.pem", "locked.key": "app-locked.key",
                "app.ocsp": "app.ocsp",
            ]
            try Authority.copy(names, to: folder)
        }

        /// Runs `check` and `run`, and takes the folder away.
        ///
        /// - Parameter pair: Keys of the certificate beside `cert`.
        /// - Returns: The code and the output of both, which have to agree but for what serves.
        func refuse(
            _ pair: String, _ more: String = "", environment: [String: String] = [:]
        ) throws -> [(code: Int32, output: String)] {
            let port = try Ports.free()
            let text = """
                environment: development
                listeners:
                  public:
                    bind: "127.0.0.1:\(port)"
                    tls: { certificates: [ { cert: "\(folder)/app.pem", \(pair) } ], \(more) }
                routes: [ { name: a, match: { path: /* }, respond: { status: 200 } } ]

                """
            try text.write(toFile: "\(folder)/apus.yaml", atomically: true, encoding: .utf8)
            let variables = environment.map { "\($0)=\($1)" }
            return try ["check", "run"].map { command in
                let call = [try Binary.path(), command, "--config", "\(folder)/apus.yaml"]
                return try ChildProcess.run(["env"] + variables + ["timeout", "2"] + call)
            }
        }

        /// What both outputs must not have in them.
        func secrets() throws -> [String] {
            let lines = try ["app.key", "wild.key", "locked.key"].flatMap { name in
                try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                    .split(separator: "\n").filter { !$0.contains("-") && $0.count > 20 }
            }
            return lines.map(String.init) + ["correct-horse", "battery-staple"]
        }

        func end() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private func expectRefusal(
        _ what: String, _ pair: String, _ more: String = "", says words: String...,
        environment: [String: String] = [:], prepare: (Place) throws -> Void = { _ in }
    ) throws {
        let place = try Place()
        defer { place.end() }
        try prepare(place)
        let pair = pair.replacing("FOLDER", with: place.folder)
        let more = more.replacing("FOLDER", with: place.folder)
        for (code, output) in try place.refuse(pair, more, environment: environment) {
            #expect(code == 78, "\(what): \(output)")
            for word in words { #expect(output.contains(word), "\(what): \(output)") }
            for secret in try place.secrets() { #expect(!output.contains(secret), "\(what)") }
            print("\(what): \(code) \(output.split(separator: "\n").first ?? "")")
        }
    }

    private static let key = "key: \"FOLDER/app.key\""

    @Test func `keys that are missing, open to others, or of another certificate end with 78`()
        throws
    {
        let at = "listeners.public.tls.certificates[0]"
        try expectRefusal("missing key", "key: \"FOLDER/none.key\"", says: at, "none.key")
        try expectRefusal("missing certificate", Self.key, says: at, "app.pem") {
            try FileManager.default.removeItem(atPath: "\($0.folder)/app.pem")
        }
        try expectRefusal("a folder", "key: \"FOLDER\"", says: at)
        try expectRefusal("key of others", "key: \"FOLDER/wild.key\"", says: at, "wild.key")
        for mode: mode_t in [0o604, 0o644, 0o606] {
            try expectRefusal("key of mode \(mode)", Self.key, says: at, "app.key") {
                let path = "\($0.folder)/app.key"
                #expect(unsafe chmod(path, mode) == 0)
            }
        }
        try expectRefusal("empty key", Self.key, says: at, "app.key") {
            try Authority.replace("\($0.folder)/app.key", with: Data())
        }
        try expectRefusal("half a key", Self.key, says: at, "app.key") {
            let path = "\($0.folder)/app.key"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try Authority.replace(path, with: Data(text.prefix(90).utf8))
        }
    }

    @Test func `an encrypted key opens with its passphrase alone`() throws {
        let key = "key: \"FOLDER/locked.key\""
        try expectRefusal("without passphrase", key, says: "locked.key")
        let wrong = "passphrase: \"${APUS_TEST_PASS}\""
        try expectRefusal(
            "wrong passphrase", "\(key), \(wrong)", says: "locked.key",
            environment: ["APUS_TEST_PASS": "battery-staple"])
        let place = try Place()
        defer { place.end() }
        try "correct-horse\n".write(
            toFile: "\(place.folder)/pass", atomically: true, encoding: .utf8)
        let right = key.replacing("FOLDER", with: place.folder)
        let byFile = "\(right), passphrase: \"${file:\(place.folder)/pass}\""
        let byName = "\(right), \(wrong)"
        let variables = ["APUS_TEST_PASS": "correct-horse"]
        for (pair, variables) in [(byFile, [:]), (byName, variables)] {
            let outcomes = try place.refuse(pair, environment: variables)
            #expect(outcomes[0].code == 0, "\(outcomes[0].output)")
            #expect(outcomes[1].output.contains("\"startup\""), "\(outcomes[1].output)")
            for (_, output) in outcomes {
                for secret in try place.secrets() { #expect(!output.contains(secret)) }
            }
        }
    }

    @Test func `other files and settings are looked at as well`() throws {
        let ocsp = ", ocsp: \"FOLDER/app.ocsp\""
        try expectRefusal("garbage as OCSP", Self.key + ocsp, says: "app.ocsp") {
            try Authority.replace("\($0.folder)/app.ocsp", with: Data("no response".utf8))
        }
        let clients = "client_auth: optional, client_ca: \"FOLDER/ca.pem\""
        let crl = "\(clients), client_crl: \"FOLDER/crl.pem\""
        try expectRefusal("garbage as CRL", Self.key, crl, says: "client_crl") {
            try Authority.replace("\($0.folder)/crl.pem", with: Data("no list".utf8))
        }
        try expectRefusal("garbage as CA", Self.key, clients, says: "client_ca") {
            try Authority.replace("\($0.folder)/ca.pem", with: Data("no certificate".utf8))
        }
        try expectRefusal("missing CA", Self.key, clients, says: "client_ca") {
            try FileManager.default.removeItem(atPath: "\($0.folder)/ca.pem")
        }
        for ciphers in ["NONSENSE", "RC4-MD5", "ALL", "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0"] {
            try expectRefusal(
                "ciphers \(ciphers)", Self.key, "ciphers: \"\(ciphers)\"", says: "ciphers")
        }
        try expectRefusal(
            "tickets' keys of 79 bytes", Self.key, "tickets: { file: \"FOLDER/keys\" }",
            says: "tickets", "keys"
        ) {
            let text = Data(count: 79).base64EncodedString()
            try Authority.replace("\($0.folder)/keys", with: Data(text.utf8))
        }
    }
}

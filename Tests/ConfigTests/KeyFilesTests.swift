import Foundation
import Policy
import Testing

@testable import Config

struct KeyFilesTests {
    private static let fixtures = sourceRoot.appending(path: "Tests/Fixtures/jwt")

    /// A folder with copies of fixtures, and the settings of a configuration that names them.
    private final class Rotation {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(at: folder) }

        func put(_ fixture: String, at name: String) throws {
            let content = try Data(contentsOf: fixtures.appending(path: fixture))
            try content.write(to: folder.appending(path: name))
        }

        func settings(_ jwt: String) throws -> JWTSettings {
            let result = load(
                """
                listeners: { public: { bind: "127.0.0.1:8080" } }
                routes:
                  - name: all
                    auth: { jwt: { \(jwt.replacing("FOLDER", with: folder.path)) } }
                    respond: {}
                """)
            guard case .jwt(let settings)? = result.snapshot?.routes.first?.auth else {
                throw NoSettings(problems: result.problems.map(\.message))
            }
            return settings
        }
    }
    private struct NoSettings: Error { let problems: [String] }

    private func failure(_ settings: JWTSettings) -> String? {
        do throws(KeyFiles.Failure) {
            _ = try KeyFiles.reread(settings)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `keys of the configuration itself are none of a file`() throws {
        let rotation = try Rotation()
        let settings = try rotation.settings(
            "secret: \"\(String(repeating: "s", count: 40))\", algorithms: [HS256]")
        #expect(settings.source == .text && settings.source.files.isEmpty)
        #expect(try KeyFiles.reread(settings).keys.count == 1)
    }

    @Test func `a key file is read anew under the name it had`() throws {
        let rotation = try Rotation()
        try rotation.put("rsa.pem", at: "a.pem")
        try rotation.put("p256.pem", at: "b.pem")
        let settings = try rotation.settings(
            "keys: { a: FOLDER/a.pem, b: FOLDER/b.pem }, algorithms: [RS256, ES256]")
        #expect(settings.source.files.count == 2)
        try rotation.put("p256.pem", at: "a.pem")
        try rotation.put("rsa-next.pem", at: "b.pem")
        let fresh = try KeyFiles.reread(settings)
        #expect(fresh.keys.map(\.id) == ["a", "b"] && fresh.source == settings.source)
        #expect(fresh.keys[0].fits(.es256) && fresh.keys[1].fits(.rs256))
        #expect(fresh.algorithms == settings.algorithms)
    }

    @Test func `a set may hold other keys, and more of them`() throws {
        let rotation = try Rotation()
        try Data(#"{"keys":[]}"#.utf8).write(to: rotation.folder.appending(path: "set"))
        #expect(throws: NoSettings.self) {
            try rotation.settings("jwks: FOLDER/set, algorithms: [RS256]")
        }
        try rotation.put("jwks.json", at: "set")
        let settings = try rotation.settings("jwks: FOLDER/set, algorithms: [RS256, EdDSA]")
        #expect(settings.keys.count == 5)
        #expect(try KeyFiles.reread(settings).keys.count == 5)
    }

    @Test func `a file that would not be taken at loading is not taken later`() throws {
        let rotation = try Rotation()
        try rotation.put("rsa.pem", at: "key")
        let settings = try rotation.settings("public_key: FOLDER/key, algorithms: [RS256]")
        try rotation.put("rsa-1024.pem", at: "key")
        #expect(failure(settings)?.contains("1024 bits") == true)
        try rotation.put("p256.pem", at: "key")
        #expect(failure(settings) == "holds no key for RS256")
        try Data("-----BEGIN".utf8).write(to: rotation.folder.appending(path: "key"))
        #expect(failure(settings)?.contains("no public key") == true)
        try FileManager.default.removeItem(at: rotation.folder.appending(path: "key"))
        #expect(failure(settings)?.contains("does not exist") == true)
        try rotation.put("rsa-next.pem", at: "key")
        #expect(failure(settings) == nil)
    }
}

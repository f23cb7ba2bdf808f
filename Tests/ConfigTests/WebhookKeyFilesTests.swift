import Foundation
import Policy
import Testing

@testable import Config

struct WebhookKeyFilesTests {
    private static let fixtures = sourceRoot.appending(path: "Tests/Fixtures/webhooks")
    private static let first = "whsec_0f3c9a1d2b4e6f8a"
    private static let next = "whsec_1f3c9a1d2b4e6f8b"

    /// A folder with a file of a secret, and the settings of a configuration that names it.
    private final class Rotation {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

        init(_ content: String) throws { try put(content) }
        deinit { try? FileManager.default.removeItem(at: file) }

        func put(_ content: String) throws { try Data(content.utf8).write(to: file) }

        func settings(_ webhook: String, _ environment: [String: String] = [:]) throws
            -> WebhookSettings
        {
            let result = load(
                """
                listeners: { public: { bind: "127.0.0.1:8080" } }
                upstreams: { app: { servers: ["127.0.0.1:3000"] } }
                webhooks: { hook: { \(webhook.replacing("FILE", with: file.path)) } }
                routes: [ { name: app, webhook: hook, upstream: app } ]
                """, environment: environment)
            return try #require(result.snapshot?.webhooks.first, "\(result.problems)")
        }
    }

    private func failure(_ settings: WebhookSettings) -> KeyFiles.Failure? {
        do throws(KeyFiles.Failure) {
            _ = try KeyFiles.reread(settings, environment: [:])
            return nil
        } catch {
            return error
        }
    }

    /// What a webhook is verified with, as far as it can be seen: its tokens.
    private func tokens(_ settings: WebhookSettings) -> [String] {
        settings.keys.map { key in
            guard case .token(let secret) = key.material else { return "" }
            return String(decoding: secret.bytes, as: UTF8.self)
        }
    }

    @Test func `secrets are expanded anew as at loading`() throws {
        let rotation = try Rotation(Self.first + "\n")
        let environment = ["PREFIX": "x-"]
        let settings = try rotation.settings(
            """
            provider: generic, header: X-A, algorithm: token,
            secrets: ["${file:FILE}", "${PREFIX}${file:FILE}-${NO:-none}$${", "\(Self.first)"]
            """, environment)
        #expect(
            tokens(settings) == [Self.first, "x-\(Self.first)-none${", Self.first])
        try rotation.put(Self.next + "\r\n")
        let fresh = try KeyFiles.reread(settings, environment: environment)
        #expect(tokens(fresh) == [Self.next, "x-\(Self.next)-none${", Self.first])
        #expect(fresh.source == settings.source)
        #expect(fresh.name == settings.name && fresh.scheme == settings.scheme)
    }

    @Test func `secrets without a file stay as they are`() throws {
        let rotation = try Rotation("")
        let settings = try rotation.settings(
            "provider: generic, header: X-A, algorithm: token, secrets: [\"\(Self.first)\"]")
        #expect(try tokens(KeyFiles.reread(settings, environment: [:])) == [Self.first])
    }

    @Test func `what would not be taken at loading is not taken later`() throws {
        let rotation = try Rotation("whsec_MGYzYzlhMWQyYjRlNmY4YTBmM2M5YTFk")
        let settings = try rotation.settings("provider: standard, secrets: [\"${file:FILE}\"]")
        #expect(failure(settings) == nil)
        try rotation.put("whsec_%%%")
        #expect(failure(settings)?.reason == "holds a secret that is not base64 behind whsec_")
        #expect(failure(settings)?.file == rotation.file.path)
        try rotation.put("\n")
        #expect(failure(settings)?.reason == "makes an empty secret")
        try rotation.put(String(repeating: "a", count: 17 << 10))
        #expect(failure(settings)?.reason == "makes a secret longer than 16KiB")
        try FileManager.default.removeItem(at: rotation.file)
        #expect(failure(settings)?.reason.contains("does not exist") == true)
        try rotation.put("whsec_MGYzYzlhMWQyYjRlNmY4YTBmM2M5YTFk")
        #expect(failure(settings) == nil)
    }

    @Test func `a certificate is read anew`() throws {
        let certificate = try String(
            contentsOf: Self.fixtures.appending(path: "certificate.pem"), encoding: .utf8)
        let rotation = try Rotation(certificate)
        let settings = try rotation.settings(
            "provider: paypal, webhook_id: a, cert_file: FILE")
        try rotation.put(
            String(
                contentsOf: Self.fixtures.appending(path: "certificate-next.pem"), encoding: .utf8))
        #expect(try KeyFiles.reread(settings, environment: [:]).keys.count == 1)
        try rotation.put("-----BEGIN CERTIFICATE-----")
        #expect(failure(settings)?.reason == "is no certificate in PEM")
        #expect(failure(settings)?.file == rotation.file.path)
    }
}

import Foundation
import Testing

/// The description of the admin API is what the gateway does.
@Suite(.staged) struct OpenAPITests {
    private static let version = "4.32.5"

    /// Installs schemathesis where builds go, once.
    ///
    /// - Returns: `nil` on a machine that cannot get it.
    private static func schemathesis() throws -> String? {
        let folder = "\(Tree.root)/.build/tools/schemathesis-\(version)"
        let program = "\(folder)/bin/schemathesis"
        if FileManager.default.isExecutableFile(atPath: program) { return program }
        let made = try ChildProcess.run(["python3", "-m", "venv", folder])
        guard made.code == 0 else { return nil }
        let installed = try ChildProcess.run(
            [
                "\(folder)/bin/pip", "install", "-q", "schemathesis==\(version)",
            ], within: 300)
        return installed.code == 0 ? program : nil
    }

    @Test func `schemathesis finds no answer that is not described`() throws {
        guard let program = try Self.schemathesis() else {
            return print("schemathesis \(Self.version) is not to be had: nothing was compared")
        }
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            webhooks: { hook: { provider: stripe, secrets: ["0123456789abcdef-hook"] } }
            rate_limits: { one: { rate: 1000/s, key: client_ip } }
            routes:
              - { name: hook, match: { path: /hook }, webhook: hook, upstream: app }
              - { name: app, rate_limits: [one], upstream: app }
            """, apps: [app])
        // Streams do not end; what may stand in lists of clients no schema says.
        // In a folder of its own, as it leaves notes where it runs.
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try ChildProcess.run(
            [
                "/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder,
                program, "--config-file", "\(Tree.tests)/Apps/schemathesis.toml", "run",
                "\(Tree.root)/docs/openapi.yaml",
                "--url", "http://127.0.0.1:\(apus.adminPort)",
                "-H", "Authorization: Bearer \(Apus.token)", "--exclude-path", "/api/v1/events",
                "--exclude-checks", "positive_data_acceptance",
                "--max-examples", "60", "--seed", "20262", "--no-color",
            ], within: 300)
        #expect(run.code == 0, "\(run.output)")
        #expect(try apus.admin("/livez").status == 200)
    }
}

import Foundation
import Glibc
import Testing

/// A real browser without a window, which reaches the loopback interface and nothing else.
final class Chromium: Sendable {
    private let process: ChildProcess

    /// Opens a page.
    ///
    /// - Parameter control: Over which it is told what to do; without one the page does all by
    ///   itself.
    init(_ url: String, control: Descriptor? = nil) throws {
        guard let program = Self.program else { throw Unmet("no chromium: .ci/setup test") }
        let folder = try ChildProcess.newFolder()
        process = try ChildProcess(
            // It leaves files in its home, and in the folder for temporary ones.
            ["env", "HOME=\(folder)", "TMPDIR=\(folder)", program] + Self.flags
                + [control == nil ? "--remote-debugging-port=0" : "--remote-debugging-pipe"]
                + ["--user-data-dir=\(folder)/profile", url], in: folder, third: control)
    }

    deinit {
        // In good order first, so that its own children end with it.
        process.kill(SIGTERM)
        _ = try? process.waitForEnd(within: 10)
        process.kill(SIGKILL)
        // Which they do a moment later, and may have written something meanwhile.
        let folder = process.folder
        _ = try? eventually("nobody writes any more", within: 5) { () -> Bool? in
            try? FileManager.default.removeItem(atPath: folder)
            return FileManager.default.fileExists(atPath: folder) ? nil : true
        }
    }

    /// What it said, for those who wait in vain.
    var complaint: String { String(process.output("stderr").suffix(2000)) }
    var hasEnded: Bool { process.exitCode != nil }

    private static let flags = [
        "--headless", "--no-first-run", "--no-default-browser-check",
        "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad",
        // Pages of our own; the sandbox would need a user beside root, or user namespaces.
        "--no-sandbox",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-default-apps", "--disable-extensions", "--no-proxy-server",
        "--disable-features=HttpsUpgrades,LocalNetworkAccessChecks,OptimizationHints,MediaRouter",
        "--host-resolver-rules=MAP *.test 127.0.0.1,MAP *.localhost 127.0.0.1,MAP * ~NOTFOUND",
    ]

    private static let program: String? = ["chromium", "chromium-browser", "google-chrome"].first {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        let name = $0
        return path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    /// Whether tests are to be run that need it: continuous integration must have it.
    static var isWanted: Bool { program != nil || ProcessInfo.processInfo.environment["CI"] != nil }
}

import Foundation

/// `Apps/receivers.py`: a collector of spans and an endpoint for error reports, made of others'
/// decoders.
final class Receivers: Sendable {
    let port: UInt16
    private let process: ChildProcess

    struct Span: Decodable, Sendable {
        let resource: [String: String]
        let scope: String
        let trace: String
        let id: String
        let parent: String
        let name: String
        let kind: Int
        let start: UInt64
        let end: UInt64
        let status: Int
        let attributes: [String: String]

        var isServer: Bool { kind == 2 }
    }

    struct Report: Decodable, Sendable {
        let path: String
        let auth: String
        let type: String
        let event: String
        let items: [String]
    }

    struct Batch: Decodable, Sendable {
        let spans: Int
        let bytes: Int
    }

    struct Seen: Decodable, Sendable {
        let spans: [Span]
        let reports: [Report]
        let batches: [Batch]
        /// What the decoders had against anything.
        let faults: [String]

        var servers: [Span] { spans.filter(\.isServer) }
        var clients: [Span] { spans.filter { !$0.isServer } }
    }

    private static let packages = ["opentelemetry-proto==1.45.2", "sentry-sdk==2.75.0"]

    /// - Returns: `nil` on a machine that cannot get the decoders.
    static func make() throws -> Receivers? {
        guard let python = try interpreter() else {
            print("the decoders are not to be had: nothing was received")
            return nil
        }
        return try Receivers(python)
    }

    /// Installs the decoders where builds go, once.
    private static func interpreter() throws -> String? {
        try lock.withLock {
            let folder = "\(Tree.root)/.build/tools/receivers-1"
            let python = "\(folder)/bin/python"
            let mark = "\(folder)/complete"
            if FileManager.default.fileExists(atPath: mark) { return python }
            guard try ChildProcess.run(["python3", "-m", "venv", folder]).code == 0 else {
                return nil
            }
            let call = ["\(folder)/bin/pip", "install", "-q"] + packages
            guard try ChildProcess.run(call, within: 300).code == 0 else { return nil }
            try "".write(toFile: mark, atomically: true, encoding: .utf8)
            return python
        }
    }

    private static let lock = NSLock()

    private init(_ python: String) throws {
        let process = try ChildProcess([python, "\(Tree.tests)/Apps/receivers.py"])
        self.process = process
        port = try eventually("receivers.py says its port", within: 60) {
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            let text = process.output()
            return text.hasSuffix("\n") ? UInt16(text.dropLast()) : nil
        }
    }

    /// The sections of a configuration that has everything told here.
    func sections(ratio: String = "1.0") -> String {
        """
        otlp: { endpoint: "http://127.0.0.1:\(port)", ratio: \(ratio) }
        errors: { sentry_dsn: "http://abc123@127.0.0.1:\(port)/pre/7" }
        """
    }

    /// All that came, as text.
    func text() throws -> String {
        try Wire(to: .ip4(port)).ask("GET /seen HTTP/1.1\r\nHost: a\r\n\r\n").text
    }

    func seen() throws -> Seen {
        try JSONDecoder().decode(Seen.self, from: Data(text().utf8))
    }

    /// Has the next requests answered so: members of a JSON object each.
    func behave(_ answers: String...) throws {
        let body = "[\(answers.map { "{\($0)}" }.joined(separator: ","))]"
        _ = try Wire(to: .ip4(port)).ask(
            "POST /behave HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

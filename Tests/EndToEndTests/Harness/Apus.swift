import Foundation
import Glibc
import Synchronization
import Testing

/// A running gateway: the release binary with a configuration, on ports of its own.
final class Apus: Sendable {
    let port: UInt16
    let adminPort: UInt16
    let process: ChildProcess
    private let log = Mutex(LogReading())
    private let hasServed = Door()
    /// Apps that live as long as their gateway.
    private let apps: [any Sendable]

    /// - Parameters:
    ///   - configuration: The sections that the test is about; what it leaves out is filled in.
    ///   - descriptorsMax: As `ulimit -n` says it.
    ///   - environment: Variables beside those that all have.
    init(
        _ configuration: String, descriptorsMax: Int? = nil, environment: [String: String] = [:],
        apps: [any Sendable] = []
    ) throws {
        self.apps = apps
        port = try Ports.free()
        adminPort = try Ports.free()
        let text = Self.complete(configuration, port: port, adminPort: adminPort)
        let folder = try ChildProcess.newFolder()
        let own = [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"]
        let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
        let call = variables.isEmpty ? own : ["/usr/bin/env"] + variables + own
        let limited = descriptorsMax.map {
            ["/bin/sh", "-c", "ulimit -n \($0); exec \"$@\"", "sh"] + call
        }
        process = try ChildProcess(
            limited ?? call, files: ["apus.yaml": text], in: folder)
        try waitUntilServing()
    }

    /// One upstream behind one route.
    convenience init(to servers: Origin..., with more: String = "") throws {
        let list = servers.map { "\"\($0.address)\"" }.joined(separator: ", ")
        try self.init(
            """
            upstreams: { app: { servers: [\(list)] } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            \(more)
            """, apps: servers)
    }

    deinit {
        if hasServed.isPassable, let code = process.exitCode, code != 0 {
            Issue.record("the gateway had ended with \(code): \(process.output("stderr"))")
        }
    }

    private static func complete(_ text: String, port: UInt16, adminPort: UInt16) -> String {
        var lines = [text]
        func add(_ section: String, _ line: String) {
            let isThere = text.split(separator: "\n").contains { $0.hasPrefix("\(section):") }
            if !isThere { lines.append("\(section): \(line)") }
        }
        add("environment", "development")
        add("server", "{ workers: 1, drain_timeout: 20s }")
        add("listeners", "{ public: { bind: \"127.0.0.1:\(port)\" } }")
        add("admin", "{ bind: \"127.0.0.1:\(adminPort)\", \(Self.tokenLine) }")
        return lines.joined(separator: "\n")
            .replacingOccurrences(of: "ADMIN_PORT", with: "\(adminPort)")
            .replacingOccurrences(of: "PORT", with: "\(port)")
            + "\n"
    }

    /// Writes another configuration where the gateway has its own, filled in likewise.
    func rewrite(_ configuration: String) throws {
        let text = Self.complete(configuration, port: port, adminPort: adminPort)
        try text.write(
            toFile: "\(process.folder)/apus.yaml", atomically: true, encoding: .utf8)
    }

    private func waitUntilServing() throws {
        try eventually("the gateway serves") {
            if let code = process.exitCode {
                throw Unmet("ended with \(code): \(process.output("stderr"))")
            }
            return try !lines("startup").isEmpty
        }
        hasServed.open()
    }

    // MARK: Talking to it

    func connect() throws -> Wire { try Wire(to: .ip4(port)) }

    /// Sends a request on a connection of its own, and reads the response.
    func ask(_ request: String) throws -> Message { try connect().ask(request) }

    // MARK: Ending it

    func signal(_ number: Int32) { process.kill(number) }

    /// Ends it as an operator would.
    ///
    /// - Returns: The exit code.
    @discardableResult
    func terminate(within seconds: Double = 30) throws -> Int32 {
        signal(SIGTERM)
        return try process.waitForEnd(within: seconds)
    }

    // MARK: Its log

    /// All log lines of an event so far.
    func lines(_ event: String) throws -> [LogLine] {
        try log.withLock { log in
            try log.readOn("\(process.folder)/stdout")
            return log.lines.filter { $0.event == event }
        }
    }

    /// The access lines of a path, once there are as many as asked for.
    func accessLines(of path: String?, count: Int = 1) throws -> [LogLine] {
        try eventually("\(count) access lines of \(path ?? "no path")") {
            let lines = try lines("request").filter { $0.path == path }
            return lines.count >= count ? lines : nil
        }
    }

    func accessLine(of path: String?) throws -> LogLine { try accessLines(of: path)[0] }

    // MARK: Its metrics

    func metrics() throws -> Metrics { try Metrics(admin("/metrics").text) }

    /// - Parameter fields: Lines, each with its end.
    func admin(
        _ path: String, method: String = "GET", _ fields: String = ""
    ) throws -> Message {
        try Wire(to: .ip4(adminPort)).ask(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
    }

    /// Asks the admin listener as an operator with a token does, unless `fields` say otherwise.
    func operate(
        _ method: String, _ path: String, _ body: String = "",
        fields: String = "Authorization: Bearer \(Apus.token)\r\n", host: String = "localhost"
    ) throws -> Message {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        let type = body.isEmpty ? "" : "Content-Type: application/json\r\n"
        return try Wire(to: .ip4(adminPort)).ask(
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\(length)\(type)\r\n\(body)")
    }

    /// What whoever changes something shows, where a configuration says ``tokenLine``.
    static let token = "c0ffee-for-the-operators"
    static let tokenLine = "token: \"\(token)\""

    /// Waits until a metric says what it should: counts follow the answer by a moment.
    func expect(_ metric: String, is value: Double) throws {
        try eventually("\(metric) is \(value), not \(try metrics()[metric] ?? .nan)") {
            try metrics()[metric] == value
        }
    }

    /// Resident memory in KiB.
    func residentKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let value = line?.split(whereSeparator: { $0 == " " || $0 == "\t" })[1] else {
            throw Unmet("no VmRSS")
        }
        return Int(value) ?? 0
    }
}

/// The binary under test.
enum Binary {
    static func path() throws -> String {
        let path =
            ProcessInfo.processInfo.environment["APUS_BINARY"] ?? Tree.root + "/.build/release/apus"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Unmet("\(path) is missing: make build")
        }
        return path
    }
}

/// Where the tests' own files are.
enum Tree {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let root = URL(filePath: tests).deletingLastPathComponent().deletingLastPathComponent()
        .path

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(tests)/\(path)", encoding: .utf8)
    }

    static func project(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }
}

import Foundation
import Glibc
import Synchronization
import Testing

/// Whatever clients send, the log is valid, complete, and shows none of their secrets.
///
/// `APUS_HOSTILE_REQUESTS` says how many requests are sent in each format; 200,000 are for a
/// release.
@Suite(.staged) struct HostileLinesTests {
    @Test(arguments: ["json", "ecs", "logfmt", "text"])
    func `fifty kinds of secrets come into no line, and no line is lost`(_ format: String) throws {
        let count =
            ProcessInfo.processInfo.environment["APUS_HOSTILE_REQUESTS"].flatMap { Int($0) }
            ?? 2_000
        #expect(PlantedSecrets.kindCount >= 50)
        let apus = try HostileGateway(format: format)
        let clients = 4
        let failures = Notes<String>()
        let open = Counter()
        open.increment(by: clients)
        for client in 0..<clients {
            Thread {
                do {
                    try self.send(count / clients, as: client, to: apus.port)
                } catch {
                    failures.add("\(error)")
                }
                open.increment(by: -1)
            }.start()
        }
        try eventually("all is sent", within: 1200) { open.value == 0 }
        #expect(failures.all == [])
        let sent = count / clients * clients
        try eventually("all is counted") {
            try apus.metrics().sum("apus_http_requests_total") >= Double(sent)
        }
        let metrics = try apus.metrics()
        #expect(metrics.sum("apus_http_requests_total") == Double(sent))
        try apus.end()
        let log = try apus.log()
        let requests = try log.map { try apus.isRequest($0) }.count { $0 }
        let left = metrics.sum("apus_log_lines_sampled_total")
        #expect(left > 0)
        #expect(metrics.sum("apus_log_lines_dropped_total") == 0)
        #expect(Double(requests) + left == Double(sent))
        for line in log where line.contains(PlantedSecrets.mark) {
            Issue.record("a secret is shown: \(line)")
        }
    }

    /// Sends one request after the other, each of the next kind.
    private func send(_ count: Int, as client: Int, to port: UInt16) throws {
        var secrets = PlantedSecrets(seed: UInt64(client))
        var wire = try Wire(to: .ip4(port))
        for number in 0..<count {
            let planted = secrets.next((number * 4 + client) % PlantedSecrets.kindCount)
            try wire.send(planted.text)
            let answer = try wire.answer()
            if planted.endsConnection || answer.ends { wire = try Wire(to: .ip4(port)) }
        }
    }
}

extension Wire {
    /// Reads one answer; whether the connection ends with it.
    fileprivate func answer() throws -> (status: Int, ends: Bool) {
        let head = try read(through: "\r\n\r\n").lowercased()
        let lines = head.split(separator: "\r\n")
        let length = lines.first { $0.hasPrefix("content-length:") }?.split(separator: " ").last
        _ = try read(count: length.flatMap { Int($0) } ?? 0)
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        if status == 100 { return try answer() }
        return (status, lines.contains("connection: close"))
    }
}

/// A gateway with everything that can refuse a request, and a log in some format.
private struct HostileGateway {
    let port: UInt16
    private let adminPort: UInt16
    private let child: ChildProcess
    private let format: String

    init(format: String) throws {
        self.format = format
        port = try Ports.free()
        adminPort = try Ports.free()
        let digest = String(repeating: "0", count: 64)
        let text = """
            environment: development
            server: { workers: 2 }
            listeners: { public: { bind: "127.0.0.1:\(port)" } }
            admin: { bind: "127.0.0.1:\(adminPort)" }
            log: { format: \(format), sample_success: 0.5, redact_query: [customer_id] }
            cors: { app: { origins: ["https://app.example"], enforce_origin: on } }
            rate_limits: { few: { rate: 1/h, key: "header:X-Limited" } }
            webhooks: { stripe: { provider: stripe, secrets: [whsec_0f3c9a1d2b4e6f8a] } }
            upstreams: { app: { servers: ["127.0.0.1:1"] } }
            routes:
              - { name: keys, match: { path: /keys }, respond: { status: 200 },
                  auth: { api_keys: { ops: "sha256:\(digest)" } } }
              - { name: bearer, match: { path: /bearer }, auth: { bearer: f3c9a1d2b4e6f8a0 },
                  respond: { status: 200 } }
              - { name: token, match: { path: /token }, respond: { status: 200 },
                  auth: { jwt: { secret: f3c9a1d2b4e6f8a0f3c9a1d2b4e6f8a0, algorithms: [HS256] } } }
              - { name: cors, match: { path: /cors }, cors: app, respond: { status: 200 } }
              - { name: limited, match: { path: /limited }, rate_limits: [few],
                  respond: { status: 200 } }
              - { name: hook, match: { path: /hook }, webhook: stripe, upstream: app }
              - { name: dead, match: { path: /dead }, upstream: app }
              - { name: app, match: { path: "/*" }, respond: { status: 200, body: hello } }

            """
        let folder = try ChildProcess.newFolder()
        child = try ChildProcess(
            [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"],
            files: ["apus.yaml": text], in: folder)
        let child = child
        let port = port
        try eventually("it serves") {
            if let code = child.exitCode {
                throw Unmet("ended with \(code): \(child.output("stderr"))")
            }
            return (try? Wire(to: .ip4(port))) != nil
        }
    }

    func metrics() throws -> Metrics {
        let wire = try Wire(to: .ip4(adminPort))
        return try Metrics(wire.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").text)
    }

    func end() throws {
        child.kill(SIGTERM)
        #expect(try child.waitForEnd() == 0)
        #expect(child.output("stderr") == "")
    }

    /// The lines of the log, each of which ends; only then can the next begin.
    func log() throws -> [String] {
        let text = child.output()
        #expect(text.hasSuffix("\n"))
        return text.split(separator: "\n").map(String.init)
    }

    /// Whether a line is that of a request.
    ///
    /// - Throws: If it is no line of this format.
    func isRequest(_ line: String) throws -> Bool {
        switch format {
        case "json", "ecs":
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let name = format == "json" ? "event" : "event.action"
            guard let event = object?[name] as? String else { throw Unmet("no event: \(line)") }
            return event == "request"
        case "logfmt":
            guard line.hasPrefix("time="), line.contains(" level=") else { throw Unmet(line) }
            return line.contains(" event=request ")
        default:
            guard line.contains(#/^[0-9:.]{12} (INFO|WARN|ERROR) /#) else { throw Unmet(line) }
            return line.contains(" request_id=") && line.contains(" outcome=")
        }
    }
}

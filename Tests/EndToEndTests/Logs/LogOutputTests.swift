import Foundation
import Glibc
import Synchronization
import Testing

/// Outputs that are moved, or stop, under load.
///
/// `APUS_LOG_SECONDS` says how long each part of a load lasts; 10 seconds are for a release.
@Suite(.staged) struct LogOutputTests {
    private let seconds =
        ProcessInfo.processInfo.environment["APUS_LOG_SECONDS"].flatMap { Double($0) } ?? 1.5

    @Test(arguments: ["json", "logfmt"])
    func `twelve reopenings under load lose, cut and repeat nothing`(_ format: String) throws {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/apus.log"
        let gateway = try LoggedGateway("log: { output: \"\(path)\", format: \(format) }")
        let port = gateway.port
        let load = Load(clients: 4, pause: 0) { client, number in
            (port, 0, get("/c\(client)n\(number)"))
        }
        for number in 1...12 {
            pass(seconds: seconds / 12)
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).\(number)")
            gateway.child.kill(SIGUSR1)
            try eventually("the file is there again") {
                FileManager.default.fileExists(atPath: path)
            }
        }
        let samples = try load.end()
        #expect(samples.allSatisfy { $0.status == 200 })
        gateway.child.kill(SIGTERM)
        #expect(try gateway.child.waitForEnd() == 0)
        var paths: [String] = []
        let key = format == "json" ? "\"path\":\"" : " path="
        for name in [path] + (1...12).map({ "\(path).\($0)" }) {
            let text = try String(contentsOfFile: name, encoding: .utf8)
            #expect(text.isEmpty || text.hasSuffix("\n"))
            for line in text.split(separator: "\n") {
                #expect(format == "logfmt" || isJSON(line))
                guard let start = line.firstRange(of: key)?.upperBound else { continue }
                paths.append(String(line[start...].prefix { $0 != "\"" && $0 != " " }))
            }
        }
        #expect(paths.count == samples.count)
        #expect(Set(paths).count == paths.count)
    }

    @Test func `a reader that stops costs lines, which are counted, and neither time nor memory`()
        throws
    {
        let gateway = try LoggedGateway("log: { output: stdout }", isPiped: true)
        let port = gateway.port
        let reader = try #require(gateway.reader)
        let load = Load(clients: 4, pause: 0) { _, _ in (port, 0, get("/x")) }
        pass(seconds: seconds)
        let stop = uptime()
        reader.pause()
        pass(seconds: seconds)
        // Where much else runs it takes a while to fill what is between.
        try eventually("lines are dropped", within: 120) {
            try gateway.metrics().sum("apus_log_lines_dropped_total") > 0
        }
        let goOn = uptime()
        let before = try gateway.residentKiB()
        pass(seconds: seconds)
        let after = try gateway.residentKiB()
        let end = uptime()
        reader.goOn()
        pass(seconds: seconds / 2)
        let samples = try load.end()
        #expect(samples.allSatisfy { $0.status == 200 })
        let whileRead = Double(samples.count { $0.ended < stop && $0.ended > stop - seconds })
        let whileStopped = Double(samples.count { $0.ended > goOn && $0.ended < end })
        let share = whileStopped / (end - goOn) / (whileRead / seconds)
        print("with the log's reader stopped: \(share) of before, \(after - before) KiB more")
        // Other tests run beside a short one; a long one is run alone.
        #expect(share >= (seconds >= 5 ? 0.95 : 0.5), "\(whileRead) and \(whileStopped) answers")
        #expect(after - before < 2048, "KiB")
        try eventually("all is counted") {
            try gateway.metrics().sum("apus_http_requests_total") >= Double(samples.count)
        }
        // The next line after the output takes lines again says what was lost.
        try eventually("the drops are told", within: 90) {
            reader.text.contains("log lines were dropped")
        }
        let metrics = try gateway.metrics()
        gateway.child.kill(SIGTERM)
        #expect(try gateway.child.waitForEnd() == 0)
        let lines = try reader.wholeText().split(separator: "\n")
        #expect(lines.allSatisfy(isJSON))
        let dropped = Int(metrics.sum("apus_log_lines_dropped_total"))
        #expect(dropped > 0)
        #expect(lines.count { $0.contains("\"event\":\"request\"") } + dropped == samples.count)
        let told = lines.reduce(0) { sum, line in
            sum + (line.firstMatch(of: /"dropped":([0-9]+)/).flatMap { Int($0.1) } ?? 0)
        }
        #expect(told == dropped)
    }

    @Test func `an audit file chains what happens, over runs, and the binary verifies it`() throws {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/audit.log"
        for _ in 1...2 {
            let gateway = try LoggedGateway("audit: { output: \"\(path)\" }")
            gateway.child.kill(SIGUSR1)
            try eventually("it is logged") { gateway.child.output().contains("log reopened") }
            gateway.child.kill(SIGTERM)
            #expect(try gateway.child.waitForEnd() == 0)
            #expect(!gateway.child.output().contains("\"audit\""))
        }
        let verify = try ChildProcess([try Binary.path(), "audit", "verify", path])
        #expect(try verify.waitForEnd() == 0)
        #expect(
            verify.output().hasPrefix("6 audit lines in order, of 6 lines read\nnumbers 1 to 6\n"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("reopen", with: "nothing", maxReplacements: 1)
            .write(toFile: path, atomically: true, encoding: .utf8)
        let again = try ChildProcess([try Binary.path(), "audit", "verify", path])
        #expect(try again.waitForEnd() == 1)
        #expect(again.output().hasSuffix("\(path):2: broken: the line is not what was written\n"))
    }

    private func isJSON(_ line: Substring) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil
    }
}

/// A gateway that answers by itself, and logs somewhere.
private struct LoggedGateway {
    let child: ChildProcess
    let port: UInt16
    private let adminPort: UInt16
    /// Of its standard output, if that is a pipe.
    let reader: StoppableReader?

    init(_ sections: String, isPiped: Bool = false) throws {
        port = try Ports.free()
        adminPort = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let text = """
            environment: development
            server: { workers: 2 }
            listeners: { public: { bind: "127.0.0.1:\(port)" } }
            admin: { bind: "127.0.0.1:\(adminPort)" }
            routes: [ { name: a, match: { path: "/*" }, respond: { status: 200 } } ]
            \(sections)

            """
        var call = [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"]
        if isPiped {
            #expect(unsafe mkfifo("\(folder)/pipe", 0o600) == 0)
            call = ["/bin/sh", "-c", "exec \"$@\" > \(folder)/pipe", "sh"] + call
        }
        child = try ChildProcess(call, files: ["apus.yaml": text], in: folder)
        reader = isPiped ? try StoppableReader("\(folder)/pipe") : nil
        let port = port
        try eventually("it serves") { (try? Wire(to: .ip4(port))) != nil }
    }

    func metrics() throws -> Metrics {
        let wire = try Wire(to: .ip4(adminPort))
        return try Metrics(wire.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").text)
    }

    func residentKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap {
            Int($0)
        }
            ?? 0
    }
}

/// Reads a pipe on a thread of its own, and stops when told.
private final class StoppableReader: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let isPaused = Atomic(false)
    private let ended = Door()

    init(_ path: String) throws {
        let pipe = unsafe open(path, O_RDONLY)
        guard pipe >= 0 else { throw Unmet("cannot open the pipe: errno \(errno)") }
        Thread { [self] in
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                if isPaused.load(ordering: .sequentiallyConsistent) {
                    _ = poll(nil, 0, 5)
                    continue
                }
                let count = unsafe read(pipe, &part, part.count)
                if count <= 0 { break }
                bytes.withLock { $0 += part[..<count] }
            }
            close(pipe)
            ended.open()
        }.start()
    }

    func pause() { isPaused.store(true, ordering: .sequentiallyConsistent) }

    func goOn() { isPaused.store(false, ordering: .sequentiallyConsistent) }

    /// What has come so far.
    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    /// All that came, once the writer has gone.
    func wholeText() throws -> String {
        try eventually("the pipe ends") { ended.isPassable }
        return text
    }
}

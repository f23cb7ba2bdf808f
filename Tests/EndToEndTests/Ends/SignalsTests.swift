import Foundation
import Glibc
import Testing

@Suite(.staged) struct SignalsTests {
    @Test func `a log file that was moved away is begun anew`() throws {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/apus.log"
        let process = try start(output: path)
        let port = process.port
        #expect(try Wire(to: .ip4(port)).ask(get("/before")).status == 200)
        try eventually("the first line is there") { text(path).contains("/before") }
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).1")
        process.child.kill(SIGUSR1)
        try eventually("the file is there again") { FileManager.default.fileExists(atPath: path) }
        #expect(try Wire(to: .ip4(port)).ask(get("/after")).status == 200)
        try eventually("the second line is there") { text(path).contains("/after") }
        #expect(!text("\(path).1").contains("/after"))
        #expect(!text(path).contains("/before"))
        process.child.kill(SIGTERM)
        #expect(try process.child.waitForEnd() == 0)
        #expect(text(path).contains("\"ended\""))
    }

    private func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    /// A gateway that logs to a file.
    private func start(output: String) throws -> (child: ChildProcess, port: UInt16) {
        let port = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let text = """
            environment: development
            listeners: { public: { bind: "127.0.0.1:\(port)" } }
            log: { output: "\(output)" }
            routes: [ { name: a, match: { path: /* }, respond: { status: 200 } } ]
            """
        let child = try ChildProcess(
            [try Binary.path(), "run", "--config", "\(folder)/apus.yaml"],
            files: ["apus.yaml": text + "\n"], in: folder)
        try eventually("it serves") { (try? Wire(to: .ip4(port))) != nil }
        return (child, port)
    }

    @Test(arguments: [SIGHUP, SIGPIPE, SIGUSR1])
    func `other signals harm nothing`(signal: Int32) throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        #expect(try wire.ask(get("/")).status == 200)
        for _ in 1...3 { apus.signal(signal) }
        if signal == SIGHUP {
            try eventually("it is logged") { try !apus.lines("reload").isEmpty }
        }
        #expect(try wire.ask(get("/")).status == 200)
        #expect(try apus.ask(get("/")).status == 200)
        #expect(try apus.terminate() == 0)
    }

    @Test func `a log that nobody reads any more does not end the process`() throws {
        // Its output is a pipe whose reader is gone: writing raises PIPE and fails.
        let port = try Ports.free()
        let folder = try ChildProcess.newFolder()
        let text = """
            environment: development
            listeners: { public: { bind: "127.0.0.1:\(port)" } }
            routes: [ { name: a, match: { path: /* }, respond: { status: 200 } } ]
            """
        let call = "exec \(try Binary.path()) run --config \(folder)/apus.yaml"
        let child = try ChildProcess(
            ["/bin/bash", "-c", "\(call) > >(exec head -c 1 >/dev/null)"],
            files: ["apus.yaml": text + "\n"], in: folder)
        try eventually("it serves") { (try? Wire(to: .ip4(port))) != nil }
        for _ in 1...20 { #expect(try Wire(to: .ip4(port)).ask(get("/")).status == 200) }
        child.kill(SIGTERM)
        #expect(try child.waitForEnd() == 0)
    }
}

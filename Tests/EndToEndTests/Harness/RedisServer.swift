import Foundation
import Glibc
import Synchronization

/// A real redis-server that keeps nothing, on a port of its own.
final class RedisServer: Sendable {
    let port: UInt16
    private let process: Mutex<ChildProcess>
    private let arguments: [String]

    /// - Parameter more: Further arguments.
    init(_ more: [String] = []) throws {
        port = try Ports.free()
        arguments = [
            "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--enable-debug-command", "yes",
        ]
        process = Mutex(try Self.start(arguments + more, port))
    }

    private static func start(_ arguments: [String], _ port: UInt16) throws -> ChildProcess {
        let folder = try ChildProcess.newFolder()
        let process = try ChildProcess(arguments + ["--dir", folder], in: folder)
        try eventually("redis-server serves") {
            if process.exitCode != nil { throw Unmet(process.output()) }
            return (try? Wire(to: .ip4(port)).redis(["PING"])) == .text("PONG")
        }
        return process
    }

    var address: String { "127.0.0.1:\(port)" }

    func signal(_ number: Int32) { process.withLock { $0.kill(number) } }

    /// Ends it without a word.
    func kill() throws {
        try process.withLock { process in
            process.kill(SIGKILL)
            try process.waitForEnd()
        }
    }

    /// Starts it again, empty, where it was.
    func restart() throws {
        try process.withLock { $0 = try Self.start(arguments, port) }
    }

    /// Sends a command on a connection of its own.
    @discardableResult
    func ask(_ words: String...) throws -> RedisReply {
        try Wire(to: .ip4(port)).redis(words)
    }

    /// How many connections there are of which `CLIENT LIST` says that.
    func connections(with text: String) throws -> Int {
        guard case .text(let list) = try ask("CLIENT", "LIST") else { return 0 }
        return list.split(separator: "\n").filter { $0.contains(text) }.count
    }

    /// How many connections of gateways it has.
    func connectionCount() throws -> Int { try connections(with: "name=apus") }

    /// Whether nothing waits to be sent to anybody.
    func hasSentAll() throws -> Bool {
        try connections(with: " fd=") == connections(with: " obl=0 oll=0 ")
    }

    /// All its keys.
    func keys() throws -> [String] {
        guard case .list(let list) = try ask("KEYS", "*") else { return [] }
        return list.compactMap { if case .text(let text) = $0 { text } else { nil } }.sorted()
    }
}

/// What a Redis server answers.
enum RedisReply: Equatable, Sendable {
    case text(String)
    case number(Int)
    case error(String)
    case list([RedisReply])
    case nothing
}

extension Wire {
    /// Sends a command and reads its answer.
    func redis(_ words: [String]) throws -> RedisReply {
        let parts = words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }
        try send("*\(words.count)\r\n\(parts.joined())")
        return try redisReply()
    }

    private func redisReply() throws -> RedisReply {
        let line = String(try read(through: "\r\n").dropLast())
        let rest = String(line.dropFirst())
        switch line.first {
        case "+": return .text(rest)
        case "-": return .error(rest)
        case ":": return .number(Int(rest) ?? 0)
        case "$":
            guard let count = Int(rest), count >= 0 else { return .nothing }
            return .text(latin(try read(count: count + 2).dropLast(2)))
        case "*":
            guard let count = Int(rest), count >= 0 else { return .nothing }
            return .list(try (0..<count).map { _ in try redisReply() })
        default: throw Unmet("\"\(line)\" is no answer of Redis")
        }
    }
}

/// `Apps/faults.py` before a Redis server: goes wrong as it is told.
final class FaultyRedis: Sendable {
    let port: UInt16
    private let process: ChildProcess
    private let control: Wire

    init(before server: RedisServer) throws {
        let process = try ChildProcess(
            ["python3", "\(Tree.tests)/Apps/faults.py", "\(server.port)"])
        self.process = process
        let ports = try eventually("faults.py says its ports", within: 60) { () -> [UInt16]? in
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            let text = process.output()
            return text.hasSuffix("\n")
                ? text.dropLast().split(separator: " ").compactMap { UInt16($0) } : nil
        }
        port = ports[0]
        control = try Wire(to: .ip4(ports[1]))
    }

    var address: String { "127.0.0.1:\(port)" }

    /// Goes wrong so from now on; `none` ends it.
    func begin(_ fault: String) throws {
        try control.send("\(fault)\n")
        try control.read(through: "\n")
    }
}

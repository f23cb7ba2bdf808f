import Foundation
import Glibc
import Testing

/// `Fixtures/tls/failing.c`: has the nth call of OpenSSL fail in a program that is started with it.
final class Failing: Sendable {
    /// What fails.
    enum Kind: String, Sendable {
        /// Calls that the program makes.
        case calls
        /// Allocations that OpenSSL makes.
        case memory
    }

    /// What has come of an order.
    struct Account {
        /// Calls since then.
        let calls: Int
        /// Of these, the ones that failed.
        let failed: Int
        /// Sessions of TLS that live.
        let sessions: Int
        /// The function that failed last, or the place of the allocation.
        let name: String
    }

    /// What a program has to have in its environment.
    let environment: [String: String]
    private let file: Int32
    private let folder: String

    private static let fieldBytes = 8
    private static let byteCount = 5 * fieldBytes + 64

    private static let library = Result {
        let path = try ChildProcess.newFolder() + "/failing.so"
        let source = "\(Tree.root)/Tests/Fixtures/tls/failing.c"
        let (code, output) = try ChildProcess.run(
            ["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", path, source, "-lcrypto", "-ldl"])
        guard code == 0 else { throw Unmet("failing.c does not compile: \(output)") }
        return path
    }

    init(_ kind: Kind = .calls) throws {
        folder = try ChildProcess.newFolder()
        let path = "\(folder)/order"
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0, ftruncate(file, Self.byteCount) == 0 else { throw Unmet("no \(path)") }
        environment = [
            "LD_PRELOAD": try Self.library.get(), "FAILING_FILE": path,
            "FAILING_KIND": kind.rawValue,
        ]
    }

    deinit {
        close(file)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Counts from 0 on again.
    ///
    /// - Parameters:
    ///   - first: The number of the call that fails, from 1; `nil` to have none fail.
    ///   - count: How many fail from there on.
    func order(_ first: Int?, count: Int = 1) {
        let fields = [0, first ?? 0, count, 0]
        unsafe fields.withUnsafeBytes { _ = unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
    }

    var account: Account {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        unsafe bytes.withUnsafeMutableBytes {
            _ = unsafe pread(file, $0.baseAddress, $0.count, 0)
        }
        func field(_ index: Int) -> Int {
            let start = index * Self.fieldBytes
            return bytes[start..<start + Self.fieldBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let name = bytes[(5 * Self.fieldBytes)...].prefix { $0 != 0 }
        return Account(
            calls: field(0), failed: field(3), sessions: field(4),
            name: String(decoding: name, as: UTF8.self))
    }

    /// Which of so many calls a test has fail: a few of them, and all if APUS_FAILING says so.
    ///
    /// - Parameters:
    ///   - few: About how many.
    ///   - many: The same of "all", where these are too many.
    static func numbers(of calls: Int, few: Int, many: Int = .max) -> [Int] {
        let isWhole = ProcessInfo.processInfo.environment["APUS_FAILING"] == "all"
        let count = isWhole ? many : few
        return Array(stride(from: 1, through: calls, by: max(1, calls / count)))
    }
}

/// `Apps/tls_failing.py`: clients with and without certificates, and apps behind a gateway.
final class SecureWork {
    private struct Ports: Decodable {
        let resuming: UInt16, full: UInt16, foreign: UInt16, control: UInt16
    }

    private let process: ChildProcess
    private let ports: Ports
    private let control: Wire

    init() throws {
        let process = try ChildProcess(
            ["python3", "\(Tree.tests)/Apps/tls_failing.py", Authority.folder()])
        self.process = process
        ports = try eventually("tls_failing.py says its ports", within: 60) {
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            let text = process.output()
            guard text.hasSuffix("\n") else { return nil }
            return try JSONDecoder().decode(Ports.self, from: Data(text.utf8))
        }
        control = try Wire(to: .ip4(ports.control))
    }

    /// Upstreams and routes of a gateway between the clients and the apps.
    func routes() throws -> String {
        let folder = try Authority.folder()
        func upstream(_ port: UInt16) -> String {
            """
            servers: ["https://127.0.0.1:\(port)"]
                tls:
                  ca: "\(folder)/ca.pem"
                  client_cert: "\(folder)/client.pem"
                  client_key: "\(folder)/client.key"
                  server_name: app.example
                keepalive: { max: 0 }
            """
        }
        return """
            upstreams:
              full:
                \(upstream(ports.full))
              resumed:
                \(upstream(ports.resuming))
              foreign:
                \(upstream(ports.foreign))
            routes:
              - { name: foreign, match: { path: /foreign }, upstream: foreign }
              - { name: resumed, match: { path: /resumed }, upstream: resumed }
              - { name: full, match: { path: /* }, upstream: full }
            """
    }

    /// Has a client do something.
    ///
    /// - Parameter what: A version of TLS and what is done, such as `1.3 intruder`.
    /// - Returns: `served`, `refused STATUS`, `ended`, or `wrong: ` and what was.
    func play(_ what: String, on port: UInt16) throws -> String {
        try control.send("\(port) \(what)\n")
        return String(try control.read(through: "\n").dropLast())
    }
}

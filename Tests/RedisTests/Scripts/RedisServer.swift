import Foundation
import Glibc

/// Why a test cannot go on.
struct Unmet: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A redis-server of a test's own, on a socket in a folder that goes with it.
final class RedisServer {
    private let process = Process()
    private let output = Pipe()
    private let folder: String

    /// Starts it, with these options besides, and returns when it serves.
    init(_ options: [String] = []) throws {
        // Short: the path of a socket has little room, unix(7).
        folder = "/tmp/apus-redis-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "redis-server", "--port", "0", "--unixsocket", "\(folder)/s", "--dir", folder,
            "--save", "", "--appendonly", "no", "--daemonize", "no",
        ]
        process.arguments? += options
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        var text = ""
        while !text.contains("ready to accept connections") {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { throw Unmet("redis-server does not serve: \(text)") }
            text += String(decoding: bytes, as: UTF8.self)
        }
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func connect() throws -> RedisConnection { try RedisConnection(path: "\(folder)/s") }
}

/// What a server answers.
enum Answer: Equatable {
    case integer(Int64)
    case text(String)
    case error(String)
    case array([Answer])
    case null

    /// The integers of a flat array of them.
    var integers: [Int64]? {
        guard case .array(let answers) = self else { return nil }
        let integers = answers.compactMap { answer -> Int64? in
            guard case .integer(let integer) = answer else { return nil }
            return integer
        }
        return integers.count == answers.count ? integers : nil
    }
}

/// A blocking connection that asks and waits, in as little of the protocol as that needs.
final class RedisConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var place = 0

    init(path: String) throws {
        let stream = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, stream, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let descriptor = descriptor
        let result = unsafe withUnsafePointer(to: &address) { place in
            unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size)
            }
        }
        guard result == 0 else { throw Unmet("cannot connect: errno \(errno)") }
    }

    deinit { _ = close(descriptor) }

    @discardableResult
    func ask(_ words: [String]) throws -> Answer {
        var request = "*\(words.count)\r\n"
        for word in words { request += "$\(word.utf8.count)\r\n\(word)\r\n" }
        try send(Array(request.utf8))
        received = []
        place = 0
        return try answer()
    }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Unmet("cannot write: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Bytes as they come.
    func receive() throws -> [UInt8] {
        received = []
        place = 0
        try read()
        return received
    }

    @discardableResult
    func ask(_ words: String...) throws -> Answer { try ask(words) }

    func answer() throws -> Answer {
        let line = try line()
        let number = Int(line.dropFirst()) ?? 0
        switch line.first {
        case ":": return .integer(Int64(number))
        case "+": return .text(String(line.dropFirst()))
        case "-": return .error(String(line.dropFirst()))
        case "$" where number < 0: return .null
        case "*" where number < 0: return .null
        case "$":
            while received.count < place + number + 2 { try read() }
            defer { place += number + 2 }
            return .text(String(decoding: received[place..<place + number], as: UTF8.self))
        case "*": return .array(try (0..<number).map { _ in try answer() })
        default: throw Unmet("not an answer: \(line)")
        }
    }

    private func line() throws -> String {
        while true {
            if let end = received[place...].firstIndex(of: 10) {
                defer { place = end + 1 }
                return String(decoding: received[place..<end - 1], as: UTF8.self)
            }
            try read()
        }
    }

    private func read() throws {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { throw Unmet("the server went away: errno \(errno)") }
        received += bytes.prefix(count)
    }
}

import Foundation
import Glibc
import Synchronization

/// A program that runs beside the test, its output in files of a folder of its own.
final class ChildProcess: Sendable {
    let folder: String
    let id: pid_t
    /// What waitpid(2) said, once it did.
    private let end = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - files: Written into the folder first, by name.
    ///   - third: What it has as its descriptors 3 and 4, beside the usual ones.
    init(
        _ arguments: [String], files: [String: String] = [:], in folder: String? = nil,
        third: Descriptor? = nil
    ) throws {
        self.folder = try folder ?? Self.newFolder()
        for (name, text) in files {
            try text.write(toFile: "\(self.folder)/\(name)", atomically: false, encoding: .utf8)
        }
        id = try Self.spawn(arguments, outputIn: self.folder, third: third)
    }

    deinit {
        kill(SIGKILL)
        _ = try? waitForEnd(within: 5)
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func newFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "/apus-e2e-\(getpid())-\(Self.folders.increment())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private static let folders = Counter()

    private static func spawn(
        _ arguments: [String], outputIn folder: String, third: Descriptor?
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/stdout", flags, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/stderr", flags, 0o600)
        if let third {
            unsafe posix_spawn_file_actions_adddup2(&actions, third.number, 3)
            unsafe posix_spawn_file_actions_adddup2(&actions, third.number, 4)
        }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe words.append(nil)
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
        }
        var id: pid_t = 0
        let result = unsafe posix_spawnp(&id, arguments[0], &actions, nil, words, environ)
        guard result == 0 else { throw Unmet("cannot start \(arguments[0]): errno \(result)") }
        return id
    }

    func kill(_ signal: Int32) {
        end.withLock { if $0 == nil { _ = Glibc.kill(id, signal) } }
    }

    /// The exit code, or the negative number of the signal that ended it; `nil` while it runs.
    var exitCode: Int32? {
        end.withLock { end in
            if end == nil {
                var status: Int32 = 0
                guard unsafe waitpid(id, &status, WNOHANG) == id else { return nil }
                end = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
            }
            return end
        }
    }

    @discardableResult
    func waitForEnd(within seconds: Double = 20) throws -> Int32 {
        try eventually("process \(id) ends", within: seconds) { exitCode }
    }

    func output(_ name: String = "stdout") -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Its exit code and what it wrote to both outputs.
    static func run(
        _ arguments: [String], files: [String: String] = [:], within seconds: Double = 60
    ) throws -> (code: Int32, output: String) {
        let process = try ChildProcess(arguments, files: files)
        let code = try process.waitForEnd(within: seconds)
        return (code, process.output() + process.output("stderr"))
    }
}

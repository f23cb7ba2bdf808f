import Foundation
import Testing

/// The folder of this file, where the golden files are.
private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

/// How a run of the binary ended, and what it said.
struct Ended {
    let status: Int32
    let output: String
    let errors: String
}

/// The binary that stands beside the tests.
private let binary: URL = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = tests.deletingLastPathComponent().appendingPathComponent("apus")
    if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    let project = folder.deletingLastPathComponent().deletingLastPathComponent()
    return project.appendingPathComponent(".build/debug/apus")
}()

/// A process of the binary with its two outputs.
final class Command {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = binary
        process.arguments = arguments
        // The help is wrapped at the terminal's width.
        process.environment = ["COLUMNS": "80", "GREETING": "hello"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    /// Waits until standard output has said something that holds `text`, or ends.
    func waitForOutput(_ text: String) -> Bool {
        var said = ""
        while !said.contains(text) {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { return false }
            said += String(decoding: part, as: UTF8.self)
        }
        return true
    }

    func terminate() { process.terminate() }

    func waitForEnd() -> Ended {
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }
}

/// Runs the binary to its end.
func apus(_ arguments: String...) throws -> Ended {
    try Command(arguments).waitForEnd()
}

/// Compares with `Golden/NAME.txt`, which `APUS_REGENERATE=1` writes anew.
func expectSame(_ text: String, as name: String) throws {
    let file = folder.appendingPathComponent("Golden/\(name).txt")
    if ProcessInfo.processInfo.environment["APUS_REGENERATE"] != nil {
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(text == (try String(contentsOf: file, encoding: .utf8)))
}

/// Calls with a folder of its own, which is removed afterwards.
func withFolder(_ body: (URL) throws -> Void) throws {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try body(place)
}

extension URL {
    /// Writes a configuration into this folder.
    ///
    /// - Returns: Its path.
    func configuration(_ text: String) throws -> String { try file("apus.yaml", text) }

    /// Writes a file into this folder.
    ///
    /// - Returns: Its path.
    func file(_ name: String, _ text: String) throws -> String {
        let file = appendingPathComponent(name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}

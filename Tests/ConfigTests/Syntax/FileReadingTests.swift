import Foundation
import Testing

@testable import Config

struct FileReadingTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("apus-\(UUID().uuidString)")

    /// The content of a path in a folder of our own, or why there is none.
    private func read(
        _ name: String, _ source: FileReading.Source = .regular, bytesMax: Int = 4
    ) -> Result<[UInt8], FileReading.Failure> {
        Result { () throws(FileReading.Failure) in
            try FileReading.read("\(folder.path)/\(name)", source, bytesMax: bytesMax)
        }
    }

    private func withFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    @Test func `a file is read to its last byte, and no further than the bound`() throws {
        try withFolder {
            try Data([1, 2, 3, 4]).write(to: folder.appendingPathComponent("four"))
            try Data([1, 2, 3, 4, 5]).write(to: folder.appendingPathComponent("five"))
            try Data().write(to: folder.appendingPathComponent("none"))
            #expect(read("four") == .success([1, 2, 3, 4]))
            #expect(read("none") == .success([]))
            #expect(read("five") == .failure(.init(reason: "is larger than 4B")))
        }
    }

    @Test func `a link is followed, as secrets of container runtimes need`() throws {
        try withFolder {
            try Data([7]).write(to: folder.appendingPathComponent("target"))
            try FileManager.default.createSymbolicLink(
                atPath: folder.appendingPathComponent("link").path, withDestinationPath: "target")
            try FileManager.default.createSymbolicLink(
                atPath: folder.appendingPathComponent("broken").path, withDestinationPath: "gone")
            #expect(read("link") == .success([7]))
            let reason = "does not exist, or its folder cannot be searched"
            #expect(read("broken") == .failure(.init(reason: reason)))
        }
    }

    @Test func `what is no file is refused before it is opened`() throws {
        try withFolder {
            #expect(read("") == .failure(.init(reason: "is a folder")))
            #expect(read("gone\u{0}") == .failure(.init(reason: "does not exist")))
            let device = Result { () throws(FileReading.Failure) in
                try FileReading.read("/dev/zero", .regular, bytesMax: 4)
            }
            #expect(device == .failure(.init(reason: "is not a regular file")))
        }
    }

    @Test func `a configuration may come from a device, within the bound`() {
        let device = Result { () throws(FileReading.Failure) in
            try FileReading.read("/dev/null", .any, bytesMax: 4)
        }
        #expect(device == .success([]))
    }
}

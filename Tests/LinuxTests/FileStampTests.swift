import Foundation
import Testing

@testable import Linux

@Suite struct FileStampTests {
    @Test func `a stamp changes with what is written, and with the file that stands there`() throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "a").path
        #expect(FileStamp(of: path) == nil)
        try Data("one".utf8).write(to: URL(filePath: path))
        let first = try #require(FileStamp(of: path))
        #expect(FileStamp(of: path) == first)
        try Data("three".utf8).write(to: URL(filePath: path))
        let longer = try #require(FileStamp(of: path))
        #expect(longer != first)
        // Of the same length and time, as `cp -p` and renaming make it.
        let other = folder.appending(path: "b").path
        try Data("seven".utf8).write(to: URL(filePath: other))
        let date = try #require(
            FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: other)
        #expect(FileStamp(of: other) != longer)
        // Read in vain until it is allowed.
        let closed = try #require(FileStamp(of: other))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: other)
        let open = try #require(FileStamp(of: other))
        #expect(open != closed)
        // Other keys of the same length, written over the former ones with their time.
        try Data("eight".utf8).write(to: URL(filePath: other), options: [])
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: other)
        #expect(FileStamp(of: other) != open)
    }
}

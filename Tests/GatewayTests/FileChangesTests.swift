import Foundation
import Linux
import Testing

@testable import Gateway

struct FileChangesTests {
    /// Stamps of four different files, to be taken for four states of one.
    private static let stamps: [FileStamp?] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return ["FileChangesTests.swift", "Support", "Worker", "Pooling"].map {
            FileStamp(of: folder.appending(path: $0).path)
        }
    }()

    /// At which looks a file counts as changed that has these states, the first at the beginning.
    private func changes(_ states: [Int?]) -> [Int] {
        let stamps = states.map { $0.flatMap { Self.stamps[$0] } }
        var changes = FileChanges(["a"], at: { _ in stamps[0] })
        return stamps.indices.dropFirst().filter { index in
            !changes.look(at: { _ in stamps[index] }).isEmpty
        }
    }

    @Test func `the stamps are different`() {
        #expect(Set(Self.stamps.map { $0.debugDescription }).count == 4)
    }

    @Test(
        arguments: [
            ([0, 0, 0], []), ([0, 1, 1], [2]), ([0, 1, 1, 1, 1], [2]),
            // Still being written.
            ([0, 1, 2, 3, 3], [4]), ([0, 1, 2, 1, 2], []),
            // Back to what is known already.
            ([0, 1, 0, 0], []), ([0, 1, 1, 0, 0], [2, 4]),
            // Gone, and there again.
            ([0, nil, nil, nil], [2]), ([0, nil, 1, 1], [3]), ([nil, nil, 1, 1], [3]),
            ([0, nil, 0, 0], []),
        ] as [([Int?], [Int])])
    func `a file has changed once it has stood still`(_ states: [Int?], _ looks: [Int]) {
        #expect(changes(states) == looks)
    }

    @Test func `each file is looked at for itself`() {
        var changes = FileChanges(["a", "b"], at: { _ in Self.stamps[0] })
        _ = changes.look { $0 == "a" ? Self.stamps[1] : Self.stamps[0] }
        #expect(changes.look { $0 == "a" ? Self.stamps[1] : Self.stamps[2] } == ["a"])
        #expect(changes.look { $0 == "a" ? Self.stamps[1] : Self.stamps[2] } == ["b"])
    }
}

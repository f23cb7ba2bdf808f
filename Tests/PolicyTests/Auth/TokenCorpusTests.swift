import Foundation
import Testing

/// What the fuzzer has come upon, once more.
@Suite struct TokenCorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Corpus/token")

    @Test func `tokens of the corpus keep the invariants`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.count >= 40)
        for file in files.sorted() {
            let bytes = Array(try Data(contentsOf: Self.folder.appending(path: file)))
            #expect(TokenInvariants.check(bytes) == nil, "\(file)")
        }
    }
}

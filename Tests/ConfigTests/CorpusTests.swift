import Foundation
import Testing

@testable import Config

/// No bytes trap: what the fuzzer begins from, whole, cut off anywhere, and with a byte changed.
struct CorpusTests {
    static let files: [String] = {
        let corpus = sourceRoot.appendingPathComponent("Tests/Corpus/config")
        return [corpus, GoldenTests.folder].flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.filter { $0.hasSuffix(".yaml") }.sorted()
                .map { folder.appendingPathComponent($0).path }
        }
    }()

    /// Loads bytes, and checks what holds for all.
    private func check(_ bytes: [UInt8]) {
        let environment = ["A": "1", "B": "*:8080", "SECRET": "hunter2"]
        let result = Loading.load(bytes: bytes, path: "corpus.yaml", environment: environment)
        let hasErrors = result.problems.contains { $0.severity == .error }
        #expect((result.snapshot == nil) == hasErrors)
        let areWellFormed = result.problems.allSatisfy { problem in
            problem.line >= 1 && problem.column >= 1 && !problem.text.contains("\n")
                && !problem.text.contains("hunter2")
        }
        #expect(areWellFormed)
    }

    @Test func `there is a corpus`() {
        #expect(Self.files.count >= 50)
    }

    @Test(arguments: files) func `no bytes of the corpus trap`(path: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        check(bytes)
        let step = max(1, bytes.count / 50)
        for cut in stride(from: 0, to: bytes.count, by: step) {
            check(Array(bytes[..<cut]))
            check(Array(bytes[cut...]))
            var changed = bytes
            changed[cut] = [0x22, 0x2a, 0x3a, 0x5b, 0x7b, 0x24, 0x0a, 0x20][cut % 8]
            check(changed)
        }
    }
}

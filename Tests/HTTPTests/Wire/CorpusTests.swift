import Foundation
import Testing

@testable import HTTP

/// What the fuzzers have come upon, once more.
@Suite struct CorpusTests {
    private static let folder = WireCase.folder.deletingLastPathComponent().appending(
        path: "Corpus")

    private func inputs(_ name: String) -> [[UInt8]] {
        let folder = Self.folder.appending(path: name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.sorted().compactMap { file in
            (try? Data(contentsOf: folder.appending(path: file))).map { Array($0) }
        }
    }

    private func check(_ name: String, _ kind: (UInt8) -> (WireInput.Kind, Int)) {
        let inputs = inputs(name)
        #expect(inputs.count >= 50)
        for input in inputs {
            guard let first = input.first else { continue }
            let (kind, division) = kind(first)
            let fault = WireInvariants.check(kind, Array(input.dropFirst()), division: division)
            #expect(fault == nil)
        }
    }

    @Test func `requests of the corpus keep the invariants`() {
        check("request") { (.request, Int($0)) }
    }

    @Test func `responses of the corpus keep the invariants`() {
        check("response") { (.response(to: [$0 & 1 == 1 ? .head : .get]), Int($0 >> 1)) }
    }

    @Test func `chunked bodies of the corpus keep the invariants`() {
        check("chunked") { (.chunked, Int($0)) }
    }
}

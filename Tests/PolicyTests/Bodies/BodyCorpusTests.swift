import Dice
import Foundation
import Testing

/// What the fuzzer begins from, and what it has come upon.
struct BodyCorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Corpus/bodies")

    private static func inputs() throws -> [(name: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            ($0, Array(try Data(contentsOf: folder.appending(path: $0))))
        }
    }

    @Test func `bodies of the corpus keep the invariants`() throws {
        let inputs = try Self.inputs()
        #expect(inputs.count >= 30)
        for input in inputs { #expect(BodyInvariants.check(input.bytes) == nil, "\(input.name)") }
    }

    @Test func `they do so with any byte changed, and cut off anywhere`() throws {
        var dice = Dice(seed: 11)
        for input in try Self.inputs() where input.bytes.count > 2 {
            for cut in 2..<min(input.bytes.count, 400) {
                let fault = BodyInvariants.check(Array(input.bytes[..<cut]))
                #expect(fault == nil, "\(input.name) up to \(cut)")
            }
            for _ in 0..<60 {
                var bytes = input.bytes
                let place = Int.random(in: 0..<bytes.count, using: &dice)
                bytes[place] = UInt8.random(in: 0...255, using: &dice)
                #expect(BodyInvariants.check(bytes) == nil, "\(input.name) at \(place)")
            }
        }
    }
}

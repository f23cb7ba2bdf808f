import Foundation
import Testing

/// The inputs of `Tests/Corpus`: seeds of the fuzzers, and what once broke something.
enum Corpus {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Corpus")

    /// Asks of each input of a folder whether something does not hold.
    static func check(_ name: String, _ fault: ([UInt8]) -> String?) throws {
        let folder = folder.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count >= 40)
        for file in files.sorted() {
            let bytes = Array(try Data(contentsOf: folder.appending(path: file)))
            let fault = fault(bytes)
            #expect(fault == nil, "\(file)")
        }
    }
}

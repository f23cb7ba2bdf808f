import Foundation
import Testing

@testable import Config

/// Broken configurations and all that is said about each: `Golden/NAME.yaml` and `Golden/NAME.txt`.
///
/// Regenerate with `APUS_REGENERATE=1 swift test --filter GoldenTests`, and read the difference.
struct GoldenTests {
    static let folder = sourceRoot.appendingPathComponent("Tests/ConfigTests/Golden")
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()
    static let environment = [
        "SECRET": "hunter2", "MINUTES": "5m", "EMPTY": "", "BIND": "127.0.0.1:8080",
        "LONG": String(repeating: "x", count: 2100),
        "LONGEST": String(repeating: "x", count: (32 << 10) + 1),
    ]

    @Test func `there are at least twenty broken configurations`() {
        #expect(Self.names.count >= 20)
    }

    @Test(arguments: names) func `a broken configuration is told all that is wrong`(name: String)
        throws
    {
        let text = try String(
            contentsOf: Self.folder.appendingPathComponent("\(name).yaml"), encoding: .utf8)
        let result = Loading.load(text: text, path: "\(name).yaml", environment: Self.environment)
        let said = result.problems.map { $0.text + "\n" }.joined()
        let file = Self.folder.appendingPathComponent("\(name).txt")
        if regenerates { try said.write(to: file, atomically: true, encoding: .utf8) }
        #expect(!said.isEmpty)
        #expect(!said.contains("hunter2"))
        #expect(said == (try String(contentsOf: file, encoding: .utf8)))
        #expect((result.snapshot == nil) == result.problems.contains { $0.severity == .error })
    }
}

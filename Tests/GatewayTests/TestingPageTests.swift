import Config
import Foundation
import Testing

@testable import Gateway

/// Holds docs/testing.md to its example: the configuration says what stands below it.
struct TestingPageTests {
    @Test func `the example says what the page shows`() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/testing.md")
        // Every second part stands between fences.
        let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```")
        let configuration = parts[1].dropFirst("yaml\n".count)
        let shown = parts[3].dropFirst("\n$ apus test\n".count)
        let loaded = Loading.load(
            text: String(configuration), path: "conf/apus.yaml", environment: [:])
        #expect(loaded.problems == [])
        let results = Inspection.run(loaded.tests, by: try #require(loaded.snapshot), at: 0)
        let lines = results.map { $0.text(file: "conf/apus.yaml") }
        let passed = results.count(where: \.isPassed)
        let said = lines + ["\(passed) passed, \(results.count - passed) failed", ""]
        #expect(said.joined(separator: "\n") == shown)
    }
}

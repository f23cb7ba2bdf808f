import Config
import Foundation
import Testing

@testable import Gateway

/// Holds docs/testing.md and README.md to their examples.
struct TestingPageTests {
    /// What stands between fences on a page, the language's name first.
    private static func blocks(of page: String) throws -> [String] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../\(page)")
        let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "```")
        return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
    }

    @Test func `the configuration of the README is one, and its tests pass`() throws {
        let block = try Self.blocks(of: "README.md").first { $0.hasPrefix("yaml\n") }
        let loaded = Loading.load(
            text: String(try #require(block).dropFirst("yaml\n".count)), path: "my.yaml",
            environment: [:])
        #expect(loaded.problems == [])
        let results = Inspection.run(loaded.tests, by: try #require(loaded.snapshot), at: 0)
        #expect(results.count == 2)
        #expect(results.filter { !$0.isPassed }.map { $0.text(file: "my.yaml") } == [])
    }

    @Test func `the example says what the page shows`() throws {
        let blocks = try Self.blocks(of: "docs/testing.md")
        let configuration = blocks[0].dropFirst("yaml\n".count)
        let shown = blocks[1].dropFirst("\n$ apus test\n".count)
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

import Config
import Foundation
import Testing

@testable import Gateway

/// Holds docs/rate-limiting.md to its examples: each configuration loads, and its tests pass.
struct RateLimitingPageTests {
    private static let page: String = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/rate-limiting.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    private static let configurations = page.components(separatedBy: "```yaml\n").dropFirst()
        .map { $0.components(separatedBy: "```")[0] }

    @Test func `the page has configurations with tests`() {
        #expect(Self.configurations.count(where: { $0.contains("tests:") }) >= 4)
    }

    @Test(arguments: configurations)
    func `an example loads, and does what its tests say`(_ text: String) throws {
        let loaded = Loading.load(text: text, path: "rate-limiting.md", environment: [:])
        #expect(loaded.problems == [])
        let results = Inspection.run(loaded.tests, by: try #require(loaded.snapshot), at: 0)
        #expect(results.filter { !$0.isPassed }.map { $0.text(file: "rate-limiting.md") } == [])
    }

    @Test func `the explanation is what the first example says`() throws {
        let text = try #require(Self.configurations.first)
        let snapshot = try #require(
            Loading.load(text: text, path: "a.yaml", environment: [:]).snapshot)
        let inquiry = Inquiry(
            method: "GET", url: "http://example.com/", fields: [], client: nil, listener: nil,
            now: 0)
        let explanation = try Inspection.explain(inquiry, by: snapshot)
        let start = try #require(Self.page.range(of: "\nrate limits\n"))
        let shown = Self.page[start.lowerBound...].components(separatedBy: "\n…")[0]
        #expect(explanation.contains(shown))
    }
}

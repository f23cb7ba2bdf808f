import Foundation
import Testing

@testable import Config

/// The configurations of docs/tls.md.
struct TLSPageTests {
    private func blocks() throws -> [String] {
        let file = sourceRoot.appendingPathComponent("docs/tls.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        return page.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    @Test func `every example of the page loads without a problem`() throws {
        let blocks = try blocks()
        #expect(blocks.count == 4)
        for block in blocks {
            let result = load(block)
            #expect(result.problems == [])
            #expect(result.snapshot != nil)
        }
    }
}

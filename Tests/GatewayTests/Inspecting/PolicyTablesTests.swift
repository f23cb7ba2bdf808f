import Config
import Foundation
import Testing

@testable import Gateway

/// The examples of docs/policies.md that are a configuration and a table: each does what it says.
struct PolicyTablesTests {
    struct Example: CustomTestStringConvertible {
        var title = ""
        var settings = ""
        /// `from`, `request`, `status`.
        var rows: [[String]] = []
        var testDescription: String { title }
    }

    /// Those that are marked, with the heading that they stand under.
    static let examples: [Example] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/policies.md")
        let page = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var examples: [Example] = []
        var title = ""
        var isWithin = false
        var isSettings = false
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") {
                title = String(line.drop { $0 == "#" || $0 == " " })
                isWithin = false
            } else if line == "<!-- example -->" {
                examples.append(Example(title: title))
                isWithin = true
            } else if isWithin, line.hasPrefix("```") {
                isSettings = line == "```yaml"
            } else if isWithin, isSettings {
                examples[examples.count - 1].settings += line + "\n"
            } else if isWithin, line.hasPrefix("|"), !line.hasPrefix("|-"),
                !line.hasPrefix("| from")
            {
                let cells = line.split(separator: "|").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                examples[examples.count - 1].rows.append(cells)
            }
        }
        return examples
    }()

    @Test func `the page has examples`() {
        #expect(Self.examples.count >= 3)
        #expect(Self.examples.allSatisfy { !$0.rows.isEmpty })
    }

    @Test(arguments: examples) func `an example does what its table says`(_ example: Example) throws
    {
        let result = Loading.load(
            text: example.settings, path: "policies.md", environment: [:])
        let snapshot = try #require(result.snapshot, "\(result.problems.map(\.text))")
        for row in example.rows {
            let parts = row[1].split(separator: "`").map(String.init).filter { $0 != " " }
            let line = parts[0].split(separator: " ")
            let page = try Inspection.explain(
                Inquiry(
                    method: String(line[0]), url: "http://a.example\(line[1])",
                    fields: Array(parts.dropFirst()), client: row[0], listener: nil, now: 0),
                by: snapshot)
            let isPassedOn = page.contains("  forwarded to upstream")
            #expect(
                page.contains("HTTP/1.1 \(row[2]) ") || (isPassedOn && row[2] == "passed on"),
                "\(row): \(page)")
        }
    }
}

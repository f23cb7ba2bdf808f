import Foundation
import Testing

@testable import Policy

/// Holds docs/routing.md to what it says: every path of its cases is decided as its row has it.
@Suite struct RoutingPageTests {
    private static let patterns = ["/admin/*", "/café/*", "/my docs", "/*"]

    /// The rows of the table of cases: the paths in the first cell, and the code spans or the text
    /// of the second.
    private static let rows: [(paths: [String], places: [String])] = {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/routing.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        let cases = text.components(separatedBy: "### Cases").last ?? ""
        return cases.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.components(separatedBy: " | ")
            let places = spans(cells[1])
            return (spans(cells[0]), places.isEmpty ? [cells[1]] : places)
        }
    }()

    private static func spans(_ cell: String) -> [String] {
        let parts = cell.components(separatedBy: "`")
        return parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
    }

    @Test func `every path of the page goes where the page says`() {
        #expect(Self.rows.count >= 20)
        let routes = Self.patterns.map { RouteSample($0) }
        for row in Self.rows {
            for (index, path) in row.paths.enumerated() {
                let place = row.places[min(index, row.places.count - 1)]
                let verdict = routes.pipeline.verdict(SentRequest("GET", path))
                if place == "400" {
                    guard case .refuse(let refusal) = verdict.action else {
                        Issue.record("\(path) is not refused")
                        continue
                    }
                    #expect(refusal.code == .badRequest, "\(path)")
                } else {
                    #expect(verdict.route.map { Self.patterns[$0] } == place, "\(path)")
                }
            }
        }
    }

    @Test func `a single route for everything refuses the last three rows alone`() {
        for (index, row) in Self.rows.enumerated() {
            for path in row.paths {
                let decision = [RouteSample("/*")].decision(SentRequest("GET", path))
                #expect((decision == "0") == (index < Self.rows.count - 3), "\(path): \(decision)")
            }
        }
    }
}

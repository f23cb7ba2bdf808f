import Foundation
import Testing

/// Holds docs/policies.md to its examples.
///
/// Each configuration is run, each request sent; its answer has the lines that the page shows.
/// `!Name` is a header that it must not have. What the app answers may stand between the two.
struct PoliciesPageTests {
    private struct Example: CustomTestStringConvertible {
        var configuration: String
        var exchanges: [(request: String, app: String?, answer: [String])] = []

        var testDescription: String { exchanges.first?.request ?? "no request" }
    }

    private static let examples: [Example] = {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/policies.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        var examples: [Example] = []
        var request: String?
        var app: String?
        // Every second part stands between fences.
        for (index, part) in text.components(separatedBy: "```").enumerated() where index % 2 == 1 {
            let kind = part.prefix { $0 != "\n" }
            let body = String(part.dropFirst(kind.count + 1))
            if kind == "yaml" {
                examples.append(Example(configuration: body))
            } else if kind == "http app" {
                app = body
            } else if kind == "http", let asked = request {
                let lines = body.split(separator: "\n").map(String.init)
                examples[examples.count - 1].exchanges.append((asked, app, lines))
                request = nil
                app = nil
            } else if kind == "http" {
                request = body
            }
        }
        // A policy whose example is a table has a test of its own.
        return examples.filter { !$0.exchanges.isEmpty }
    }()

    @Test func `the page has examples`() {
        #expect(Self.examples.count >= 2)
    }

    @Test(arguments: examples)
    private func `an example does what the page says`(_ example: Example) throws {
        for (request, app, answer) in example.exchanges {
            let world = try World(example.configuration)
            if let app { world.app.answer = { _ in .init(Self.wire(app)) } }
            let client = try world.connect(sending: Self.wire(request))
            world.run()
            let head = client.text.components(separatedBy: "\r\n\r\n")[0]
            let lines = String(head).components(separatedBy: "\r\n").map(String.init)
            for line in answer {
                if line.hasPrefix("!") {
                    let name = line.dropFirst().lowercased() + ":"
                    #expect(!lines.contains { $0.lowercased().hasPrefix(name) }, "\(lines)")
                } else {
                    #expect(lines.contains(line), "\(line) in \(lines)")
                }
            }
            world.expectNothingLeaks()
        }
    }

    /// A message as it is sent: the page has no line end before its body, or none at its end.
    ///
    /// A form's lines end as those of a head do.
    private static func wire(_ message: String) -> String {
        let parts = message.components(separatedBy: "\n\n")
        let head = parts[0].split(separator: "\n").joined(separator: "\r\n")
        let body = parts.dropFirst().joined(separator: "\n\n")
        let isForm = head.contains("multipart/")
        return head + "\r\n\r\n"
            + (isForm ? body.replacingOccurrences(of: "\n", with: "\r\n") : body)
    }
}

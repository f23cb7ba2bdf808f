import Bytes
import Foundation
import Policy
import Testing

@testable import Config

struct ErrorsSectionTests {
    /// What is wrong with a page of these bytes in a file of this name; `nil` if it was taken.
    private func problem(_ name: String, _ content: [UInt8]?, status: String = "502") throws
        -> String?
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        if let content { try Data(content).write(to: file) }
        let result = load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            errors: { pages: { \(status): "\(file.path)" } }
            routes: [ { name: all, respond: {} } ]
            """)
        #expect((result.snapshot == nil) == !result.problems.isEmpty)
        return result.problems.first.map(\.message)
    }

    @Test(arguments: ["a.html", "a.HTM", "a.txt", "a.json"])
    func `a page is what its file's name says`(_ name: String) throws {
        #expect(try problem(name, Array("sorry".utf8)) == nil)
    }

    @Test(arguments: ["400", "401", "413", "431", "500", "520", "599"])
    func `errors of the gateway, and those of apps, may have pages`(_ status: String) throws {
        #expect(try problem("a.html", [0x61], status: status) == nil)
    }

    @Test(arguments: ["200", "404x", "418", "600", "0502", "+502", "499", "\"\""])
    func `other statuses may not`(_ status: String) throws {
        #expect(try problem("a.html", [0x61], status: status)?.contains("status") == true)
    }

    @Test func `what cannot be sent as a page is refused with the reason`() throws {
        func reason(_ name: String, _ content: [UInt8]?, has text: String) throws {
            let problem = try problem(name, content) ?? "taken"
            #expect(problem.contains(text))
        }
        try reason("a.css", [0x61], has: "does not say what it is")
        try reason("a.html", nil, has: "does not exist")
        try reason("a.html", [], has: "is an empty file")
        try reason("a.html", [0x61, 0xff], has: "is not UTF-8")
        try reason("a.html", [UInt8](repeating: 0x61, count: 32769), has: "is larger than 32KiB")
        let ids = String(repeating: ErrorPage.placeholder, count: 257)
        try reason("a.html", Array(ids.utf8), has: "so often")
    }
}

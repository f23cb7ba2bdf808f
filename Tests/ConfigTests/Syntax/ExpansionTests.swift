import Foundation
import Testing

@testable import Config

struct ExpansionTests {
    private let environment = ["NAME": "value", "EMPTY": "", "DOLLAR": "$", "NESTED": "${NAME}"]

    /// The text once expanded, or what was said.
    private func expand(_ text: String) -> String {
        let report = Report(file: "a")
        var expansion = Expansion(environment: environment, report: report)
        let scalar = Scalar(
            text: text, written: text, isPlain: false, origin: .file, position: .start)
        let node = expansion.expand(.scalar(scalar), at: .root.appending("key"))
        guard case .scalar(let expanded) = node, expanded.origin != .missing else {
            return report.sorted.map(\.message).joined(separator: "; ")
        }
        return expanded.text
    }

    @Test(arguments: [
        ("plain", "plain"), ("${NAME}", "value"), ("a${NAME}b${NAME}", "avaluebvalue"),
        ("${EMPTY}", ""), ("${MISSING:-other}", "other"), ("${EMPTY:-other}", "other"),
        ("${NAME:-other}", "value"), ("${MISSING:-}", ""), ("${MISSING:-a:-b}", "a:-b"),
        ("$${NAME}", "${NAME}"), ("$$${NAME}", "$${NAME}"), ("$NAME $", "$NAME $"),
        ("${DOLLAR}${NAME}", "$value"), ("${NESTED}", "${NAME}"), ("{}", "{}"),
    ])
    func `references are replaced once, and escapes are not`(text: String, expanded: String) {
        #expect(expand(text) == expanded)
    }

    @Test(arguments: [
        ("${MISSING}", "the environment variable MISSING is not set"),
        (
            "${A}${B}",
            "the environment variable A is not set; the environment variable B is not set"
        ),
        ("${NAME", "holds a ${ without its }"),
        ("${}", "\"${}\" does not name a variable"),
        ("${1A}", "\"${1A}\" does not name a variable"),
        ("${A-B}", "\"${A-B}\" does not name a variable"),
        ("${file:}", "the path in ${file:…} must begin with /, not be \"\""),
    ])
    func `what cannot be replaced is told`(text: String, said: String) {
        #expect(expand(text) == said)
    }

    @Test func `a file is put in without its last line end`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func expandFile(_ content: [UInt8]) throws -> String {
            let file = folder.appendingPathComponent("secret")
            try Data(content).write(to: file)
            return expand("<${file:\(file.path)}>")
        }
        #expect(try expandFile(Array("secret\n".utf8)) == "<secret>")
        #expect(try expandFile(Array("secret\r\n".utf8)) == "<secret>")
        #expect(try expandFile(Array("two\nlines\n\n".utf8)) == "<two\nlines\n>")
        #expect(try expandFile([]) == "<>")
        #expect(try expandFile(Array("a\u{2028}".utf8)) == "<a\u{2028}>")
        #expect(try expandFile([0xff]).hasSuffix("does not hold text in UTF-8"))
        #expect(try expandFile([0x61, 0x00]).hasSuffix("does not hold text in UTF-8"))
        let longest = [UInt8](repeating: 0x61, count: Expansion.fileBytesMax)
        #expect(try expandFile(longest).utf8.count == longest.count + 2)
        #expect(try expandFile(longest + [0x61]).hasSuffix("is larger than 64KiB"))
        #expect(expand("${file:\(folder.path)}").hasSuffix("is a folder"))
        #expect(expand("${file:/dev/zero}").hasSuffix("is not a regular file"))
        #expect(expand("${file:/a\u{0}b}").hasSuffix("does not exist"))
    }

    @Test func `what is put in has a bound over the whole file`() {
        let report = Report(file: "a")
        let value = String(repeating: "a", count: 100_000)
        var expansion = Expansion(environment: ["BIG": value], report: report)
        let text = String(repeating: "${BIG}", count: 10)
        let scalar = Scalar(
            text: text, written: text, isPlain: false, origin: .file, position: .start)
        _ = expansion.expand(
            .sequence(Array(repeating: .scalar(scalar), count: 10), at: .start), at: .root)
        #expect(
            report.sorted.first?.text
                == "a:1:1: error: [4]: the values put in are more than 4MiB in all")
    }

    @Test func `keys are not expanded`() {
        #expect(problems(adding: "${NAME}: 1") == ["\"${NAME}\": unknown key"])
    }
}

struct ExpansionPiecesTests {
    @Test func `a text is divided as it is expanded`() {
        #expect(Expansion.pieces(of: "") == [.literal("")])
        #expect(
            Expansion.pieces(of: "a${B}c") == [.literal("a"), .reference("B"), .literal("c")])
        #expect(
            Expansion.pieces(of: "$${A}${B") == [
                .literal("$"), .literal("{"), .literal("A}"), .unclosed,
            ])
    }

    @Test func `files are named once, in the order of the texts`() {
        let texts = ["${file:/b}", "${A}", "x${file:/a}${file:/b}", "$${file:/c}"]
        #expect(Expansion.files(in: texts) == ["/b", "/a"])
    }
}

import Testing

@testable import Config

struct ProblemTests {
    @Test func `a problem is one line with its place, path, fact and hint`() {
        let problem = Problem(
            file: "conf/apus.yaml", line: 3, column: 7, severity: .error, path: "limits.body",
            message: "is wrong", hint: "did you mean \"none\"?")
        #expect(
            problem.text
                == "conf/apus.yaml:3:7: error: limits.body: is wrong (did you mean \"none\"?)")
    }

    @Test func `a problem without a hint ends with the fact`() {
        let problem = Problem(
            file: "a", line: 1, column: 1, severity: .warning, path: "x", message: "odd", hint: nil)
        #expect(problem.text == "a:1:1: warning: x: odd")
    }

    @Test func `paths join keys with dots and indices with brackets`() {
        let path = Path.root.appending("routes").appending(2).appending("match").appending("a b")
        #expect(path.text == "routes[2].match.\"a b\"")
        #expect(Path.root.text == "configuration")
    }

    @Test func `problems come in the order of the text`() {
        let report = Report(file: "a")
        report.error(at: Position(line: 2, column: 1), .root, "third")
        report.warning(at: Position(line: 1, column: 9), .root, "second")
        report.error(at: Position(line: 1, column: 2), .root, "first")
        report.error(at: Position(line: 2, column: 1), .root, "fourth")
        #expect(report.sorted.map(\.message) == ["first", "second", "third", "fourth"])
    }

    @Test func `more problems than anybody reads are cut off and said to be`() {
        let report = Report(file: "a")
        for line in 1...(Report.countMax + 5) {
            report.error(at: Position(line: line, column: 1), .root, "again")
        }
        let sorted = report.sorted
        #expect(sorted.count == Report.countMax + 1)
        #expect(sorted.last?.message == "has more problems than these \(Report.countMax)")
    }

    @Test func `warnings are no errors`() {
        let report = Report(file: "a")
        report.warning(at: .start, .root, "odd")
        #expect(!report.hasErrors)
        report.error(at: .start, .root, "wrong")
        #expect(report.hasErrors)
    }

    @Test func `quoted text stays on one line and shows what is invisible`() {
        #expect(quoted("a\"b\\c\n\t\u{1b}\u{202e}é") == #""a\"b\\c\n\t\u{1b}\u{202e}é""#)
        #expect(
            quoted(String(repeating: "a", count: 61)) == "\"\(String(repeating: "a", count: 60))…\""
        )
    }
}

import Testing

/// Figures about a set of files.
private struct Measures {
    let files: [Int]
    let functions: [Int]
    let commentLines: Int
    let textLines: Int

    init(_ files: [SourceFile]) {
        self.files = files.map(\.lineCount).sorted()
        functions = files.flatMap(\.declarations)
            .filter { $0.kind == .function || $0.kind == .initializer }.map(\.lineCount).sorted()
        commentLines = files.reduce(0) { $0 + $1.commentLineCount }
        textLines = files.reduce(0) { $0 + $1.lineCount - $1.blankLineCount }
    }

    /// Comments in a hundred lines that are not blank.
    var commentPercent: Int { textLines == 0 ? 0 : commentLines * 100 / textLines }

    /// The value that `percent` of the values do not pass; they come sorted, and 0 if
    /// there are none.
    static func percentile(_ percent: Int, of sorted: [Int]) -> Int {
        sorted.isEmpty ? 0 : sorted[(sorted.count - 1) * percent / 100]
    }

    func row(_ name: String) -> String {
        func three(_ values: [Int]) -> String {
            let p95 = Self.percentile(95, of: values)
            return "\(Self.percentile(50, of: values)) · \(p95) · \(values.last ?? 0)"
        }
        let sum = files.reduce(0, +)
        return "\(name): \(files.count) files, \(sum) lines; file lines \(three(files)),"
            + " function lines \(three(functions)), comments \(commentPercent) %"
    }
}

struct MeasureTests {
    @Test func `the figures of the tree are told`() {
        // Not a judgement: the aims are 18 to 28 % comments, and tests as long as the sources.
        print("median · p95 · longest")
        print(Measures(Tree.sources).row("sources"))
        for module in Set(Tree.sources.map(\.module)).sorted() {
            print("  " + Measures(Tree.sources.filter { $0.module == module }).row(module))
        }
        print(Measures(Tree.tests).row("tests"))
        #expect(!Tree.sources.isEmpty && !Tree.tests.isEmpty)
    }

    @Test func `comments are counted in lines that hold nothing else`() {
        let file = fixture("// a\nlet b = 1  // c\n\n/* d\n e */\n")
        let measures = Measures([file])
        #expect(measures.commentLines == 3)
        #expect(measures.commentPercent == 75)
        #expect(measures.files == [5])
    }

    @Test func `a percentile is a value of the list`() {
        #expect(Measures.percentile(50, of: [1, 2, 9]) == 2)
        #expect(Measures.percentile(95, of: Array(1...100)) == 95)
        #expect(Measures.percentile(95, of: []) == 0)
    }
}

import Testing

/// Something that has a length in lines, and where it stands.
private struct Length: Equatable {
    let lines: Int
    let place: String
}

/// Lengths in order, the longest last.
private struct Lengths {
    let sorted: [Length]

    init(_ lengths: [Length]) {
        sorted = lengths.sorted { ($0.lines, $0.place) < ($1.lines, $1.place) }
    }

    /// The value that `percent` of the values do not pass; 0 if there are none.
    func percentile(_ percent: Int) -> Int {
        sorted.isEmpty ? 0 : sorted[(sorted.count - 1) * percent / 100].lines
    }

    var median: Int { percentile(50) }
    var p95: Int { percentile(95) }
    var sum: Int { sorted.reduce(0) { $0 + $1.lines } }
    var longest: Int { sorted.last?.lines ?? 0 }
    var longestPlace: String { sorted.last?.place ?? "-" }
}

/// Figures about a set of files.
private struct Measures {
    let files: Lengths
    let functions: Lengths
    let commentLines: Int
    let textLines: Int

    init(_ files: [SourceFile]) {
        self.files = Lengths(files.map { Length(lines: $0.lineCount, place: $0.path) })
        functions = Lengths(
            files.flatMap { file in
                file.declarations
                    .filter { $0.kind == .function || $0.kind == .initializer }
                    .map { Length(lines: $0.lineCount, place: "\(file.path):\($0.line)") }
            })
        commentLines = files.reduce(0) { $0 + $1.commentLineCount }
        textLines = files.reduce(0) { $0 + $1.lineCount - $1.blankLineCount }
    }

    /// Lines that are neither blank nor comments.
    var codeLines: Int { textLines - commentLines }
    /// Comments in a hundred lines that are not blank.
    var commentPercent: Double {
        textLines == 0 ? 0 : Double(commentLines * 1000 / textLines) / 10
    }

    /// A row of the table under ``head``.
    func row(_ name: String) -> String {
        Self.row([
            name, "\(files.sorted.count)", "\(files.sum)", "\(files.median)", "\(files.p95)",
            "\(files.longest)", "\(functions.median)", "\(functions.p95)", "\(functions.longest)",
            "\(commentPercent) %",
        ])
    }

    static let head =
        row(["", "", "", "files", "", "", "functions", "", "", ""]) + "\n"
        + row([
            "", "files", "lines", "median", "p95", "most", "median", "p95", "most", "comments",
        ])

    private static func row(_ cells: [String]) -> String {
        let widths = [14, 5, 6, 7, 5, 5, 10, 5, 5, 9]
        let padded = zip(cells, widths).enumerated().map { index, cell in
            let room = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + room : room + cell.0
        }
        return padded.joined(separator: " ")
    }
}

struct MeasureTests {
    @Test func `the figures of the tree are told`() {
        // Not a judgement: the aims are 18 to 28 % comments, and tests as long as the sources.
        let sources = Measures(Tree.sources)
        let tests = Measures(Tree.tests)
        let ratio = Double(tests.codeLines * 100 / max(1, sources.codeLines)) / 100
        print(Measures.head)
        for module in Set(Tree.sources.map(\.module)).sorted() {
            print(Measures(Tree.sources.filter { $0.module == module }).row("  " + module))
        }
        print(sources.row("sources"))
        print(tests.row("tests"))
        print("longest file \(sources.files.longestPlace)")
        print("longest function \(sources.functions.longestPlace)")
        print("test : code \(ratio), comments and blank lines left out")
        #expect(!Tree.sources.isEmpty && !Tree.tests.isEmpty)
    }

    @Test func `comments are counted in lines that hold nothing else`() {
        let file = fixture("// a\nlet b = 1  // c\n\n/* d\n e */\n")
        let measures = Measures([file])
        #expect(measures.commentLines == 3)
        #expect(measures.commentPercent == 75)
        #expect(measures.codeLines == 1)
        #expect(measures.files.sorted == [Length(lines: 5, place: file.path)])
    }

    @Test func `a percentile is a value of the list`() {
        func lengths(_ lines: [Int]) -> Lengths {
            Lengths(lines.map { Length(lines: $0, place: "") })
        }
        #expect(lengths([9, 1, 2]).median == 2)
        #expect(lengths(Array(1...100).reversed()).p95 == 95)
        #expect(lengths([]).p95 == 0)
        #expect(lengths([3, 4]).longest == 4)
    }
}

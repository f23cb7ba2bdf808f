import Testing

/// Bounds that no file passes: what is larger hides a missing noun.
private enum Bound {
    static let columns = 100
    static let fileLines = 600
    static let functionLines = 70
    static let storedFields = 12
}

private func wideLines(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.lines.enumerated().compactMap { index, line in
            guard line.count > Bound.columns else { return nil }
            return Finding(
                path: file.path, line: index + 1,
                advice: "\(line.count) columns; break it within \(Bound.columns)")
        }
    }
}

private func longFiles(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.lineCount > Bound.fileLines }.map {
        Finding(
            path: $0.path, line: $0.lineCount,
            advice: "\($0.lineCount) lines; split it by concern within \(Bound.fileLines)")
    }
}

private func longFunctions(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.declarations.compactMap { declaration in
            guard declaration.kind != .type, !declaration.body.isEmpty,
                declaration.lineCount > Bound.functionLines
            else {
                return nil
            }
            return Finding(
                path: file.path, line: declaration.line,
                advice:
                    "\(declaration.name) has \(declaration.lineCount) lines; give its steps names,"
                    + " within \(Bound.functionLines)")
        }
    }
}

/// One finding for each stored field beyond the bound.
private func storedFieldsBeyondBound(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file -> [Finding] in
        let declarations = file.declarations
        let types = declarations.filter {
            $0.kind == .type && ["struct", "class", "actor"].contains($0.keyword)
        }
        return types.flatMap { type -> [Finding] in
            let fields = declarations.filter {
                type.body.contains($0.head.lowerBound) && $0.typeDepth == type.typeDepth + 1
                    && $0.isStored
            }
            return fields.dropFirst(Bound.storedFields).map {
                Finding(
                    path: file.path, line: $0.line,
                    advice: "\(type.name) has \(fields.count) stored fields; gather some under a"
                        + " noun of their own, within \(Bound.storedFields)")
            }
        }
    }
}

extension Declaration {
    /// Whether it is a property of an instance with storage of its own.
    fileprivate var isStored: Bool {
        kind == .property && body.isEmpty && !modifiers.contains("static")
    }
}

struct LengthTests {
    @Test func `no line is wider than two files side by side allow`() {
        expectNone(wideLines(in: Tree.all))
    }

    @Test func `what the operators' page is made of keeps the same bounds`() throws {
        let parts = try Tree.paths(below: "Sources/Gateway/Page").filter { !$0.hasSuffix(".swift") }
            .map { SourceFile(path: $0, text: try Tree.text($0)) }
        #expect(parts.count == 12)
        expectNone(wideLines(in: parts) + longFiles(in: parts))
    }

    @Test func `no file is longer than one can hold in mind`() {
        expectNone(longFiles(in: Tree.all))
    }

    @Test func `no function is longer than a screen`() {
        expectNone(longFunctions(in: Tree.all))
    }

    @Test func `no type has more stored fields than it had`() {
        let findings = storedFieldsBeyondBound(in: Tree.sources)
        expectNone(Ratchet(name: "stored-fields").excess(of: findings) { $0.path })
    }

    @Test func `the rule for columns counts characters, not bytes`() {
        let narrow = fixture(String(repeating: "é", count: 100))
        let wide = fixture("\n" + String(repeating: "é", count: 101))
        #expect(wideLines(in: [narrow]).isEmpty)
        #expect(wideLines(in: [wide]).map(\.line) == [2])
    }

    @Test func `the rule for files counts lines without the last line end`() {
        let full = fixture(String(repeating: "\n", count: 600))
        let over = fixture(String(repeating: "\n", count: 601))
        #expect(longFiles(in: [full]).isEmpty)
        #expect(longFiles(in: [over]).count == 1)
    }

    @Test func `the rule for functions is not misled by braces in strings and comments`() {
        let line = "    let x = \"}\"  // }\n"
        let fits = "func f() {\n" + String(repeating: line, count: 68) + "}\n"
        let over = "func f(_ a: () -> Void = {}) {\n" + String(repeating: line, count: 69) + "}\n"
        #expect(longFunctions(in: [fixture(fits)]).isEmpty)
        #expect(longFunctions(in: [fixture(over)]).map(\.line) == [1])
    }

    @Test func `the rule for functions sees initialisers, accessors and members`() {
        let body = String(repeating: "        step()\n", count: 70)
        let text = """
            struct S {
                var value: Int {
            \(body)    }
                init() {
            \(body)    }
                static func make() -> S {
            \(body)    }
            }
            """
        #expect(longFunctions(in: [fixture(text)]).count == 3)
    }

    @Test func `a table is no function`() {
        let table = "let all = [\n" + String(repeating: "    f { 1 },\n", count: 100) + "]\n"
        #expect(longFunctions(in: [fixture(table)]).isEmpty)
    }

    @Test func `the rule for fields counts storage, not computed or static properties`() {
        let twelve = (1...12).map { "    let a\($0): Int\n" }.joined()
        let others = "    static let b = 1\n    var c: Int { 1 }\n    func d() { let e = 1 }\n"
        let full = fixture("struct S {\n" + twelve + others + "}\n")
        let over = fixture("struct S {\n" + twelve + others + "    var f = [1: 2]\n}\n")
        #expect(storedFieldsBeyondBound(in: [full]).isEmpty)
        #expect(storedFieldsBeyondBound(in: [over]).map(\.line) == [17])
    }
}

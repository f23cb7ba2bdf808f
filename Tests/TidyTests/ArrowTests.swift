import Foundation
import Testing

/// Which modules a module may import, as one row of the table in docs/architecture.md says.
private struct Row: Equatable {
    var module: String
    /// Modules of this project.
    var ours: Set<String>
    /// Packages and libraries.
    var others: Set<String>
}

/// Reads the rows of the form `| module | A, B | Glibc |` below the heading "Who may import whom".
private func table(in page: String) -> [Row] {
    guard let start = page.range(of: "## Who may import whom") else { return [] }
    let rest = page[start.upperBound...]
    let section = rest.range(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }
    return rows.dropFirst(2).compactMap { line in
        let cells = line.split(separator: "|").map { names(in: $0) }
        guard cells.count >= 3, let module = cells[0].first else { return nil }
        return Row(module: module, ours: Set(cells[1]), others: Set(cells[2]))
    }
}

private func names(in cell: Substring) -> [String] {
    cell.split { !($0.isLetter || $0.isNumber) }.map(String.init)
}

/// Imports that the table does not have.
private func strayImports(in files: [SourceFile], table: [Row]) -> [Finding] {
    files.flatMap { file -> [Finding] in
        let row = table.first { $0.module == file.module }
        guard let row else {
            return [
                Finding(path: file.path, line: 1, advice: "\(file.module) has no row in the table")
            ]
        }
        return file.imports.filter { !row.ours.union(row.others).contains($0.module) }.map {
            Finding(
                path: file.path, line: $0.line,
                advice: "\(file.module) may not import \($0.module): see docs/architecture.md")
        }
    }
}

/// The dependencies that Package.swift gives each module, products by the modules' names.
private func manifestRows(in manifest: String) throws -> [String: Set<String>] {
    let products = ["yams": "Yams", "arguments": "ArgumentParser"]
    let module = try Regex(#"module\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?"#)
    let program = try Regex(#"name: "(apus)",\s*dependencies: \[([^\]]*)\]"#)
    var rows: [String: Set<String>] = [:]
    for match in manifest.matches(of: module) + manifest.matches(of: program) {
        let list = names(in: match.output[2].substring ?? "").map { products[$0] ?? $0 }
        rows[String(match.output[1].substring ?? "")] = Set(list)
    }
    return rows
}

struct ArrowTests {
    private static let page = "docs/architecture.md"

    @Test func `no module imports what the table does not allow`() throws {
        let table = table(in: try Tree.text(Self.page))
        #expect(!table.isEmpty)
        expectNone(strayImports(in: Tree.sources, table: table))
    }

    @Test func `the manifest draws the same arrows as the table`() throws {
        let rows = try manifestRows(in: Tree.text("Package.swift"))
        for row in table(in: try Tree.text(Self.page)) {
            // What comes with the compiler needs no line in the manifest.
            let toolchain: Set = ["Glibc", "Synchronization", "Foundation"]
            let expected = row.ours.union(row.others).subtracting(toolchain)
            #expect(rows[row.module] == expected, "\(row.module) in Package.swift")
        }
    }

    @Test func `every module of the manifest has a row`() throws {
        let rows = try manifestRows(in: Tree.text("Package.swift"))
        let table = table(in: try Tree.text(Self.page))
        #expect(Set(rows.keys) == Set(table.map(\.module)))
    }

    @Test func `no arrow leads back`() throws {
        // Rows come lower rooms first, so that an arrow upwards in the page is an arrow down in the
        // house.
        var known: Set<String> = []
        for row in table(in: try Tree.text(Self.page)) {
            #expect(row.ours.isSubset(of: known), "\(row.module) imports a module of a later row")
            known.insert(row.module)
        }
    }

    @Test func `Foundation stays out of the data path`() {
        let allowed: Set = ["Config", "apus"]
        let findings = Tree.sources.filter { !allowed.contains($0.module) }.flatMap { file in
            file.imports.filter { $0.module.hasPrefix("Foundation") }.map {
                Finding(
                    path: file.path, line: $0.line,
                    advice: "Foundation costs start-up time and hidden allocations; do without")
            }
        }
        expectNone(findings)
    }

    @Test func `the table is read row by row`() {
        let page = """
            ## Who may import whom
            | module | ours | from outside |
            |---|---|---|
            | `Bytes` | – | – |
            | `Linux` | Bytes | CLinux, Glibc |
            ## Next
            | Other | Bytes | |
            """
        let expected = [
            Row(module: "Bytes", ours: [], others: []),
            Row(module: "Linux", ours: ["Bytes"], others: ["CLinux", "Glibc"]),
        ]
        #expect(table(in: page) == expected)
    }

    @Test(arguments: ["import Linux", "package import Linux", "import struct Linux.Socket"])
    func `a stray import is found however it is written`(_ line: String) {
        let table = [Row(module: "Policy", ours: ["Bytes"], others: [])]
        let file = fixture("import Bytes\n// import HTTP\n\(line)\n")
        #expect(strayImports(in: [file], table: table).map(\.line) == [3])
    }

    @Test func `a module without a row is found`() {
        #expect(strayImports(in: [fixture("")], table: []).count == 1)
    }

    @Test func `dependencies of the manifest are read over line ends`() throws {
        let rows = try manifestRows(
            in: """
                module("A"), module(
                    "B",
                    [
                        "A", yams,
                    ]),
                """)
        #expect(rows == ["A": [], "B": ["A", "Yams"]])
    }
}

import Testing

/// Types, functions and initialisers that other modules see and whose meaning only a comment tells.
private func undocumented(in files: [SourceFile]) -> [Finding] {
    let promised = Set(files.flatMap(documentedRequirements))
    return files.flatMap { file in
        file.declarations.compactMap { declaration in
            guard !promised.contains(declaration.name), declaration.modifiers.contains("package"),
                declaration.kind != .property,
                declaration.keyword != "extension", !isPlain(declaration, in: file),
                !isDocumented(declaration, in: file)
            else { return nil }
            return Finding(
                path: file.path, line: declaration.line,
                advice: "\(declaration.name) crosses modules: say what its name does not")
        }
    }
}

/// What the protocols of a file require and document: whoever conforms need not say it again.
private func documentedRequirements(of file: SourceFile) -> [String] {
    let protocols = file.declarations.filter { $0.keyword == "protocol" }
    return file.declarations.filter { declaration in
        declaration.kind == .function && isDocumented(declaration, in: file)
            && protocols.contains { $0.body.contains(declaration.head.lowerBound) }
    }.map(\.name)
}

/// Whether the name says all: operators, requirements of well-known protocols, initialisers that
/// only store.
private func isPlain(_ declaration: Declaration, in file: SourceFile) -> Bool {
    let known: Set = [
        "hash", "encode", "makeIterator", "index", "next", "contains", "insert", "remove", "union",
        "intersection", "subtracting", "intersects",
    ]
    switch declaration.kind {
    case .function:
        let isOperator = declaration.name.utf8.first.map { !SwiftToken.isWordByte($0) } ?? false
        return isOperator && declaration.name != "" && declaration.keyword != "subscript"
            || known.contains(declaration.name)
    case .initializer:
        return isMemberwise(file.tokens[declaration.body])
    default:
        return false
    }
}

/// Whether a body is nothing but `self.name = name` or `name = value`, or empty.
private func isMemberwise(_ body: ArraySlice<SwiftToken>) -> Bool {
    let lines = Dictionary(grouping: body, by: \.line).values
    return lines.allSatisfy { tokens in
        let texts = tokens.map(\.text)
        return texts.contains("=") && !texts.contains("(") && !texts.contains("if")
    }
}

/// Whether the line above the declaration, its attributes passed over, is a documentation comment.
private func isDocumented(_ declaration: Declaration, in file: SourceFile) -> Bool {
    var index = declaration.line - 2
    while index >= 0 {
        let comment = file.comments[index].drop(while: \.isWhitespace)
        if comment.hasPrefix("///") { return true }
        let code = file.code[index].drop(while: \.isWhitespace)
        guard code.hasPrefix("@") else { return false }
        index -= 1
    }
    return false
}

/// Modules without a landing page: a comment that opens `Sources/Module/Module.swift`, or a
/// catalogue.
private func modulesWithoutLanding(_ files: [SourceFile], catalogues: [String]) -> [Finding] {
    let modules = Dictionary(grouping: files, by: \.module)
    return modules.keys.sorted().compactMap { module in
        let path = "Sources/\(module)/\(module).swift"
        let page = modules[module]?.first { $0.path == path }
        if let page, page.comments.prefix(3).contains(where: { !isBlank($0) }) { return nil }
        if catalogues.contains("Sources/\(module)/\(module).docc/\(module).md") { return nil }
        if module == "apus" { return nil }
        return Finding(
            path: path, line: 1,
            advice: "open it with what \(module) decides, never does, and where to begin reading")
    }
}

struct DocumentationTests {
    @Test func `what crosses modules is documented`() {
        let findings = undocumented(in: Tree.sources)
        expectNone(Ratchet(name: "undocumented").excess(of: findings) { $0.path })
    }

    @Test func `every module has a landing page`() {
        let findings = modulesWithoutLanding(
            Tree.sources, catalogues: Tree.paths(below: "Sources").filter { $0.hasSuffix(".md") })
        expectNone(Ratchet(name: "landing").excess(of: findings) { $0.path })
    }

    @Test(arguments: [
        "package struct A {}", "package enum A {}", "package protocol A {}",
        "package func a() {}", "package static func a() {}", "package mutating func a() {}",
        "package init(a: Int) { b = f(a) }", "package subscript(a: Int) -> Int { 1 }",
        "// Not a documentation comment.\npackage func a() {}",
        "/// Of another.\n\npackage func a() {}",
    ])
    func `a bare declaration is found`(_ text: String) {
        #expect(undocumented(in: [fixture(text)]).count == 1)
    }

    @Test(arguments: [
        "/// Says it.\npackage struct A {}", "struct A {}", "private func a() {}",
        "/// Says it.\n@inlinable\npackage func a() {}",
        "/// Says it.\n@inlinable package func a() {}", "package import Bytes",
        "package init() {}", "package init(a: Int, b: Int) {\n    self.a = a\n    c = b\n}",
        "package static func == (a: A, b: A) -> Bool { true }",
        "package func hash(into hasher: inout Hasher) {}", "package let slot: UInt32",
    ])
    func `what is documented or says all is not`(_ text: String) {
        #expect(undocumented(in: [fixture(text)]).isEmpty)
    }

    @Test func `a requirement is documented once`() {
        let text = """
            /// A kernel.
            package protocol Kernel {
                /// Reads.
                func read()
                func write()
            }
            package struct Real: Kernel {
                package func read() {}
                package func write() {}
            }
            """
        #expect(undocumented(in: [fixture(text)]).map(\.line) == [7, 9])
    }

    @Test func `a module without a landing page is found`() {
        let bare = [fixture("struct A {}", path: "Sources/A/A.swift")]
        let page = [fixture("// A decides.", path: "Sources/A/A.swift")]
        let other = [fixture("// B.", path: "Sources/A/B.swift")]
        #expect(modulesWithoutLanding(bare, catalogues: []).count == 1)
        #expect(modulesWithoutLanding(other, catalogues: []).count == 1)
        #expect(modulesWithoutLanding(page, catalogues: []).isEmpty)
        #expect(modulesWithoutLanding(other, catalogues: ["Sources/A/A.docc/A.md"]).isEmpty)
    }
}

import Testing

/// Files none of whose names another file of the sources says.
///
/// A file with types is looked for by its types, one with extensions only by its members.
private func deadFiles(in files: [SourceFile], users: [SourceFile]) -> [Finding] {
    var users = (files + users).map { (path: $0.path, words: Set($0.tokens.map(\.text))) }
    users.sort { $0.path < $1.path }
    return files.compactMap { file in
        let names = exportedNames(of: file)
        guard !names.isEmpty, file.name != "main.swift" else { return nil }
        let isUsed = users.contains { $0.path != file.path && !$0.words.isDisjoint(with: names) }
        if isUsed { return nil }
        return Finding(
            path: file.path, line: 1,
            advice: "no other file says \(names.sorted().prefix(3).joined(separator: ", ")); use it"
                + " or delete it")
    }
}

private func exportedNames(of file: SourceFile) -> Set<String> {
    let visible = file.declarations.filter {
        !$0.modifiers.contains("private") && !$0.modifiers.contains("fileprivate")
    }
    let types = visible.filter {
        $0.kind == .type && $0.keyword != "extension" && $0.typeDepth == 0
    }
    if !types.isEmpty { return Set(types.map(\.name)) }
    let members = visible.filter { $0.kind == .function || $0.kind == .property }
    return Set(members.map(\.name)).subtracting(["subscript", "init", "description"])
}

struct DeadFileTests {
    @Test func `every file is used by another`() {
        // Simulation is there for the tests.
        let findings = deadFiles(
            in: Tree.sources.filter { $0.module != "Simulation" },
            users: Tree.sources.filter { $0.module == "Simulation" })
        expectNone(Ratchet(name: "dead-files").excess(of: findings) { $0.path })
    }

    @Test func `a file that nobody names is found`() {
        let dead = fixture("struct Lonely {}", path: "Sources/A/Lonely.swift")
        let user = fixture("let a = \"Lonely\" // Lonely", path: "Sources/A/main.swift")
        #expect(deadFiles(in: [dead, user], users: []).map(\.path) == ["Sources/A/Lonely.swift"])
    }

    @Test func `a type or a member named elsewhere keeps its file`() {
        let type = fixture("struct Known {}", path: "Sources/A/Known.swift")
        let member = fixture("extension Known { func act() {} }", path: "Sources/A/Known+Act.swift")
        let user = fixture("Known().act()", path: "Sources/A/main.swift")
        #expect(deadFiles(in: [type, member, user], users: []).isEmpty)
        #expect(deadFiles(in: [type, member], users: []).map(\.path) == [member.path])
    }
}

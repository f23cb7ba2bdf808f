import Testing

private func unsafeUses(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.tokens.filter { $0.text == "unsafe" || $0.text == "safe" }.map {
            Finding(
                path: file.path, line: $0.line,
                advice: "one more `\($0.text)` in \(file.module); do without, or lower another")
        }
    }
}

private func uncheckedSendables(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        zip(file.tokens, file.tokens.dropFirst()).compactMap { mark, word in
            guard mark.text == "@", word.text == "unchecked" else { return nil }
            return Finding(
                path: file.path, line: word.line,
                advice: "@unchecked Sendable: three is the most; share an Atomic or a Mutex")
        }
    }
}

struct UnsafeTests {
    /// Modules that read what peers and operators wrote, where a slip would be a hole.
    private static let safeModules: Set = ["HTTP", "Policy", "Config"]
    private static let uncheckedMax = 3

    @Test func `the modules that read foreign bytes are safe throughout`() {
        expectNone(unsafeUses(in: Tree.sources.filter { Self.safeModules.contains($0.module) }))
    }

    @Test func `no module has more unsafe places than it had`() {
        let findings = unsafeUses(in: Tree.sources)
        let modules = Dictionary(Tree.sources.map { ($0.path, $0.module) }) { first, _ in first }
        let excess = Ratchet(name: "unsafe").excess(of: findings) { modules[$0.path] ?? $0.path }
        // One line a module is enough: which of its places is the new one cannot be told.
        let firsts = Dictionary(grouping: excess) { modules[$0.path] ?? "" }
        expectNone(firsts.values.compactMap(\.first))
    }

    @Test func `at most three types vouch for their own thread safety`() {
        let findings = uncheckedSendables(in: Tree.sources)
        if findings.count > Self.uncheckedMax { expectNone(findings) }
    }

    @Test func `an unsafe expression and a safe type are found`() {
        let file = fixture(
            "@safe struct S {\n  let a = unsafe b // unsafe\n  let c = \"unsafe\"\n}")
        #expect(unsafeUses(in: [file]).map(\.line) == [1, 2])
    }

    @Test func `an unchecked conformance is found`() {
        let file = fixture("final class A: @unchecked Sendable {}\nstruct B: Sendable {}")
        #expect(uncheckedSendables(in: [file]).map(\.line) == [1])
    }

    @Test func `a ratchet lets a count fall and not rise`() {
        let findings = (1...3).map { Finding(path: "a", line: $0, advice: "") }
        let place: (Finding) -> String = { $0.path }
        #expect(Ratchet(name: "", allowed: ["a": 4]).excess(of: findings, by: place).isEmpty)
        #expect(Ratchet(name: "", allowed: ["a": 3]).excess(of: findings, by: place).isEmpty)
        #expect(Ratchet(name: "", allowed: ["a": 2]).excess(of: findings, by: place).count == 3)
        #expect(Ratchet(name: "", allowed: ["b": 9]).excess(of: findings, by: place).count == 3)
    }

    @Test func `a ratchet's file is read line by line`() {
        #expect(Ratchet.parse("2 Bytes\n11 a b\n\nx\n") == ["Bytes": 2, "a b": 11])
    }
}

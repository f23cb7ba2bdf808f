import Testing

/// Words that hide the noun that is missing.
private let emptyWords = [
    "Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Impl", "Base", "Info", "Data",
    "Context",
]

private func emptyNames(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.declarations.compactMap { declaration in
            let isEmptyType =
                declaration.kind == .type && declaration.keyword != "extension"
                && emptyWords.contains { declaration.name.hasSuffix($0) }
            let isEmptyVerb =
                declaration.kind == .function && declaration.name.hasPrefix("handle")
            guard isEmptyType || isEmptyVerb else { return nil }
            return Finding(
                path: file.path, line: declaration.line,
                advice: "\(declaration.name) says too little; name what it is, or what it does")
        }
    }
}

/// Files of tests that hold no suite of their name.
private func misnamedTests(_ tests: [SourceFile]) -> [Finding] {
    tests.filter { $0.path.hasSuffix("Tests.swift") && !$0.declarations.isEmpty }.compactMap {
        test in
        let hasSuite = test.declarations.contains {
            $0.kind == .type && $0.typeDepth == 0 && test.name == "\($0.name).swift"
        }
        if hasSuite { return nil }
        return Finding(
            path: test.path, line: 1, advice: "a file of tests is named after the suite in it")
    }
}

struct NameTests {
    @Test func `no name hides a missing noun or verb`() {
        expectNone(emptyNames(in: Tree.sources))
    }

    @Test func `a file of tests holds the suite of its name`() {
        expectNone(misnamedTests(Tree.tests))
    }

    @Test(arguments: [
        "struct PoolManager {}", "enum StringUtils {}", "class RouteImpl {}",
        "struct RequestInfo {}", "func handleEvent() {}",
    ])
    func `an empty name is found`(_ text: String) {
        #expect(emptyNames(in: [fixture(text)]).count == 1)
    }

    @Test(arguments: ["struct Handshake {}", "extension Data {}", "func perform() {}"])
    func `a telling name is not`(_ text: String) {
        #expect(emptyNames(in: [fixture(text)]).isEmpty)
    }

    @Test func `a suite under another name is found`() {
        let path = "Tests/ATests/BTests.swift"
        let wrong = fixture("struct CTests {}", path: path)
        let right = fixture("struct BTests {}", path: path)
        #expect(misnamedTests([wrong]).count == 1)
        #expect(misnamedTests([right]).isEmpty)
    }
}

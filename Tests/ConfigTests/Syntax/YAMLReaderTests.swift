import Testing

@testable import Config

struct YAMLReaderTests {
    /// The tree and what was said about the text.
    private func read(_ text: String) -> (tree: SyntaxNode?, said: [String]) {
        let report = Report(file: "a")
        guard let source = SourceText(Array(text.utf8), report: report) else {
            return (nil, report.sorted.map(\.text))
        }
        let tree = YAMLReader.read(source, report: report)
        return (tree, report.sorted.map(\.text))
    }

    /// The tree in one line: what is quoted has quotes.
    private func shape(_ node: SyntaxNode?) -> String {
        switch node {
        case nil: "nothing"
        case .scalar(let scalar): scalar.isPlain ? scalar.text : "'\(scalar.text)'"
        case .sequence(let nodes, _): "[\(nodes.map { shape($0) }.joined(separator: ", "))]"
        case .mapping(let entries, _):
            "{\(entries.map { "\($0.key): \(shape($0.value))" }.joined(separator: ", "))}"
        }
    }

    @Test(arguments: [
        ("", "nothing"), ("# comment", "nothing"), ("a: 1", "{a: 1}"), ("on: off", "{on: off}"),
        ("- 1\n- [2, '3']", "[1, [2, '3']]"), ("a: |\n  x\n  y\n", "{a: 'x\ny\n'}"),
        ("a: >-\n  x\n  y\n", "{a: 'x y'}"), ("a: \"\\u00e9\\0\"", "{a: 'é\0'}"),
        ("a:\r\n  b: 1\r\n", "{a: {b: 1}}"), ("a: 2 * 3\nb: '*'", "{a: 2 * 3, b: '*'}"),
        ("a: /*", "{a: /*}"), ("{a: {b: }}", "{a: {b: }}"), ("\u{feff}a: 1", "{a: 1}"),
    ])
    func `a text is read into a tree of texts`(text: String, tree: String) {
        let result = read(text)
        #expect(shape(result.tree) == tree)
        #expect(result.said == [])
    }

    @Test func `keys and values know where they stand, in scalars`() {
        guard case .mapping(let entries, _)? = read("\"ä\": 1\n  \nb:   [x, '*y']").tree else {
            Issue.record("no mapping")
            return
        }
        #expect(entries[0].value.position == Position(line: 1, column: 6))
        #expect(entries[1].keyPosition == Position(line: 3, column: 1))
        guard case .sequence(let nodes, let start) = entries[1].value else { return }
        #expect(start == Position(line: 3, column: 6))
        #expect(nodes[1].position == Position(line: 3, column: 10))
    }

    @Test func `an alias stands for the whole value of its anchor`() {
        let result = read("a: &x [1, &y {b: 2}]\nc: *x\nd: [*y, *y]\ne: &z *y\nf: *z")
        #expect(
            shape(result.tree)
                == "{a: [1, {b: 2}], c: [1, {b: 2}], d: [{b: 2}, {b: 2}], e: {b: 2}, f: {b: 2}}")
        #expect(result.said == [])
    }

    @Test func `an alias of nothing, of itself or as a key is refused`() {
        #expect(read("a: *b").said.count == 1)
        #expect(read("a: &a [*a]").said.count == 1)
        #expect(read("a: &a 1\n*a : 2").said.count == 1)
    }

    @Test func `aliases that grow without end are counted, not expanded`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let inner = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        let result = read(text)
        #expect(result.tree == nil)
        #expect(result.said.count == 1)
        #expect(result.said.first?.contains("holds more than 100000 values") == true)
    }

    @Test func `aliases that only grow deep are stopped too`() {
        var text = "a0: &a0 x\n"
        for level in 1...100 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let result = read(text)
        #expect(result.tree == nil)
        #expect(result.said == ["a:65:12: error: yaml: is nested deeper than 64 levels"])
    }

    @Test func `aliases inside keys are not expanded either`() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        let result = read(text + "? [*a60, *a60]\n: 1\n? [*a60, *a60, 1]\n: 2\n")
        #expect(result.tree == nil)
        #expect(!result.said.isEmpty)
    }

    @Test(arguments: [63, 64, 65, 900, 2000, 100_000])
    func `nesting ends at 64 levels`(depth: Int) {
        let brackets = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let blocks = String(repeating: "- ", count: depth) + "x"
        let keys = (0..<min(depth, 1000)).map { String(repeating: " ", count: $0) + "a:\n" }
            .joined()
        for text in [brackets, blocks, keys] {
            let result = read(text)
            #expect((result.tree != nil) == (depth <= 64))
            #expect(result.said.isEmpty == (depth <= 64))
        }
    }

    @Test(arguments: [
        "a: [", "a: ]", "{", "a: b: c", "\ta: 1", "a: 'x", "a: \"\\q\"", "a\nb: 1", "- a\nb: 1",
        "a: @x", "--- a\n--- b",
        "%YAML 9.9\n---\na: 1", "a: !<x y", "? ", "&a", "a: &", "a: *", "!!binary x",
        "a: \"\\uD800\"", "\"", "'",
    ])
    func `what is no YAML, or too much of it, is one problem or none, and no trap`(text: String) {
        #expect(read(text).said.count <= 2)
    }

    @Test func `a key that stands twice is reported where it stands again`() {
        let block = read("a: 1\nb:\n  a: 1\n'a': 2\nc: 3\na : 4")
        #expect(
            block.said == [
                "a:4:1: error: a: was already given further up",
                "a:6:1: error: a: was already given further up",
            ])
        #expect(shape(block.tree) == "{a: 1, b: {a: 1}, c: 3}")
        let flow = read("x: { a: [1, {a: 1}], \"b\": 'a, a', a: 2, # a: 3,\n  b: 4 }")
        #expect(
            flow.said == [
                "a:1:35: error: x.a: was already given further up",
                "a:2:3: error: x.b: was already given further up",
            ])
    }

    @Test func `a key that was spelt with escapes is reported where it stands first`() {
        let result = read("a: 1\n\"\\u0061\": 2")
        #expect(result.said == ["a:1:1: error: yaml: the key \"a\" is given more than once"])
    }

    @Test func `more repeated keys than can be followed end the reading`() {
        let text = (10..<60).map { "key\($0): 1\nkey\($0): 2\n" }.joined()
        let result = read(text)
        #expect(result.tree == nil)
        #expect(result.said.count == 21)
        #expect(result.said[0] == "a:2:1: error: yaml: the key \"key10\" was already given")
    }

    @Test func `repeated keys are told although the text breaks off later`() {
        let result = read("a: { b: 1, b: 2 }\nc: ]")
        #expect(result.said.count == 2)
        #expect(result.said[0] == "a:1:12: error: yaml: the key \"b\" was already given")
    }
}

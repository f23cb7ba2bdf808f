import Testing

@testable import Config

struct DuplicateKeysTests {
    /// Where the next key of that name is found, if it is.
    private func second(_ text: String, _ name: String, _ line: Int, _ column: Int) -> Position? {
        var duplicates = DuplicateKeys(text: text)
        let isFound = duplicates.rename(name, after: Position(line: line, column: column))
        #expect(isFound == (duplicates.names.count == 1))
        #expect(isFound == (duplicates.text != text))
        #expect(duplicates.text.unicodeScalars.count == text.unicodeScalars.count)
        return duplicates.names.keys.first
    }

    @Test func `in a block it is on a line of the same indentation`() {
        let text = "x:\n  a: 1\n  b: 'a: '\n\n   # a: 0\n    a: 3\n  a : 2\nx: 1\n"
        #expect(second(text, "a", 2, 3) == Position(line: 7, column: 3))
        #expect(second(text, "x", 1, 1) == Position(line: 8, column: 1))
    }

    @Test func `a line with less indentation ends the block`() {
        #expect(second("x:\n  a: 1\ny:\n  a: 2\n", "a", 2, 3) == nil)
    }

    @Test func `within brackets it follows a comma of the same brackets`() {
        let text = "{ a: { a: 1 }, b: [x, a], 'c': \", a: \", # , a: 9\n \"a\": 2 }"
        #expect(second(text, "a", 1, 3) == Position(line: 2, column: 2))
        #expect(second("{ a: 1 }, a: 2", "a", 1, 3) == nil)
    }

    @Test func `a name that only begins alike is another`() {
        #expect(second("a: 1\nab: 2\n", "a", 1, 1) == nil)
        #expect(second("{a: 1, ab: 2, 'a b': 3}", "a", 1, 2) == nil)
    }

    @Test func `quotes that are not closed, and places that are not there, find nothing`() {
        #expect(second("{a: \"", "a", 1, 2) == nil)
        #expect(second("a: 1", "a", 7, 1) == nil)
        #expect(second("a: 1", "a", 1, 99) == nil)
        #expect(second("a: 1\n", "", 1, 1) == nil)
        #expect(second("a: 1\n   ", "a", 1, 1) == nil)
    }

    @Test func `a letter beyond ASCII counts as one column`() {
        #expect(second("ä: 1\nb: ü\nä: 2\n", "ä", 1, 1) == Position(line: 3, column: 1))
        #expect(second("{é: ü, é: 2}", "é", 1, 2) == Position(line: 1, column: 8))
    }
}

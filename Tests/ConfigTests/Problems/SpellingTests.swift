import Testing

@testable import Config

struct SpellingTests {
    private func distance(_ source: String, _ target: String) -> Int {
        Spelling.editDistance(Array(source.unicodeScalars), Array(target.unicodeScalars))
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("same", "same", 0), ("bind", "bnid", 1),
        ("limits", "limit", 1), ("kitten", "sitting", 3), ("ab", "ba", 1),
    ])
    func `the distance counts slips of the keyboard`(source: String, target: String, count: Int) {
        #expect(distance(source, target) == count)
        #expect(distance(target, source) == count)
    }

    @Test func `the nearest word wins, the first among equals`() {
        #expect(Spelling.nearest(to: "conect", among: ["connections", "connect"]) == "connect")
        #expect(Spelling.nearest(to: "bat", among: ["cat", "hat"]) == "cat")
        #expect(Spelling.nearest(to: "LOG", among: ["log"]) == "log")
    }

    @Test func `a word cut short is near`() {
        #expect(Spelling.nearest(to: "warning", among: ["debug", "warn"]) == "warn")
        #expect(Spelling.nearest(to: "conf", among: ["configuration"]) == "configuration")
    }

    @Test func `a word that is near nothing gets no suggestion`() {
        #expect(Spelling.nearest(to: "zebra", among: ["limits", "log"]) == nil)
        #expect(Spelling.nearest(to: "", among: ["log"]) == nil)
        #expect(Spelling.nearest(to: String(repeating: "a", count: 41), among: ["a"]) == nil)
        #expect(Spelling.nearest(to: "ab", among: ["cd"]) == nil)
    }
}

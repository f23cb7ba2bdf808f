import Testing

@testable import Policy

struct JSONDepthTests {
    /// The reason's token at a depth of 3, the same for every piece size; `passes` without one.
    private func verdict(_ text: String) -> String { verdict(Array(text.utf8)) }

    private func verdict(_ bytes: [UInt8]) -> String {
        let whole = BodyInvariants.jsonVerdict(bytes, depthMax: 3)
        for step in [1, 2, 3, 7, 8, 9] {
            for lead in 0...min(bytes.count, 24) {
                #expect(
                    BodyInvariants.jsonVerdict(bytes, depthMax: 3, step: step, lead: lead) == whole,
                    "in \(step) behind \(lead)")
            }
        }
        return whole.map { "\($0.token)" } ?? "passes"
    }

    @Test(arguments: [
        "", "1", "null", "[[[1,2],[3]]]", #"{"a":{"b":[1,2]}}"#,
        "[1][2][3][4][5]\n{}\n", "[ -1.5e+3, true, NaN ]", "\u{feff}[[[]]]", "[[[", "\"open",
    ])
    func `a text nested no deeper passes`(text: String) {
        #expect(verdict(text) == "passes")
    }

    @Test(arguments: ["[[[[", "[[[[]]]]", "{\"a\":[{\"b\":{}}]}", "[[[]],[[[1]]]]"])
    func `a text nested deeper is refused`(text: String) {
        #expect(verdict(text) == "json_too_deep")
    }

    @Test(arguments: [
        #"["[[[[[[[["]"#, #"["\"[[[[[[[["]"#, #"["\\\"[[[[{{{{"]"#, #"{"]]]]":"}}}}"}"#,
        #"["é[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]"#, #"["\u005b\u005b\u005b\u005b"]"#,
    ])
    func `brackets in strings do not count`(text: String) {
        #expect(verdict(text) == "passes")
    }

    @Test(arguments: [#"["\\",[[[1]]]]"#, #"["\\\\",[[[["#, #"["a","\"",[[["#])
    func `brackets behind strings do`(text: String) {
        #expect(verdict(text) == "json_too_deep")
    }

    @Test(arguments: [
        "/* \" */ [[[[[[ /* \" */", "// \"\n[[[[", "['\"', [[[[[", "]", "[]]", "# \"",
        "[\"a\nb\"]", "[\"a\tb\"]", "[\"a\\\nb\"]", "[\0]", "[\"\0\"]", "`", "é", "[\\u005b",
        "[\u{feff}]",
    ])
    func `what a lenient reader would take for something else is refused`(text: String) {
        #expect(verdict(text) == "json_malformed")
    }

    @Test func `other encodings of Unicode are refused by their first bracket`() {
        for text in ["[[[[[[", "\u{2200}[", "{}"] {
            #expect(verdict(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }) != "passes")
            #expect(verdict(text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }) != "passes")
            let wide = text.unicodeScalars.flatMap { [0, 0, 0, UInt8($0.value & 255)] }
            #expect(verdict(wide) != "passes")
        }
    }
}

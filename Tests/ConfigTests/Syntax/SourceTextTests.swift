import Testing

@testable import Config

struct SourceTextTests {
    private func refusal(_ bytes: [UInt8]) -> String? {
        let report = Report(file: "a")
        let source = SourceText(bytes, report: report)
        #expect((source == nil) == report.hasErrors)
        return report.sorted.first?.text
    }

    @Test func `bytes that are no UTF-8 are refused where they begin`() {
        #expect(
            refusal([0x61, 0x0a, 0xc3, 0xa9, 0xff]) == "a:2:2: error: file: is not valid UTF-8")
        #expect(refusal([0xed, 0xa0, 0x80]) == "a:1:1: error: file: is not valid UTF-8")
        #expect(refusal([0xc0, 0x80]) == "a:1:1: error: file: is not valid UTF-8")
    }

    @Test func `control characters and noncharacters are refused where they stand`() {
        let hint = " (between double quotes it can be written as an escape)"
        #expect(
            refusal([0x61, 0x0a, 0x00])
                == "a:2:1: error: file: holds the control character U+0000\(hint)")
        #expect(refusal(Array("\u{1b}".utf8))?.contains("U+001B") == true)
        #expect(refusal(Array("a\rb".utf8))?.contains("U+000D") == true)
        #expect(refusal(Array("a\u{2028}".utf8))?.contains("U+2028") == true)
        #expect(refusal([0xef, 0xb7, 0x90])?.contains("U+FDD0") == true)
        #expect(refusal([0xf4, 0x8f, 0xbf, 0xbf])?.contains("U+10FFFF") == true)
    }

    @Test func `line ends, tabs, one byte order mark and all scripts are text`() {
        #expect(refusal(Array("\u{feff}a\r\n\tb: ü 漢 🦅\n".utf8)) == nil)
        #expect(refusal(Array("a\u{feff}".utf8)) != nil)
        #expect(refusal([]) == nil)
    }

    @Test func `a file longer than a mebibyte is refused`() {
        let longest = [UInt8](repeating: 0x23, count: SourceText.bytesMax)
        #expect(refusal(longest) == nil)
        #expect(refusal(longest + [0x23]) == "a:1:1: error: file: is larger than 1MiB")
    }
}

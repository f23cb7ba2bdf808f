import Testing

@testable import HTTP

@Suite struct WireCaseTests {
    @Test func `there are cases enough, and no two have one heading`() {
        let headings = WireCase.all.map(\.testDescription)
        #expect(headings.count >= 700)
        #expect(Set(headings).count == headings.count)
    }

    @Test(arguments: WireCase.all)
    func `a message means the same however its bytes arrive`(test: WireCase) {
        let bytes = test.input.bytes
        let whole = WireTranscript.of(test.input, in: [bytes[...]])
        #expect(selected(whole, test) == test.expected)
        for division in divisions(of: bytes.count) {
            let pieces = [bytes[..<division], bytes[division...]]
            let transcript = WireTranscript.of(test.input, in: pieces)
            #expect(transcript == whole, "split at \(division)")
            guard transcript == whole else { return }
        }
        let single = bytes.indices.map { bytes[$0...$0] }
        #expect(WireTranscript.of(test.input, in: single) == whole, "byte by byte")
    }

    /// Every place to divide a message at; of long ones the first and last hundred and every 97th.
    private func divisions(of count: Int) -> [Int] {
        (0...count).filter { count <= 400 || $0 < 100 || $0 > count - 100 || $0 % 97 == 0 }
    }

    /// A case that lists no field is not about fields.
    private func selected(_ lines: [String], _ test: WireCase) -> [String] {
        let listsFields = test.expected.contains { $0.hasPrefix("field ") }
        return listsFields ? lines : lines.filter { !$0.hasPrefix("field ") }
    }
}

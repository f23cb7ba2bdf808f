import Bytes
import Dice
import Testing

@testable import Policy

struct DelimiterSearchTests {
    /// Where the needle ends first in the text, in pieces of `step`, and whether at a line's start.
    private func found(
        _ boundary: String, in text: [UInt8], step: Int
    ) -> (end: Int, isAtLineStart: Bool)? {
        let bytes = Array(boundary.utf8)
        var search = DelimiterSearch()
        search.prepare(ByteRange(0, bytes.count), of: bytes.span)
        search.restart()
        var start = 0
        while start < text.count {
            let end = min(text.count, start + step)
            let piece = Array(text[start..<end])
            if let place = search.find(in: piece.span, from: 0) {
                return (start + place, search.isAtLineStart)
            }
            start = end
        }
        return nil
    }

    private func expected(_ boundary: String, in text: [UInt8]) -> (end: Int, isAtLineStart: Bool)?
    {
        guard let range = text.firstRange(of: Array("--\(boundary)".utf8)) else { return nil }
        return (range.upperBound, Array(text[..<range.lowerBound].suffix(2)) == [13, 10])
    }

    @Test(arguments: ["b", "-", "--b", "-b-b-b", "bb-bb", "----Boundary7MA4YWxkTrZu0gWXYZ"])
    func `made-up texts are searched as a plain search does`(boundary: String) {
        var dice = Dice(seed: 7)
        let alphabet = Array("-b\r\n-".utf8)
        let needle = Array("--\(boundary)".utf8)
        for _ in 0..<400 {
            var text: [UInt8] = []
            for _ in 0..<dice.roll(12) {
                switch dice.roll(4) {
                case 0: text += needle.prefix(dice.roll(needle.count + 1))
                case 1: text += [13, 10]
                case 2: text += (0..<dice.roll(40)).map { _ in 120 }
                default: text += (0..<dice.roll(6)).map { _ in alphabet[dice.roll(alphabet.count)] }
                }
            }
            let expected = expected(boundary, in: text)
            for step in [1, 2, 3, 5, 8, 31, 1000] {
                let found = found(boundary, in: text, step: step)
                #expect(found?.end == expected?.end, "\(text) in \(step)")
                #expect(found?.isAtLineStart == expected?.isAtLineStart, "\(text) in \(step)")
            }
        }
    }

    @Test func `a longest boundary is found in a long text, wherever it is cut`() {
        let boundary = String(repeating: "ab", count: 35)
        let text = Array(repeating: UInt8(97), count: 500) + Array("\r\n--\(boundary)--".utf8)
        for step in 1...150 {
            #expect(found(boundary, in: text, step: step)?.end == text.count - 2)
            #expect(found(boundary, in: text, step: step)?.isAtLineStart == true)
        }
    }
}

extension Dice {
    /// 0 to `bound - 1`.
    fileprivate mutating func roll(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

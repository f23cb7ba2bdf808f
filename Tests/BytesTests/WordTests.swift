import Dice
import Testing

@testable import Bytes

@Suite struct WordTests {
    /// Words of bytes that lie near the bounds that searches look for.
    private func words(_ seed: UInt64) -> [[UInt8]] {
        var dice = Dice(seed: seed)
        let bytes: [UInt8] = [
            0, 1, 8, 9, 10, 13, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,
            0x39, 0x3a, 0x3b, 0x3f, 0x40, 0x41, 0x5a, 0x5b, 0x5f, 0x60, 0x61, 0x7a, 0x7b, 0x7e,
            0x7f, 0x80, 0x81, 0x9f, 0xa0, 0xad, 0xff,
        ]
        return (0..<4000).map { turn in
            (0..<8).map { _ in
                turn & 3 == 0 ? 0x61 : bytes.randomElement(using: &dice) ?? 0
            }
        }
    }

    private func word(_ bytes: [UInt8]) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
    }

    /// Whether a search's lowest mark is at the first byte that `isSought` names.
    private func finds(
        _ seed: UInt64, marks: (UInt64) -> UInt64, _ isSought: (UInt8) -> Bool
    ) -> Bool {
        words(seed).allSatisfy { bytes in
            Word.firstMark(marks(word(bytes))) == bytes.firstIndex(where: isSought) ?? 8
        }
    }

    @Test func `searches mark the first byte they seek`() {
        #expect(finds(1, marks: { Word.marks(of: 0x3a, in: $0) }, { $0 == 0x3a }))
        #expect(finds(2, marks: { Word.marks(of: 0x00, in: $0) }, { $0 == 0x00 }))
        #expect(finds(3, marks: { Word.marks(of: 0xff, in: $0) }, { $0 == 0xff }))
        #expect(finds(4, marks: { Word.marks(below: 0x20, in: $0) }, { $0 < 0x20 }))
        #expect(finds(5, marks: { Word.marks(below: 0x01, in: $0) }, { $0 < 0x01 }))
        #expect(finds(6, marks: { Word.marks(below: 0x80, in: $0) }, { $0 < 0x80 }))
        #expect(finds(7, marks: { Word.marks(outside: 0x20, in: $0) }, { $0 < 0x20 || $0 > 0x7e }))
        #expect(finds(8, marks: { Word.marks(outside: 0x21, in: $0) }, { $0 < 0x21 || $0 > 0x7e }))
        #expect(finds(9, marks: { Word.controls(in: $0) }, { $0 < 0x20 || $0 == 0x7f }))
    }

    @Test func `words are judged as their bytes are`() {
        let name = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789-")
        let host = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789-.")
        for place in 0..<8 {
            for byte in UInt8.min...UInt8.max {
                var text = Array("a-z09.am".utf8)
                #expect(Word.isLowerCaseHost(word(text)))
                text[5] = 0x62
                #expect(Word.isLowerCaseName(word(text)))
                text[place] = byte
                #expect(Word.isLowerCaseName(word(text)) == text.allSatisfy { name.contains($0) })
                #expect(Word.isLowerCaseHost(word(text)) == text.allSatisfy { host.contains($0) })
            }
        }
        for bytes in words(10) {
            #expect(Word.isLowerCaseName(word(bytes)) == bytes.allSatisfy { name.contains($0) })
            #expect(Word.isLowerCaseHost(word(bytes)) == bytes.allSatisfy { host.contains($0) })
        }
    }

    @Test func `digits are told from all other bytes`() {
        for bytes in words(7) {
            let values = bytes.map { $0 ^ 0x30 }
            #expect(Word.areDigits(word(values)) == values.allSatisfy { $0 < 10 })
        }
        #expect(Word.areDigits(0x0909_0909_0900_0109))
    }

    @Test func `letters become small, and nothing else becomes a letter, a digit or a hyphen`() {
        for byte in UInt8.min...UInt8.max {
            let lowered = bytes(Word.lowerCased(Word.repeating(byte)))
            let isCapital = byte >= 0x41 && byte <= 0x5a
            let expected = isCapital ? byte | 0x20 : lowered[0]
            #expect(lowered == [UInt8](repeating: expected, count: 8))
            let isName = ByteSet("abcdefghijklmnopqrstuvwxyz0123456789-").contains(lowered[0])
            #expect(!isName || isCapital || byte == lowered[0])
        }
    }

    @Test func `one byte is replaced wherever it stands, and no other`() {
        for bytes in words(11) {
            let ascii = bytes.map { $0 & 0x7f }
            let replaced = Word.replacing(0x2e, with: 0x2d, in: word(ascii))
            #expect(self.bytes(replaced) == ascii.map { $0 == 0x2e ? 0x2d : $0 })
        }
        // Bytes above 0x7f stay what they are, and harm no other.
        for bytes in words(12) {
            let replaced = Word.replacing(0x5f, with: 0x2d, in: word(bytes))
            #expect(self.bytes(replaced) == bytes.map { $0 == 0x5f ? 0x2d : $0 })
        }
    }

    @Test func `the start of a word is kept, the rest is zeros or padding`() {
        let text = Array("ABCDEFGH".utf8)
        for count in 0..<8 {
            let head = Array(text.prefix(count))
            #expect(
                bytes(Word.prefix(word(text), count)) == head
                    + Array(repeating: 0, count: 8 - count))
            #expect(
                bytes(Word.padded(word(text), count)) == head
                    + Array(repeating: 0x61, count: 8 - count))
        }
        #expect(Word.padded(word(text), 8) == word(text))
        #expect(Word.padded(word(text), 99) == word(text))
    }

    @Test func `literals become words`() {
        #expect(bytes(Word.of("HTTP/1.1")) == Array("HTTP/1.1".utf8))
        #expect(bytes(Word.of("GET ")) == Array("GET ".utf8) + [0, 0, 0, 0])
        #expect(bytes(Word.of("Content-Length", from: 8)) == Array("Length".utf8) + [0, 0])
        #expect(Word.of("short", from: 8) == 0)
        #expect(Word.of("") == 0)
    }

    @Test func `a word is read anywhere, zeros standing for what is not there`() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8($0 + 1) }
            for offset in -9...(count + 9) {
                let expected = (offset..<(offset + 8)).map { place in
                    bytes.indices.contains(place) && offset >= 0 ? bytes[place] : 0
                }
                #expect(self.bytes(bytes.span.word(at: offset)) == expected)
                if offset >= 0 {
                    #expect(self.bytes(bytes.span.word(at: UInt32(offset))) == expected)
                }
            }
            for offset in [Int.min, Int.max, Int.max - 7, Int.min + 7] {
                #expect(bytes.span.word(at: offset) == 0)
            }
        }
    }

    @Test func `the first control character is found, tabs being none`() {
        var dice = Dice(seed: 13)
        for bytes in words(14) {
            let text = (bytes + bytes.reversed()).map { dice.next() & 3 == 0 ? $0 : 0x41 }
            for start in 0...text.count {
                let expected = text[start...].firstIndex { ($0 < 0x20 && $0 != 9) || $0 == 0x7f }
                #expect(text.span.firstControl(from: start) == expected ?? text.count)
            }
        }
    }
}

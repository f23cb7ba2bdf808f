import Bytes
import Testing

@testable import Policy

@Suite struct ByteMatchingTests {
    @Test func `capitals and nothing else are lowered, in every place of a word`() {
        for place in UInt64(0)..<8 {
            // Neighbours that would carry, were there a carry.
            for rest in [UInt64.min, .max, 0x4141_4141_4141_4141, 0x5b5b_5b5b_5b5b_5b5b] {
                let shift = 8 * place
                let wrong = (UInt8.min...UInt8.max).filter { byte in
                    let word = rest & ~(0xff << shift) | UInt64(byte) << shift
                    let lowered = UInt8(truncatingIfNeeded: Word.lowered(word) >> shift)
                    return lowered != ASCIIByte.lowered(byte)
                }
                #expect(wrong.isEmpty)
            }
        }
    }

    @Test func `a byte is found where it first and where it last stands`() {
        var random = RandomSource(seed: 11)
        // Neighbours whose differences borrow and carry.
        let others: [UInt8] = [0x2b, 0x2d, 0xac, 0x00, 0xff, 0x2c]
        for _ in 0..<4000 {
            let count = Int.random(in: 0...30, using: &random)
            let bytes = (0..<count).map { _ in others.randomElement(using: &random) ?? 0 }
            let start = Int.random(in: 0...count, using: &random)
            let end = Int.random(in: start...count, using: &random)
            let found = bytes[start..<end]
            #expect(
                bytes.span.first(0x2c, in: ByteRange(start, end))
                    == found.firstIndex(of: 0x2c) ?? end)
            #expect(
                bytes.span.last(0x2c, in: ByteRange(start, end)) == found.lastIndex(of: 0x2c))
        }
    }

    @Test func `texts of all lengths are compared to their last byte`() {
        for length in 0...40 {
            let text = (0..<length).map { UInt8($0 % 26) + 0x41 }
            let bytes = [0x2f] + text + [0x2f]
            let range = ByteRange(start: 1, count: length)
            let lowered = text.map(ASCIIByte.lowered)
            #expect(Self.holds(bytes, text, range) && Self.holdsFolded(bytes, lowered, range))
            #expect(!Self.holds(bytes, text + [0x2f], range))
            for index in text.indices {
                var other = text
                other[index] ^= 1
                #expect(!Self.holds(bytes, other, range))
                #expect(!Self.holdsFolded(bytes, other.map(ASCIIByte.lowered), range))
            }
        }
    }

    private static func holds(_ bytes: [UInt8], _ text: [UInt8], _ range: ByteRange) -> Bool {
        bytes.span.holds(text.span, at: range)
    }

    private static func holdsFolded(
        _ bytes: [UInt8], _ text: [UInt8], _ range: ByteRange
    ) -> Bool {
        bytes.span.holdsFolded(text.span, at: range)
    }

    @Test func `a byte outside the set is found wherever it stands`() {
        let allowed = "abcdefghijklmnopqrstuvwxyz0123456789-.:A"
        let set = ByteSet(allowed)
        for length in 0...20 {
            let text = [UInt8](repeating: 0x62, count: length)
            #expect(Self.holdsOnly(set, text))
            for index in text.indices {
                let admitted = (UInt8.min...UInt8.max).filter { byte in
                    var other = text
                    other[index] = byte
                    return Self.holdsOnly(set, other)
                }
                #expect(Set(admitted) == Set(allowed.utf8))
            }
        }
    }

    private static func holdsOnly(_ set: ByteSet, _ text: [UInt8]) -> Bool {
        text.span.holdsOnly(set, in: ByteRange(start: 0, count: text.count))
    }
}

import Testing

@testable import Bytes

@Suite struct ByteRangeTests {
    @Test func `a range has a start, a count and an end that agree`() {
        for (start, count) in [(0, 0), (0, 5), (7, 0), (3, 9), (4_000_000_000, 200_000_000)] {
            for range in [
                ByteRange(start: start, count: count), ByteRange(start, start + count),
            ] {
                #expect(range.start == start)
                #expect(range.count == count)
                #expect(range.end == start + count)
                #expect(range.isEmpty == (count == 0))
                #expect(range.indices == start..<(start + count))
            }
        }
        #expect(ByteRange(UInt32(3), UInt32(5)) == ByteRange(start: 3, count: 2))
    }

    @Test func `a range moves with its message`() {
        #expect(ByteRange(3, 5).shifted(by: 10) == ByteRange(13, 15))
        #expect(ByteRange(13, 15).shifted(by: -10) == ByteRange(3, 5))
        #expect(ByteRange.empty.isEmpty)
    }

    @Test func `a range takes 8 bytes`() {
        #expect(MemoryLayout<ByteRange>.size == 8)
    }
}

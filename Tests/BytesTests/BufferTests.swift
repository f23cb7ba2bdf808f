import Testing

@testable import Bytes

@Suite struct BufferTests {
    @Test func `an append that does not fit leaves the bytes as they were and is remembered`() {
        var buffer = Buffer(capacity: 4)
        buffer.append("abc")
        buffer.append("de")
        let count = buffer.count
        let hasOverflowed = buffer.hasOverflowed
        #expect(count == 3)
        #expect(hasOverflowed)
    }
}

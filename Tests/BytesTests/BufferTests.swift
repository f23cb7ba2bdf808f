import Testing

@testable import Bytes

@Suite struct BufferTests {
    @Test func `an append that does not fit leaves the bytes as they were and is remembered`() {
        var buffer = Buffer(capacity: 4)
        buffer.append("abc")
        buffer.append("de")
        #expect(buffer.count == 3)
        #expect(buffer.hasOverflowed)
    }
}

import Testing

@testable import Bytes

@Suite struct ByteSetTests {
    @Test func `a set has the characters it was made of`() {
        let characters = "\0\t !?@AZaz~\u{7f}"
        let set = ByteSet(characters)
        for byte in UInt8.min...UInt8.max {
            #expect(set.contains(byte) == Array(characters.utf8).contains(byte))
        }
    }

    @Test func `what is not ASCII is never in a set`() {
        #expect(ByteSet("é\u{80}") == ByteSet(""))
        let all = ByteSet(low: .max, high: .max)
        for byte in UInt8.min...UInt8.max { #expect(all.contains(byte) == (byte < 128)) }
    }
}

import Bytes
import Dice
import Testing

@testable import HTTP

@Suite struct FieldLineTests {
    /// Reads a line in the fast way, as if more lines followed.
    private func readCanonical(_ bytes: [UInt8]) -> Field? {
        let entries = FieldNameIndex.entries
        return FieldLine.readCanonical(
            bytes.span, at: UInt32(0), startingWith: bytes.span.word(at: 0), entries.span)
    }

    @Test func `what the fast way takes, the careful way reads alike`() throws {
        var dice = Dice(seed: 4)
        let nameBytes = Array("aZ09-_.!:\u{7f}@ \t\r".utf8) + [0, 0xe9]
        let valueBytes = Array("aZ: ,\"\t~!\u{7f}\r".utf8) + [0, 0xe9]
        let known = FieldName.allCases.map { Array("\($0.canonicalName)".utf8) }
        var takenCount = 0
        for _ in 0..<20_000 {
            var name = dice.bytes(
                of: Array(nameBytes.prefix(dice.next() & 3 == 0 ? 16 : 5)), countMax: 30)
            if dice.next() & 1 == 0 { name = known.randomElement(using: &dice) ?? [] }
            let value = dice.bytes(
                of: Array(valueBytes.prefix(dice.next() & 1 == 0 ? 13 : 3)), countMax: 30)
            let line = name + Array((dice.next() & 7 == 0 ? ":" : ": ").utf8) + value
            let tail = Array((dice.next() & 1 == 0 ? "\r\nHost: b\r\n\r\n" : "\r\n").utf8)
            guard let fast = readCanonical(line + tail) else { continue }
            takenCount += 1
            #expect(fast.value.end == line.count)
            let careful = try FieldLine.read(
                (line + tail).span, ByteRange(0, line.count), isFirst: false)
            #expect(fast.name == careful.name && fast.value == careful.value)
            #expect(fast.id == careful.id && fast.hash == careful.hash)
            #expect(fast.traits == careful.traits)
        }
        #expect(takenCount > 2000)
    }

    @Test(arguments: [
        "Host: a", "X: b c", "Accept-Encoding: gzip", "Upgrade-Insecure-Requests: 1", "A: ",
    ])
    func `ordinary lines go the fast way`(line: String) {
        #expect(readCanonical(Array((line + "\r\n").utf8)) != nil)
    }

    @Test(arguments: [
        "Host:a", "Host: a ", "Host:  a", "A_B: c", "A: \u{e9}", "A: b\tc", ": a", "A : b", "A",
    ])
    func `others go the careful way`(line: String) {
        #expect(readCanonical(Array((line + "\r\n").utf8)) == nil)
    }

    @Test func `a line whose end is not there is left alone`() {
        let line = Array("X-Forwarded-For: 10.0.0.1\r\n".utf8)
        for count in line.indices { #expect(readCanonical(Array(line[..<count])) == nil) }
        #expect(readCanonical(line) != nil)
    }
}

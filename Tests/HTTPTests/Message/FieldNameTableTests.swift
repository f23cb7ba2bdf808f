import Bytes
import Dice
import Testing

@testable import HTTP

@Suite struct FieldNameTableTests {
    private let table = FieldNameTable([
        "X-Secret", "a", "Server", "X_Odd", "Strict-Transport-Security",
    ])

    private func field(_ name: String) -> (Field, [UInt8]) {
        let bytes = Array("..\(name)".utf8)
        let range = ByteRange(2, bytes.count)
        let (id, hash, _) = FieldName.identify(bytes.span, range)
        return (Field(name: range, value: .empty, id: id, hash: hash, traits: []), bytes)
    }

    private func contains(_ name: String) -> Bool {
        let (field, bytes) = field(name)
        return table.contains(field, in: bytes.span)
    }

    private func covers(_ name: String) -> Bool {
        let (field, bytes) = field(name)
        return table.covers(field, in: bytes.span)
    }

    @Test(arguments: [
        "X-Secret", "x-secret", "X-SECRET", "A", "server", "x_odd", "strict-transport-SECURITY",
    ])
    func `a name of the table is in it in any case`(name: String) {
        #expect(contains(name))
        #expect(covers(name))
    }

    @Test(arguments: ["X-Secre", "X-Secrets", "X-Sacret", "b", "aa", "X-Odd", "X_Secret"])
    func `other names are not`(name: String) {
        #expect(!contains(name))
    }

    @Test func `a disguised name is covered, not contained`() {
        #expect(covers("X_Secret"))
        #expect(covers("x.secret"))
        #expect(covers("Strict_Transport.Security"))
        #expect(!covers("X-Odd"))
        #expect(!covers("X+Secret"))
    }

    @Test func `the filter never hides a name`() {
        var dice = Dice(seed: 3)
        let alphabet = Array("abcXYZ-_.09".utf8)
        let names = (0..<300).map { _ in
            "n" + String(decoding: dice.bytes(of: alphabet, countMax: 30), as: UTF8.self)
        }
        let chosen = Array(names.prefix(40))
        let table = FieldNameTable(chosen)
        let lowered = Set(chosen.map { $0.lowercased() })
        for name in names {
            let (field, bytes) = field(name.uppercased())
            let isFound = table.contains(field, in: bytes.span)
            #expect(isFound == lowered.contains(name.lowercased()))
        }
    }

    @Test func `an empty table has nothing`() {
        let table = FieldNameTable([])
        let (field, bytes) = field("a")
        let isCovered = table.covers(field, in: bytes.span)
        #expect(table.isEmpty)
        #expect(!isCovered)
    }
}

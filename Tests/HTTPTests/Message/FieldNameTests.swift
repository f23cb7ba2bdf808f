import Bytes
import Dice
import Testing

@testable import HTTP

@Suite struct FieldNameTests {
    private let known = FieldName.allCases.filter { $0 != .other }

    private func identify(_ text: String) -> (id: FieldName, hash: UInt8, isDisguised: Bool) {
        let bytes = Array("--\(text)--".utf8)
        return FieldName.identify(bytes.span, ByteRange(2, bytes.count - 2))
    }

    @Test func `a set of all names fits one word`() {
        #expect(FieldName.allCases.count <= 64)
    }

    @Test func `no two known names have one hash`() {
        let hashes = known.map { identify("\($0.canonicalName)").hash }
        #expect(Set(hashes).count == known.count, "new multipliers are needed")
    }

    @Test func `names are spelt as the words of their cases`() {
        for name in known {
            let letters = "\(name.canonicalName)".lowercased().filter { $0 != "-" }
            #expect(letters == "\(name)".lowercased())
            #expect(letters.utf8.count <= FieldNameIndex.wordCount * 8)
        }
    }

    @Test func `a known name is found in any case, and in disguise`() {
        for name in known {
            let text = "\(name.canonicalName)"
            for spelling in [text, text.lowercased(), text.uppercased()] {
                let found = identify(spelling)
                #expect(found.id == name)
                #expect(!found.isDisguised)
            }
            for mask in ["_", "."] where text.contains("-") {
                let found = identify(text.replacing("-", with: mask))
                #expect(found.id == name)
                #expect(found.isDisguised)
                #expect(found.hash == identify(text).hash)
            }
        }
    }

    @Test func `a name that differs in one byte is another name`() {
        for name in known {
            let text = Array("\(name.canonicalName)".utf8)
            for place in text.indices {
                for byte in [UInt8(ascii: "q"), 0, 0x0d, 0x1f, 0x40, 0x60, 0x7f, 0xc1, 0xff] {
                    var changed = text
                    changed[place] = byte
                    guard changed[place] | 0x20 != text[place] | 0x20 || byte < 0x20 else {
                        continue
                    }
                    let range = ByteRange(0, changed.count)
                    let found = FieldName.identify(changed.span, range)
                    #expect(found.id != name, "byte \(byte) at \(place) of \(name)")
                }
            }
        }
    }

    @Test func `a name that is longer or shorter by one byte is another name`() {
        for name in known {
            let text = "\(name.canonicalName)"
            #expect(identify(text + "s").id != name)
            #expect(identify(text + "\0").id != name)
            #expect(identify(String(text.dropLast())).id != name)
        }
    }

    @Test func `hashes ignore case and disguise, and spread`() {
        var dice = Dice(seed: 1)
        var names: Set<String> = []
        while names.count < 5120 {
            let name = dice.bytes(of: Array("abcdefghijklmnopqrstuvwxyz-".utf8), countMax: 40)
            names.insert("x" + String(decoding: name, as: UTF8.self))
        }
        var counts = [Int](repeating: 0, count: 256)
        for name in names.sorted() {
            let hash = identify(name).hash
            #expect(identify(name.uppercased().replacing("-", with: "_")).hash == hash)
            counts[Int(hash)] += 1
        }
        #expect(counts.allSatisfy { $0 < 60 }, "20 a hash on average")
    }
}

import Bytes
import Testing

@testable import Telemetry

@Suite struct ProtobufTests {
    /// What `write` appends.
    private func bytes(_ write: (inout Buffer) -> Void) -> [UInt8] {
        var buffer = Buffer(capacity: 4096)
        write(&buffer)
        return buffer.copy()
    }

    @Test(
        arguments: [
            (0, [0]), (1, [1]), (127, [0x7F]), (128, [0x80, 1]), (300, [0xAC, 2]),
            (16_383, [0xFF, 0x7F]), (16_384, [0x80, 0x80, 1]),
            (.max, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]),
        ] as [(UInt64, [UInt8])])
    func `a number takes seven bits a byte, the lowest first`(_ value: UInt64, _ bytes: [UInt8]) {
        #expect(self.bytes { $0.append(varint: value) } == bytes)
        #expect(varintSize(value) == bytes.count)
        var reader = ProtobufReader(([8] + bytes)[...])
        let field = reader.next()
        #expect(field?.value == value)
    }

    @Test func `fields say their number and type`() {
        #expect(bytes { $0.append(field: 6, varint: 2) } == [0x30, 2])
        #expect(bytes { $0.append(field: 16, fixed32: 0x101) } == [0x85, 1, 1, 1, 0, 0])
        #expect(
            bytes { $0.append(field: 7, fixed64: 0x0102) } == [0x39, 2, 1, 0, 0, 0, 0, 0, 0])
        #expect(bytes { $0.append(field: 2, "ab".utf8.span) } == [0x12, 2, 0x61, 0x62])
    }

    @Test func `an attribute is a key with a value`() {
        let text: [UInt8] = [0x4A, 8, 0x0A, 1, 0x6B, 0x12, 3, 0x0A, 1, 0x76]
        #expect(bytes { $0.appendAttribute(9, "k", "v") } == text)
        #expect(bytes { $0.appendAttribute(9, "k", text: "v") } == text)
        var value = Buffer(capacity: 4)
        value.append("v")
        var whole = Buffer(capacity: 64)
        whole.appendAttribute(9, "k", value)
        #expect(whole.copy() == text)
        #expect(
            bytes { $0.appendAttribute(9, "k", number: 300) }
                == [0x4A, 8, 0x0A, 1, 0x6B, 0x12, 3, 0x18, 0xAC, 2])
    }

    @Test func `a long text's lengths are what follows them`() throws {
        for count in [0, 100, 119, 120, 121, 127, 128, 129, 2000, 3000] {
            let bytes = bytes {
                $0.appendAttribute(9, "key", text: String(repeating: "x", count: count))
            }
            var reader = ProtobufReader(bytes[...])
            let foundAttribute = reader.next()
            let attribute = try #require(foundAttribute)
            #expect(reader.place == bytes.count)
            var members = ProtobufReader(bytes[attribute.bytes])
            let key = members.next()
            #expect(key?.bytes.count == 3)
            let foundValue = members.next()
            let value = try #require(foundValue)
            #expect(members.place == bytes.count)
            var inner = ProtobufReader(bytes[value.bytes])
            let text = inner.next()
            #expect(text?.bytes.count == count)
        }
    }

    @Test func `what is cut off anywhere is read without a trap`() {
        let whole = bytes {
            $0.append(field: 1, fixed64: 7)
            $0.append(field: 2, fixed32: 7)
            $0.append(field: 3, "abc".utf8.span)
            $0.append(field: 4, varint: 1 << 40)
        }
        for count in 0...whole.count {
            var reader = ProtobufReader(whole[..<count])
            var fields = 0
            while reader.next() != nil { fields += 1 }
            #expect(fields <= 4)
            #expect((fields == 4) == (count == whole.count))
        }
        for byte in UInt8.min ... .max {
            var reader = ProtobufReader([UInt8](repeating: byte, count: 40)[...])
            while reader.next() != nil {}
            #expect(reader.place <= 40)
        }
    }
}

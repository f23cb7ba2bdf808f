import Dice
import Telemetry
import Testing

/// Whatever bytes a client sends, its line is valid JSON and shows them as far as they are text.
@Suite struct EscapingTests {
    @Test func `random bytes in every field make valid lines`() throws {
        var numbers = Dice(seed: 11)
        for _ in 0..<500 {
            var source = SourceText()
            var record = SampleRecord(outcome: .proxied)
            for field in AccessLineTests.texts {
                let count = Int.random(in: 0...80, using: &numbers)
                record.request[keyPath: field] = source.add(numbers.bytes(count: count))
            }
            let line = accessLine(record, source.bytes)
            #expect(throws: Never.self) { try StrictJSON.members(ofLine: line) }
        }
    }

    @Test func `every byte at every place of a text is read back`() throws {
        for length in [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 40] {
            for place in 0..<length {
                for byte: UInt8 in [0x00, 0x09, 0x1F, 0x22, 0x5C, 0x7E, 0x7F] {
                    var text = [UInt8](repeating: 0x61, count: length)
                    text[place] = byte
                    let shown = try member("path", of: text, as: \.path)
                    #expect(shown == String(decoding: text, as: UTF8.self))
                }
            }
        }
    }

    @Test func `every single byte is escaped if it must be and shown as it is if not`() throws {
        for byte in UInt8.min...0x7F {
            var source = SourceText()
            var record = SampleRecord(outcome: .proxied)
            record.request.path = source.add([0x2F, byte])
            let line = String(decoding: accessLine(record, source.bytes), as: UTF8.self)
            let isPlain = byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C
            let plain = "\"path\":\"/\(Character(Unicode.Scalar(byte)))\""
            #expect(line.contains(plain) == isPlain, "byte \(byte)")
        }
    }

    @Test(arguments: [
        "ß", "żółw", "日本語のパス", "🦅🦅", "a🦅b", "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}",
        "\u{D7FF}\u{E000}", "0123456789abcde\u{E9}f", "e\u{301}",
    ])
    func `text beyond ASCII is shown as it is`(_ text: String) throws {
        #expect(try member("user_agent", of: Array(text.utf8), as: \.userAgent) == text)
    }

    @Test(
        arguments: [
            ([0x80], 1), ([0xFF], 1), ([0xC0, 0xAF], 2), ([0xC1, 0xBF], 2),
            ([0xE0, 0x9F, 0xBF], 3), ([0xED, 0xA0, 0x80], 3), ([0xF0, 0x8F, 0xBF, 0xBF], 4),
            ([0xF4, 0x90, 0x80, 0x80], 4), ([0xF5, 0x80], 2), ([0xE2, 0x82], 1),
            ([0xF0, 0x9F, 0xA6], 1), ([0xC3], 1), ([0xE2, 0x28, 0xA1], 2),
        ] as [([UInt8], Int)])
    func `bytes that are no UTF-8 become replacement characters`(
        _ bytes: [UInt8], _ count: Int
    ) throws {
        let shown = try #require(
            try member("path", of: [0x61] + bytes + [0x7A], as: \.path))
        #expect(shown.unicodeScalars.filter { $0 == "\u{FFFD}" }.count == count)
        #expect(shown.hasPrefix("a") && shown.hasSuffix("z"))
        #expect(shown == String(decoding: [0x61] + bytes + [0x7A], as: UTF8.self))
    }

    @Test func `terminals get no control characters`() {
        for byte in UInt8(0x80)...0x9F {
            var source = SourceText()
            var record = SampleRecord(outcome: .proxied)
            record.request.userAgent = source.add([0x1B, 0xC2, byte, 0x7F])
            let line = accessLine(record, source.bytes)
            #expect(!line.contains(0x1B) && !line.contains(0x7F) && !line.contains(0xC2))
        }
    }

    @Test func `a shortened text is not cut within a character`() throws {
        for offset in 0..<4 {
            let text = String(repeating: "a", count: offset) + String(repeating: "🦅", count: 1000)
            let shown = try #require(
                try member("user_agent", of: Array(text.utf8), as: \.userAgent))
            #expect(!shown.contains("\u{FFFD}"))
            #expect(shown.hasSuffix("🦅…"))
        }
    }
}

import Bytes
import Dice
import Testing

@testable import HTTP

@Suite struct GrammarTests {
    @Test func `tokens and hosts are made of what the RFCs list`() {
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        #expect(Grammar.token == ByteSet(letters + "!#$%&'*+-.^_`|~"))
        #expect(Grammar.host == ByteSet(letters + "-._~"))
    }

    @Test func `hexadecimal digits have their values, and nothing else has one`() {
        for byte in UInt8.min...UInt8.max {
            let text = String(UnicodeScalar(byte))
            #expect(Grammar.hexValue(byte) == (byte < 128 ? UInt8(text, radix: 16) : nil))
        }
    }

    @Test(arguments: [
        "te", "close", "upgrade", "trailers", "keep-alive", "100-continue", "a", "abcdefghijklmnop",
    ])
    func `a literal is matched in any case and nowhere else`(literal: String) {
        let words: [StaticString] = [
            "te", "close", "upgrade", "trailers", "keep-alive", "100-continue", "a",
            "abcdefghijklmnop",
        ]
        for tail in ["", "zzzzzzzzzzzzzzzz"] {
            let bytes = Array((literal.uppercased() + tail).utf8)
            let range = ByteRange(0, literal.utf8.count)
            for word in words {
                let isMatch = Grammar.matches(bytes.span, range, word)
                #expect(isMatch == ("\(word)" == literal))
            }
        }
    }

    @Test func `a list falls apart at its commas`() {
        let bytes = Array("-a, b\t,,c d ,".utf8)
        var elements = ListElements(ByteRange(1, bytes.count))
        var texts: [String] = []
        while let element = elements.next(bytes.span) {
            texts.append(WireDescription.string(bytes, element))
        }
        #expect(texts == ["a", "b", "", "c d", ""])
    }

    @Test func `a host is judged by its bytes wherever it stands`() {
        let alphabet = Array("aZ09-._~:[]/@ ,%".utf8) + [0xe9, 0]
        var dice = Dice(seed: 6)
        for _ in 0..<3000 {
            let host = dice.bytes(
                of: Array(alphabet.prefix(dice.next() & 1 == 0 ? 7 : 18)), countMax: 20)
            let plain = ByteSet("aZ09-._~")
            let name = host.prefix { plain.contains($0) }
            let port = host.dropFirst(name.count)
            let digits = port.dropFirst()
            let number = Int(String(decoding: digits, as: UTF8.self))
            let isPort =
                port.isEmpty
                || port.first == 0x3a && (1...5).contains(digits.count)
                    && digits.allSatisfy { Grammar.isDigit($0) } && (number ?? 99_999) <= 65_535
            let padded = [0x21] + host + [0x41, 0x41]
            let range = ByteRange(start: 1, count: host.count)
            let isValid = Authority.isValid(padded.span, range)
            #expect(isValid == (!name.isEmpty && isPort))
        }
    }
}

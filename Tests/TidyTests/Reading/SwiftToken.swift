/// A word, number or single mark of the code, comments and strings left out.
struct SwiftToken {
    let text: String
    /// From 1.
    let line: Int
    /// Whether nothing stands between it and the token before.
    let isAttached: Bool

    var isWord: Bool { text.utf8.first.map(Self.isWordByte) ?? false }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }

    /// Splits masked code.
    ///
    /// Marks come one by one: `->` is two tokens.
    static func tokens(of code: [UInt8]) -> [SwiftToken] {
        var tokens: [SwiftToken] = []
        var line = 1
        var position = 0
        var lastEnd = -1
        while position < code.count {
            let start = position
            let byte = code[position]
            if byte == 10 { line += 1 }
            position += 1
            if byte <= 32 { continue }
            if isWordByte(byte) {
                while position < code.count, isWordByte(code[position]) { position += 1 }
            }
            let text = String(decoding: code[start..<position], as: UTF8.self)
            tokens.append(SwiftToken(text: text, line: line, isAttached: start == lastEnd))
            lastEnd = position
        }
        return tokens
    }
}

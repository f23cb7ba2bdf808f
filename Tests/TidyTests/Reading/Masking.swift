/// A Swift text with everything that is not code blanked, byte for byte, so that lines and columns
/// stay.
///
/// Comments and the contents of strings become spaces; code inside an interpolation stays code.
/// Knows line and nested block comments, plain, multi-line and raw strings. Regex literals are not
/// known: none are used.
struct Masking {
    private let bytes: [UInt8]
    private var position = 0
    /// The code, and the comments, each as long as the text.
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
        code = bytes.map { $0 == 10 ? 10 : 32 }
        comments = code
        readCode(untilParenthesis: false)
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        position + distance < bytes.count ? bytes[position + distance] : 0
    }

    private func isNext(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
        peek() == UInt8(ascii: first) && peek(1) == UInt8(ascii: second)
    }

    private mutating func copyByte() {
        code[position] = bytes[position]
        position += 1
    }

    /// Reads code until the end, or past the `)` that ends an interpolation.
    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 1
        while position < bytes.count {
            if isNext("/", "/") {
                readLineComment()
            } else if isNext("/", "*") {
                readBlockComment()
            } else if let hashes = stringOpening() {
                readString(hashes: hashes)
            } else {
                if peek() == UInt8(ascii: "(") { depth += 1 }
                if peek() == UInt8(ascii: ")") { depth -= 1 }
                copyByte()
                if untilParenthesis, depth == 0 { return }
            }
        }
    }

    private mutating func readLineComment() {
        while position < bytes.count, bytes[position] != 10 {
            comments[position] = bytes[position]
            position += 1
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        while position < bytes.count {
            if isNext("/", "*") { depth += 1 }
            let ends = isNext("*", "/")
            if ends { depth -= 1 }
            for _ in 0..<(ends ? 2 : 1) {
                comments[position] = bytes[position]
                position += 1
            }
            if depth == 0 { return }
        }
    }

    /// The number of `#` before a quote that starts here, or `nil` if no string starts here.
    private func stringOpening() -> Int? {
        var hashes = 0
        while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
        return peek(hashes) == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func readString(hashes: Int) {
        position += hashes
        let quotes = isRun(of: UInt8(ascii: "\""), 3, at: 0) ? 3 : 1
        position += quotes
        while position < bytes.count {
            if isDelimiter(UInt8(ascii: "\""), count: quotes, hashes: hashes) {
                position += quotes + hashes
                return
            }
            guard peek() == UInt8(ascii: "\\"), isRun(of: UInt8(ascii: "#"), hashes, at: 1) else {
                position += 1
                continue
            }
            position += 1 + hashes
            let isInterpolation = peek() == UInt8(ascii: "(")
            position += 1
            if isInterpolation { readCode(untilParenthesis: true) }
        }
    }

    private func isDelimiter(_ quote: UInt8, count: Int, hashes: Int) -> Bool {
        guard isRun(of: quote, count, at: 0) else { return false }
        return isRun(of: UInt8(ascii: "#"), hashes, at: count)
    }

    private func isRun(of byte: UInt8, _ count: Int, at distance: Int) -> Bool {
        for index in distance..<distance + count where peek(index) != byte { return false }
        return true
    }
}

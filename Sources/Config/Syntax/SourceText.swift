/// The text of a configuration file, checked for what a reader of YAML must not meet.
struct SourceText: Sendable {
    static let bytesMax = 1 << 20

    /// Stands for `*` while Yams reads: a noncharacter, which no text holds.
    ///
    /// Yams expands an alias in place, so that a few lines can grow into gigabytes before anybody
    /// could count. It never sees one: ``YAMLReader`` puts the aliases back and counts.
    static let star = noncharacter(0)

    let text: String

    /// One of the 32 noncharacters from U+FDD0 on.
    static func noncharacter(_ index: Int) -> Unicode.Scalar {
        Unicode.Scalar(0xfdd0 + UInt32(index & 31)) ?? "\u{FFFD}"
    }

    /// - Returns: `nil` with a problem in the report when the bytes cannot be a configuration.
    init?(_ bytes: [UInt8], report: Report) {
        guard bytes.count <= Self.bytesMax else {
            let limit = SizeText.format(UInt64(Self.bytesMax))
            report.error(at: .start, .file, "is larger than \(limit)")
            return nil
        }
        let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        guard let text = String(validating: bytes[start...], as: UTF8.self) else {
            let position = Self.firstInvalid(in: bytes[start...])
            report.error(at: position, .file, "is not valid UTF-8")
            return nil
        }
        if let fault = Self.firstForbidden(in: text) {
            report.error(
                at: fault.position, .file, "holds the control character \(fault.name)",
                hint: "between double quotes it can be written as an escape")
            return nil
        }
        self.text = text
    }

    /// Control characters, noncharacters, and line ends other than LF and CR LF, which would let
    /// lines be counted in two ways.
    private static func firstForbidden(in text: String) -> (name: String, position: Position)? {
        var line = 1
        var column = 1
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            let isLineEnd = scalar == "\n"
            if isForbidden(scalar) || (previous == "\r" && !isLineEnd) {
                let fault = isForbidden(scalar) ? scalar : previous
                let code = String(fault.value, radix: 16, uppercase: true)
                let padding = String(repeating: "0", count: max(0, 4 - code.count))
                return ("U+\(padding)\(code)", Position(line: line, column: column))
            }
            line += isLineEnd ? 1 : 0
            column = isLineEnd ? 1 : column + 1
            previous = scalar
        }
        return nil
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d: false
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0xfdd0...0xfdef, 0xfeff: true
        // The last two of every plane are noncharacters.
        default: scalar.value & 0xfffe == 0xfffe
        }
    }

    /// Where the first ill-formed sequence begins: repairing puts a mark there that was not in the
    /// bytes.
    private static func firstInvalid(in bytes: ArraySlice<UInt8>) -> Position {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return Position(line: line, column: column)
    }
}

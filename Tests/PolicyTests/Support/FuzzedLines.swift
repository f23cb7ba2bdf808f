/// A fuzzer's bytes, taken apart: first some that choose, then lines that begin with a letter.
struct FuzzedLines {
    let choices: [UInt8]
    /// The letter of each line and what follows it, in their order.
    let lines: [(letter: Unicode.Scalar, text: [UInt8])]

    /// - Parameter choiceCount: How many bytes choose.
    /// - Returns: `nil` for fewer bytes.
    init?(_ input: [UInt8], choiceCount: Int) {
        guard input.count >= choiceCount else { return nil }
        choices = Array(input.prefix(choiceCount))
        lines = input.dropFirst(choiceCount).split(separator: 0x0a).map { line in
            // A vertical tab stands for the line end that no line can hold.
            let text = line.dropFirst().map { $0 == 0x0b ? 0x0a : $0 }
            return (Unicode.Scalar(line.first ?? 0), Array(text))
        }
    }

    /// Whether a bit of a choice is set.
    func chooses(_ index: Int, _ bit: UInt8) -> Bool { choices[index] & bit != 0 }

    /// The texts of all lines with this letter.
    func texts(_ letter: Unicode.Scalar) -> [[UInt8]] {
        lines.filter { $0.letter == letter }.map(\.text)
    }
}

/// Plain code over arrays of bytes for models, which share none with what they judge.
enum SlowBytes {
    static func of(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func split(_ bytes: [UInt8], at separator: UInt8) -> [[UInt8]] {
        bytes.split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
    }

    /// At CRLF and nowhere else, empty ones left out.
    static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x0d, index + 1 < bytes.count, bytes[index + 1] == 0x0a {
                lines.append([])
                index += 2
            } else {
                lines[lines.count - 1].append(bytes[index])
                index += 1
            }
        }
        return lines.filter { !$0.isEmpty }
    }

    /// Without spaces and tabs at either end.
    static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let rest = bytes.drop(while: isBlank)
        return Array(rest.reversed().drop(while: isBlank).reversed())
    }

    static func lowered(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (0x41...0x5a).contains($0) ? $0 + 32 : $0 }
    }

    static func ends(_ bytes: [UInt8], with end: [UInt8]) -> Bool {
        bytes.suffix(end.count).elementsEqual(end)
    }

    /// A decimal of at most so many digits.
    static func decimal(_ bytes: [UInt8], digitsMax: Int) -> Int? {
        guard !bytes.isEmpty, bytes.count <= digitsMax,
            bytes.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }
}

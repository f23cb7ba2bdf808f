/// Takes repeated keys out of Yams' way, one at a time, so that each is reported where it stands.
///
/// Yams refuses a whole document for one repeated key, and tells only where the first one is. The
/// second is looked for from there on, and its first letter replaced: all positions stay what they
/// were.
struct DuplicateKeys {
    /// How many are told apart: fewer in a long text, of which each costs one more reading.
    private var countMax: Int { max(3, min(20, (1 << 20) / (scalars.count + 1))) }

    /// Where the renamed keys stand, and what they are called.
    private(set) var names: [Position: String] = [:]
    private var scalars: [Unicode.Scalar]

    init(text: String) { scalars = Array(text.unicodeScalars) }

    /// The text as Yams shall read it.
    var text: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// Renames the next key called `name` in the mapping of the key at `first`.
    ///
    /// - Returns: whether it was found.
    mutating func rename(_ name: String, after first: Position) -> Bool {
        guard names.count < countMax, let start = offset(of: first) else { return false }
        let key = Array(name.unicodeScalars)
        guard let second = nextInBlock(key, start, first.column) ?? nextInFlow(key, start) else {
            return false
        }
        let mark = SourceText.noncharacter(names.count + 1)
        names[position(of: second)] = name
        let isQuoted = scalars[second] != key.first
        scalars[isQuoted ? second + 1 : second] = mark
        return true
    }

    /// A line of the same indentation that begins with the key, before any line with less.
    private func nextInBlock(_ key: [Unicode.Scalar], _ start: Int, _ column: Int) -> Int? {
        var index = start
        while let lineEnd = scalars[index...].firstIndex(of: "\n") {
            index = lineEnd + 1
            let text = scalars[index...].firstIndex { $0 != " " } ?? scalars.endIndex
            guard text < scalars.endIndex else { return nil }
            if ["\n", "\r", "#"].contains(scalars[text]) { continue }
            if text - index < column - 1 { return nil }
            if text - index == column - 1, isKey(key, at: text) { return text }
        }
        return nil
    }

    /// The key after a comma, before the bracket that closes its mapping.
    private func nextInFlow(_ key: [Unicode.Scalar], _ start: Int) -> Int? {
        var depth = 0
        var index = start
        var followsComma = false
        while index < scalars.endIndex {
            let scalar = scalars[index]
            if followsComma, depth == 0, isKey(key, at: index) { return index }
            switch scalar {
            case "{", "[": depth += 1
            case "}", "]":
                depth -= 1
                if depth < 0 { return nil }
            case "\"", "'":
                let rest = scalars[(index + 1)...]
                guard let end = rest.firstIndex(of: scalar) else { return nil }
                index = end
            case "#": index = scalars[index...].firstIndex(of: "\n") ?? scalars.endIndex - 1
            default: break
            }
            followsComma =
                scalar == "," || (followsComma && [" ", "\n", "\r", "#"].contains(scalar))
            index += 1
        }
        return nil
    }

    /// Whether the key and its colon stand here, with or without quotes.
    private func isKey(_ key: [Unicode.Scalar], at index: Int) -> Bool {
        let quote = scalars[index]
        var rest = scalars[index...]
        if quote == "\"" || quote == "'" { rest = rest.dropFirst() }
        guard !key.isEmpty, rest.starts(with: key) else { return false }
        rest = rest.dropFirst(key.count)
        if quote == "\"" || quote == "'" {
            guard rest.first == quote else { return false }
            rest = rest.dropFirst()
        }
        return rest.drop { $0 == " " }.first == ":"
    }

    private func offset(of position: Position) -> Int? {
        var line = 1
        var index = 0
        while line < position.line {
            guard let end = scalars[index...].firstIndex(of: "\n") else { return nil }
            index = end + 1
            line += 1
        }
        let offset = index + position.column - 1
        return offset < scalars.endIndex ? offset : nil
    }

    private func position(of offset: Int) -> Position {
        let before = scalars[..<offset]
        let line = before.count { $0 == "\n" } + 1
        let lineStart = (before.lastIndex(of: "\n") ?? -1) + 1
        return Position(line: line, column: offset - lineStart + 1)
    }
}

/// Something that a file declares, with the lines it takes.
struct Declaration {
    enum Kind { case type, function, initializer, property }

    let kind: Kind
    let name: String
    /// Where the keyword stands, from 1.
    let line: Int
    /// Where the body ends; the last line of the head without a body.
    let lastLine: Int
    /// The words before the keyword, such as `package`, `static` or `mutating`.
    let modifiers: Set<String>
    /// How many types or extensions enclose it.
    let typeDepth: Int
    /// The tokens between the braces, or empty without a body.
    let body: Range<Int>
    /// The tokens from the keyword to the body.
    let head: Range<Int>
    /// The extension's or protocol's or type's keyword for ``Kind/type``.
    let keyword: String

    var lineCount: Int { lastLine - line + 1 }
}

extension Declaration {
    /// All declarations outside of functions' bodies, outer ones first.
    static func all(in tokens: [SwiftToken]) -> [Declaration] {
        var found: [Declaration] = []
        let reader = DeclarationReader(tokens: tokens)
        reader.read(tokens.indices, typeDepth: 0, into: &found)
        return found
    }
}

/// Finds declarations by keyword and brace; knows no more of Swift's grammar than that needs.
private struct DeclarationReader {
    let tokens: [SwiftToken]

    private static let types: Set = ["struct", "class", "enum", "actor", "protocol", "extension"]
    private static let modifiers: Set = [
        "package", "public", "private", "fileprivate", "internal", "static", "class", "final",
        "mutating", "borrowing", "consuming", "override", "lazy", "indirect", "nonisolated",
        "async",
        "convenience", "required", "prefix", "postfix", "infix", "set", "weak", "unowned", "unsafe",
    ]

    func read(_ range: Range<Int>, typeDepth: Int, into found: inout [Declaration]) {
        var index = range.lowerBound
        while index < range.upperBound {
            guard let kind = kind(at: index) else {
                index += 1
                continue
            }
            let declaration = declaration(kind, at: index, within: range, typeDepth: typeDepth)
            found.append(declaration)
            if kind == .type {
                read(declaration.body, typeDepth: typeDepth + 1, into: &found)
            }
            index = max(index + 1, declaration.head.upperBound, declaration.body.upperBound)
        }
    }

    private func kind(at index: Int) -> Declaration.Kind? {
        let text = tokens[index].text
        if index > 0, [".", "`"].contains(tokens[index - 1].text) { return nil }
        guard index + 1 < tokens.count else { return nil }
        let next = tokens[index + 1]
        switch text {
        case "func": return .function
        case "subscript" where next.text == "(" || next.text == "<": return .function
        case "init" where ["(", "?", "<"].contains(next.text): return .initializer
        case "deinit" where next.text == "{": return .initializer
        case "var", "let":
            return next.isWord || next.text == "`" || next.text == "(" ? .property : nil
        case _ where Self.types.contains(text):
            return next.isWord && next.text != "func" ? .type : nil
        default: return nil
        }
    }

    private func declaration(
        _ kind: Declaration.Kind, at index: Int, within range: Range<Int>, typeDepth: Int
    ) -> Declaration {
        let keyword = tokens[index].text
        let opening = bodyOpening(after: index, kind: kind, within: range)
        let closing = opening.map { end(ofBraceAt: $0, within: range) }
        let headEnd = opening ?? headEnd(after: index, within: range)
        let last = closing ?? max(index, headEnd - 1)
        return Declaration(
            kind: kind, name: name(after: index, keyword: keyword), line: tokens[index].line,
            lastLine: tokens[min(last, tokens.count - 1)].line,
            modifiers: modifiers(before: index), typeDepth: typeDepth,
            body: opening.map { $0 + 1..<(closing ?? $0 + 1) } ?? headEnd..<headEnd,
            head: index..<headEnd, keyword: keyword)
    }

    private func name(after index: Int, keyword: String) -> String {
        if keyword == "init" || keyword == "deinit" || keyword == "subscript" { return keyword }
        guard index + 1 < tokens.count else { return "" }
        if tokens[index + 1].text == "`", index + 2 < tokens.count { return tokens[index + 2].text }
        return tokens[index + 1].text
    }

    private func modifiers(before index: Int) -> Set<String> {
        var words: Set<String> = []
        var position = index - 1
        while position >= 0 {
            let text = tokens[position].text
            if Self.modifiers.contains(text) {
                words.insert(text)
            } else if text != "(" && text != ")" {
                break
            }
            position -= 1
        }
        return words
    }

    /// The brace that opens the body, or `nil` if the declaration ends without one.
    private func bodyOpening(after index: Int, kind: Declaration.Kind, within range: Range<Int>)
        -> Int?
    {
        var depth = 0
        for position in index + 1..<range.upperBound {
            let text = tokens[position].text
            switch text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return position
            case "=" where depth == 0 && kind == .property: return nil
            case _ where depth == 0 && position > index + 1 && startsDeclaration(at: position):
                return nil
            default: break
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    /// Where a declaration without a body ends: before the next one, or where its line does.
    private func headEnd(after index: Int, within range: Range<Int>) -> Int {
        var depth = 0
        for position in index + 1..<range.upperBound {
            let text = tokens[position].text
            if depth == 0, tokens[position].line > tokens[position - 1].line { return position }
            if ["(", "[", "{"].contains(text) { depth += 1 }
            if [")", "]", "}"].contains(text) { depth -= 1 }
            if depth < 0 { return position }
        }
        return range.upperBound
    }

    private func startsDeclaration(at position: Int) -> Bool {
        let text = tokens[position].text
        guard tokens[position].line > tokens[position - 1].line else { return false }
        if text == "@" || text == "case" || text == "}" || text == "#" { return true }
        return Self.modifiers.contains(text) || kind(at: position) != nil
    }

    private func end(ofBraceAt opening: Int, within range: Range<Int>) -> Int {
        var depth = 0
        for position in opening..<range.upperBound {
            if tokens[position].text == "{" { depth += 1 }
            if tokens[position].text == "}" { depth -= 1 }
            if depth == 0 { return position }
        }
        return range.upperBound
    }
}

import Foundation

/// A file of the tree as the rules see it.
struct SourceFile {
    /// From the root of the tree: `Sources/Bytes/Slab.swift`.
    let path: String
    let lines: [Substring]
    /// Lines of code and of comments alone, as many as `lines`.
    let code: [Substring]
    let comments: [Substring]
    let tokens: [SwiftToken]
    let declarations: [Declaration]

    /// - Parameters:
    ///   - path: As from the root; its second folder is the module.
    ///   - text: Swift.
    init(path: String, text: String) {
        let masking = Masking(text)
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = String(decoding: masking.code, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        comments = String(decoding: masking.comments, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        tokens = SwiftToken.tokens(of: masking.code)
        declarations = Declaration.all(in: tokens)
    }

    /// `Bytes` of `Sources/Bytes/…`.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 1 ? String(parts[1]) : ""
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Lines of text, the empty rest behind the last line end not among them.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }

    /// Lines with nothing but a comment.
    var commentLineCount: Int {
        zip(code, comments).count { isBlank($0) && !isBlank($1) }
    }

    var blankLineCount: Int { lines.prefix(lineCount).count(where: isBlank) }

    /// The modules named by `import`, with the lines, however the import is written.
    var imports: [(module: String, line: Int)] {
        tokens.indices.dropLast().compactMap { index in
            guard tokens[index].text == "import" else { return nil }
            let kinds: Set = ["struct", "class", "enum", "func", "var", "let", "protocol"]
            let next = kinds.contains(tokens[index + 1].text) ? index + 2 : index + 1
            guard next < tokens.count else { return nil }
            return (tokens[next].text, tokens[index].line)
        }
    }
}

func isBlank(_ line: Substring) -> Bool {
    line.allSatisfy(\.isWhitespace)
}

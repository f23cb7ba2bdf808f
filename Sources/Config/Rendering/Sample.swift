/// `conf/apus.yaml`: a working configuration with every section, its comments being the
/// descriptors' lines.
package enum Sample {
    /// Columns of the comments.
    private static let width = 100

    /// The file, with its line end.
    package static func render() -> String {
        let keys = RootSection.section.keys.map { lines(of: $0, indent: "") }
        return header + keys.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private static let header = """
        # A configuration with every section that this version has. Where a key has a default, the
        # default is what stands here, and the line could be left out.
        #
        # apus check --config FILE tells all that is wrong with a file; docs/configuration.md
        # explains every key.


        """

    /// A comment, then the key with its example, its default, or the keys within it.
    private static func lines(of key: KeyDescription, indent: String) -> [String] {
        let remark = key.shape.remark.map { " (\($0))" } ?? ""
        let comment = wrapped(key.summary + remark, indent: indent)
        if key.isCommentedOut {
            let lines = content(of: key, indent: indent + "  ")
            return comment + lines.map { "\(indent)# \($0.dropFirst(indent.count + 2))" }
        }
        return comment + content(of: key, indent: indent)
    }

    /// The key with what stands in it, below its comment.
    private static func content(of key: KeyDescription, indent: String) -> [String] {
        if let example = key.example, example.contains("\n") {
            let block = example.split(separator: "\n").map { "\(indent)  \($0)" }
            return ["\(indent)\(key.name):"] + block
        }
        switch key.shape {
        case .section(let section) where key.example == nil:
            return ["\(indent)\(key.name):"]
                + section.keys.flatMap { lines(of: $0, indent: indent + "  ") }
        case .names(.section(let section)):
            let name = "\(indent)  \(key.example ?? "name"):"
            return ["\(indent)\(key.name):", name]
                + section.keys.flatMap { lines(of: $0, indent: indent + "    ") }
        default:
            guard let value = key.example ?? key.fallback.value else { return [] }
            return ["\(indent)\(key.name): \(value)"]
        }
    }

    /// Comment lines of at most ``width`` columns.
    private static func wrapped(_ text: String, indent: String) -> [String] {
        var lines: [String] = []
        var line = "\(indent)#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > width {
                lines.append(line)
                line = "\(indent)#"
            }
            line += " \(word)"
        }
        return lines + [line]
    }
}

/// `docs/configuration.md`: every key, from its descriptor.
package enum Reference {
    /// The page, in the order of the sections, with its line end.
    package static func render() -> String {
        let sections = RootSection.section.withSections().map(chapter)
        return ReferenceText.introduction + sections.joined(separator: "\n") + "\n"
    }

    /// A heading, a sentence, and a row for each key.
    private static func chapter(_ section: Section) -> String {
        let title = section.name.isEmpty ? "Top level" : "`\(section.name)`"
        let rows = section.keys.map { key in
            "| `\(key.name)` | \(takes(key.shape)) | \(fallback(of: key)) | \(cell(key.summary)) |"
        }
        return """
            ## \(title)

            \(section.summary).

            | key | takes | default | meaning |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }

    /// What may be written, in the words of the table.
    private static func takes(_ shape: Shape) -> String {
        switch shape {
        case .text, .quantity: cell(shape.expected)
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .share: "0 to 1"
        case .toggle: "`on` or `off`"
        case .words(let words): alternatives(words.map { "`\($0)`" })
        case .either(let first, let second): "\(takes(first)), or \(takes(second))"
        case .list(let element): "a list: \(takes(element))"
        case .names(let element): "names, each with \(takes(element))"
        case .discreet(let inner, _): takes(inner)
        case .section(let section): "[`\(section.name)`](#\(anchor(section.name)))"
        }
    }

    /// What holds without the key, in the words of the table.
    private static func fallback(of key: KeyDescription) -> String {
        switch key.fallback {
        case .required: "required"
        case .value(let value): "`\(cell(value))`"
        case .remark(let remark): remark
        case .untold: "–"
        }
    }

    /// Text that cannot end a cell of a table.
    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

    /// As GitHub makes anchors of headings: lower case, letters, digits, `-` and `_`.
    private static func anchor(_ title: String) -> String {
        String(title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }
}

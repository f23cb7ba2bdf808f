/// The running configuration as operators are shown it: every key with what holds, but no secret.
///
/// What is secret, its descriptor says. Texts that came out of the environment or another file are
/// shown as the file has them, as `${NAME}`: nobody can tell what else stands in those places.
enum RunningConfiguration {
    /// What is shown in place of a secret.
    static let redacted = "[redacted]"

    /// JSON, with its line end.
    ///
    /// - Parameter file: What was decoded without problems.
    static func render(_ file: SyntaxNode) -> [UInt8] {
        let shown = object(entries(of: file), RootSection.section, except: ["tests"])
        return Array((shown.rendered() + "\n").utf8)
    }

    private static func object(
        _ entries: [Entry], _ section: Section, except hidden: Set<String> = []
    ) -> JSONTree {
        var members: [(String, JSONTree)] = []
        for key in section.keys where !hidden.contains(key.name) {
            let entry = entries.first { $0.key == key.name }
            guard let value = entry.map({ value($0.value, key.shape) }) ?? fallback(of: key)
            else { continue }
            members.append((key.name, value))
        }
        return .object(members)
    }

    /// What holds without the key; `nil` if there is nothing to be shown.
    private static func fallback(of key: KeyDescription) -> JSONTree? {
        if let text = key.fallback.value {
            if text == "[]" { return .list([]) }
            // A value that YAML would read otherwise is told in quotes.
            let isQuoted = text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
            return scalar(isQuoted ? String(text.dropFirst().dropLast()) : text, key.shape)
        }
        guard !key.isOptional, case .section(let section) = key.shape else { return nil }
        guard case .object(let members) = object([], section) else { return nil }
        // Nothing in it is told from no key at all.
        let isEmpty = members.allSatisfy { _, value in
            if case .list(let elements) = value { elements.isEmpty } else { false }
        }
        return isEmpty ? nil : .object(members)
    }

    private static func value(_ node: SyntaxNode, _ shape: Shape) -> JSONTree {
        if case .discreet(let inner, let isShown) = shape {
            return conceal(node, inner, isShown)
        }
        switch node {
        case .scalar(let text):
            if case .section(let section)? = shape.container, node.isNull {
                return object([], section)
            }
            return text.origin == .file ? scalar(text.text, shape) : .text(text.written)
        case .sequence(let nodes, _):
            guard case .list(let element)? = shape.list else { return .text(redacted) }
            return .list(nodes.map { value($0, element) })
        case .mapping(let entries, _):
            switch shape.container {
            case .section(let section)?: return object(entries, section)
            case .names(let element)?:
                return .object(entries.map { ($0.key, value($0.value, element)) })
            // A mapping was decoded, so some shape takes it; what cannot be told is not shown.
            default: return .text(redacted)
            }
        }
    }

    /// What stands in a place of secrets: names and how many there are, and no more.
    private static func conceal(
        _ node: SyntaxNode, _ inner: Shape, _ isShown: @Sendable (String) -> Bool
    ) -> JSONTree {
        switch node {
        case .scalar(let text):
            let mayBeSeen = text.origin == .file && isShown(text.text)
            return .text(mayBeSeen ? text.text : redacted)
        case .sequence(let nodes, _): return .list(nodes.map { _ in .text(redacted) })
        case .mapping(let entries, _):
            return .object(entries.map { ($0.key, .text(redacted)) })
        }
    }

    private static func scalar(_ text: String, _ shape: Shape) -> JSONTree {
        switch shape {
        case .integer: Int(text).map(JSONTree.integer) ?? .text(text)
        case .toggle: .bool(["on", "true"].contains(text.lowercased()))
        case .either(.toggle, _):
            switch text.lowercased() {
            case "on", "true": .bool(true)
            case "off", "false": .bool(false)
            default: .text(text)
            }
        case .either(.integer, _): Int(text).map(JSONTree.integer) ?? .text(text)
        default: .text(text)
        }
    }

    private static func entries(of node: SyntaxNode) -> [Entry] {
        if case .mapping(let entries, _) = node { entries } else { [] }
    }
}

extension Shape {
    /// The one of its forms that a mapping is written for.
    fileprivate var container: Shape? {
        switch self {
        case .section, .names: self
        case .either(let first, let second): first.container ?? second.container
        default: nil
        }
    }

    /// The one of its forms that a list is written for.
    fileprivate var list: Shape? {
        switch self {
        case .list: self
        case .either(let first, let second): first.list ?? second.list
        default: nil
        }
    }
}

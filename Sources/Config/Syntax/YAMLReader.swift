import Yams

/// Text to syntax: the one place that knows Yams.
///
/// Yams composes, hashes keys and frees its nodes recursively, as deep and as wide as the text
/// makes it. What it is given is therefore made harmless first: without aliases
/// (``SourceText/star``) the tree is no larger than the text, and its C scanner stops at 1,000
/// levels. Depth and size are settled on the copy made here.
///
/// Values stay text: `on`, `1.10` and `0755` are what they look like until a descriptor reads them,
/// in quotes or not. Tags, which would say otherwise, are refused.
struct YAMLReader {
    /// Sections and lists within each other.
    static let levelCountMax = 64
    static let tooDeep = "is nested deeper than \(levelCountMax) levels"
    /// Of the tree with every alias expanded.
    static let nodeCountMax = 100_000

    private let report: Report
    private var nodeCount = 0
    /// Set once the tree is given up, so that the reason is told only once.
    private var isOversized = false
    private var anchored: [String: SyntaxNode] = [:]
    /// Keys that stand in their mapping a second time.
    private let repeated: [Position: String]

    private init(report: Report, repeated: [Position: String]) {
        self.report = report
        self.repeated = repeated
    }

    /// - Returns: The tree, without what was refused; `nil` when there is none to work on.
    static func read(_ source: SourceText, report: Report) -> SyntaxNode? {
        var text = source.text.replacing("*", with: String(SourceText.star))
        // Yams keeps a pointer into the string, which only a string with storage of its own allows.
        if text.utf8.count < 16 { text += String(repeating: "\n", count: 16) }
        var duplicates = DuplicateKeys(text: text)
        while true {
            do {
                let parser = try Yams.Parser(
                    yaml: duplicates.text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else { return nil }
                // Anchors are weak references that the parser keeps alive.
                return withExtendedLifetime(parser) {
                    var reader = YAMLReader(report: report, repeated: duplicates.names)
                    let tree = reader.convert(root, at: .root, depth: 0)
                    return reader.isOversized ? nil : tree
                }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let first = Position(line: context.mark.line, column: context.mark.column)
                let name = names.first ?? ""
                if duplicates.rename(name, after: first) { continue }
                report.error(
                    at: first, .yaml, "the key \(quoted(restored(name))) is given more than once")
            } catch let fault as YamlError {
                refuse(fault, in: source, report: report)
            } catch {
                report.error(at: .start, .yaml, "cannot be read")
            }
            for (position, name) in duplicates.names {
                report.error(
                    at: position, .yaml, "the key \(quoted(restored(name))) was already given")
            }
            return nil
        }
    }

    /// A node and all below it, or `nil` when the whole tree was given up.
    ///
    /// The path is for problems; the depth counts the collections around the node.
    private mutating func convert(_ node: Yams.Node, at path: Path, depth: Int) -> SyntaxNode? {
        let position = Position(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        let isCollection = node.scalar == nil
        let levels = depth + (isCollection ? 1 : 0)
        guard admits(levels: levels, count: 1, at: position, path) else { return nil }
        refuseTag(of: node, at: position, path)
        let converted: SyntaxNode?
        switch node {
        case .scalar(let scalar): converted = convert(scalar, at: position, path, depth: depth)
        case .sequence(let sequence):
            var nodes: [SyntaxNode] = []
            for (index, element) in sequence.enumerated() {
                guard !isOversized else { return nil }
                let path = path.appending(index)
                if let node = convert(element, at: path, depth: depth + 1) { nodes.append(node) }
            }
            converted = .sequence(nodes, at: position)
        case .mapping(let mapping):
            converted = .mapping(convert(mapping, path, depth: depth), at: position)
        case .alias: converted = nil
        }
        if let anchor = node.anchor { anchored[anchor.rawValue] = converted }
        return converted
    }

    /// The keys of a mapping, without those that were refused.
    private mutating func convert(_ mapping: Yams.Node.Mapping, _ path: Path, depth: Int) -> [Entry]
    {
        var entries: [Entry] = []
        for (key, value) in mapping {
            guard !isOversized else { break }
            let position = Position(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
            guard case .scalar(let scalar) = key, !Self.isAlias(scalar) else {
                report.error(at: position, path, "a key must be a plain word")
                continue
            }
            if let name = repeated[position] {
                report.error(
                    at: position, path.appending(restored(name)), "was already given further up")
                continue
            }
            let name = restored(scalar.string)
            guard name != "<<" || scalar.style != .plain else {
                report.error(
                    at: position, path, "merge keys are not supported",
                    hint: "an alias can stand for a whole value: key: *name")
                continue
            }
            guard let node = convert(value, at: path.appending(name), depth: depth + 1) else {
                continue
            }
            entries.append(Entry(key: name, keyPosition: position, value: node))
        }
        return entries
    }

    /// A text, or what an alias stands for.
    private mutating func convert(
        _ scalar: Yams.Node.Scalar, at position: Position, _ path: Path, depth: Int
    ) -> SyntaxNode? {
        let text = restored(scalar.string)
        guard Self.isAlias(scalar) else {
            let isPlain = scalar.style == .plain
            return .scalar(
                Scalar(
                    text: text, written: text, isPlain: isPlain, origin: .file, position: position))
        }
        let name = String(text.dropFirst())
        guard let target = anchored[name] else {
            report.error(
                at: position, path, "\(quoted(text)) is an alias, and no anchor has its name",
                hint: "a value that begins with * needs quotes")
            return .scalar(
                Scalar(text: "", written: "", isPlain: true, origin: .missing, position: position))
        }
        let size = Self.measure(target)
        let levels = depth + size.levels
        return admits(levels: levels, count: size.count, at: position, path) ? target : nil
    }

    /// Counts nodes and levels, and gives the tree up when there are too many.
    private mutating func admits(
        levels: Int, count: Int, at position: Position, _ path: Path
    ) -> Bool {
        guard !isOversized else { return false }
        nodeCount += count
        if levels > Self.levelCountMax {
            report.error(at: position, .yaml, Self.tooDeep)
            isOversized = true
        } else if nodeCount > Self.nodeCountMax {
            report.error(
                at: position, .yaml, "holds more than \(Self.nodeCountMax) values, aliases expanded"
            )
            isOversized = true
        }
        return !isOversized
    }

    /// The nodes of a tree, and its collections within each other.
    ///
    /// - Complexity: linear, in a tree that was admitted: at most ``nodeCountMax`` for each alias,
    ///   and the sum of what they return is bounded by it as well.
    private static func measure(_ node: SyntaxNode) -> (count: Int, levels: Int) {
        let children: [SyntaxNode] =
            switch node {
            case .scalar: []
            case .sequence(let nodes, _): nodes
            case .mapping(let entries, _): entries.map(\.value)
            }
        var size = (count: 1, levels: 0)
        for child in children {
            let inner = measure(child)
            size.count += inner.count
            size.levels = max(size.levels, inner.levels)
        }
        if case .scalar = node { return size }
        size.levels += 1
        return size
    }

    /// `!!str` and its like change nothing here; any other tag asks for something that is not done.
    private func refuseTag(of node: Yams.Node, at position: Position, _ path: Path) {
        let usual = [
            "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "", "!",
        ]
        let name = node.tag.description
        guard !usual.contains(name) else { return }
        report.error(at: position, path, "YAML tags such as \(quoted(name)) are not supported")
    }

    /// Whether the text was an alias: it begins with a star and has no quotes.
    private static func isAlias(_ scalar: Yams.Node.Scalar) -> Bool {
        scalar.style == .plain && scalar.string.unicodeScalars.first == SourceText.star
    }
}

/// The text as the file has it, where ``SourceText/star`` stood in.
private func restored(_ text: String) -> String {
    text.replacing(String(SourceText.star), with: "*")
}

/// Puts what Yams could not read into our words.
private func refuse(_ fault: YamlError, in source: SourceText, report: Report) {
    switch fault {
    case .scanner(let around, let problem, let mark, _),
        .parser(let around, let problem, let mark, _),
        .composer(let around, let problem, let mark, _):
        let lines = source.text.split(
            separator: "\n", maxSplits: max(0, mark.line), omittingEmptySubsequences: false)
        // What ends too early is refused behind its end.
        let line = min(mark.line, max(1, lines.count))
        let written = lines[line - 1].unicodeScalars
        let column = line == mark.line ? mark.column : written.count + 1
        let hint =
            hint(for: problem, in: String(written), after: column - 1)
            ?? around.map { "\($0.text) that begins at \($0.mark.line):\($0.mark.column)" }
        let position = Position(line: line, column: column)
        switch problem {
        case _ where problem.hasPrefix("Maximum nesting level"):
            report.error(at: position, .yaml, YAMLReader.tooDeep)
        case "but found another document":
            report.error(at: position, .yaml, "a second document begins here, and only one is read")
        default: report.error(at: position, .yaml, problem, hint: hint)
        }
    default: report.error(at: .start, .yaml, "cannot be read")
    }
}

/// Advice on mistakes that YAML's own words do not explain.
private func hint(for problem: String, in line: String, after count: Int) -> String? {
    switch line.unicodeScalars.dropFirst(count).first {
    case "\t": return "YAML indents with spaces, not tabs"
    case "@", "`", "%": return "a value that begins with this character needs quotes"
    default: break
    }
    if line.contains("${"), problem.contains("expected") {
        return "inside { } and [ ] a value with ${…} needs quotes"
    }
    if problem.contains("mapping values are not allowed") {
        return "a value that holds \": \" needs quotes"
    }
    return nil
}

/// A value with the place it was written at, for checks that come after decoding.
struct Located<Value: Sendable>: Sendable {
    let value: Value
    let position: Position
    let path: Path
}

/// A value under a name that the operator chose.
struct Named<Value: Sendable>: Sendable {
    let name: String
    let value: Value
    let position: Position
}

extension Kind {
    /// A list; each element that cannot be read is reported and left out.
    static func list<Element>(_ element: Kind<Element>, count: ClosedRange<Int>) -> Kind
    where Value == [Element] {
        let shape = Shape.list(of: element.shape)
        let format: @Sendable ([Element]) -> String? = { elements in
            "[\(elements.compactMap(element.format).joined(separator: ", "))]"
        }
        return Kind(shape: shape, format: format) { node, place in
            guard case .sequence(let nodes, let position) = node else {
                guard !node.isMissing else { return nil }
                let advice = node.isNull ? nil : "write - before each, or [ … ] around them"
                place.error(
                    at: node.position, "expects a list, not \(node.kindName)", hint: advice)
                return nil
            }
            guard nodes.count >= count.lowerBound else {
                place.error(at: position, "needs at least \(count.lowerBound) in its list")
                return nil
            }
            guard nodes.count <= count.upperBound else {
                place.error(at: position, "takes at most \(count.upperBound) in its list")
                return nil
            }
            var elements: [Element] = []
            for (index, node) in nodes.enumerated() {
                if let value = element.decode(node, place.inside(index)) { elements.append(value) }
            }
            return elements
        }
    }

    /// Names with values, in the order of the text.
    ///
    /// - Parameter check: what a name must be.
    static func names<Element>(
        _ element: Kind<Element>, count: ClosedRange<Int>,
        check: @escaping @Sendable (String) throws(Objection) -> Void
    ) -> Kind where Value == [Named<Element>] {
        Kind(shape: .names(of: element.shape), format: { _ in nil }) { node, place in
            guard let entries = place.entries(node) else { return nil }
            guard entries.count >= count.lowerBound else {
                place.error(at: node.position, "needs at least one name with its settings")
                return nil
            }
            guard entries.count <= count.upperBound else {
                place.error(at: node.position, "takes at most \(count.upperBound) names")
                return nil
            }
            var values: [Named<Element>] = []
            for entry in entries {
                let place = place.inside(entry.key)
                do throws(Objection) {
                    try check(entry.key)
                } catch {
                    let hint = error.suggestion.map(Spelling.didYouMean) ?? error.advice
                    place.error(at: entry.keyPosition, "\(quoted(entry.key)) \(error.what)", hint: hint)
                }
                if let value = element.decode(entry.value, place) {
                    values.append(Named(name: entry.key, value: value, position: entry.keyPosition))
                }
            }
            return values
        }
    }

    /// The keys of a section, made into one value.
    static func section(
        _ section: Section, make: @escaping @Sendable (Fields) -> Value?
    ) -> Kind {
        Kind(shape: .section(section), format: { _ in nil }) { node, place in
            guard let entries = place.entries(node) else { return nil }
            let fields = Fields(section, entries: entries, at: node.position, place)
            return make(fields)
        }
    }

    /// The same, with where it was written.
    var located: Kind<Located<Value>> {
        let inner = self
        return Kind<Located<Value>>(shape: shape, format: { inner.format($0.value) }) { node, place in
            inner.decode(node, place).map {
                Located(value: $0, position: node.position, path: place.path)
            }
        }
    }
}

extension Place {
    /// The keys of a node. Nothing at all stands for no keys: everything in the section is commented out.
    fileprivate func entries(_ node: SyntaxNode) -> [Entry]? {
        if node.isNull { return [] }
        guard case .mapping(let entries, _) = node else {
            guard !node.isMissing else { return nil }
            error(at: node.position, "expects a section of keys, not \(node.kindName)")
            return nil
        }
        return entries
    }
}

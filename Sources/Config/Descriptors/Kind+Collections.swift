/// A value with the place it was written at, for checks that come after decoding.
struct Located<Value: Sendable>: Sendable {
    let value: Value
    let path: Path
    /// Where the value begins, not its key.
    let position: Position
    /// What it was read from, if that was a single text.
    var scalar: Scalar?

    /// Reports what is wrong with the value, showing only what the file shows.
    func object(_ objection: Objection, report: Report) {
        let place = Place(path: path, report: report)
        if let scalar {
            place.object(objection, to: scalar)
        } else {
            place.error(at: position, objection.what, hint: objection.advice)
        }
    }
}

/// A value under a name that the operator chose.
struct Named<Value: Sendable>: Sendable {
    let name: String
    /// `nil` for what could not be read; the name is known all the same.
    let value: Value?
    /// Where the name stands.
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
            guard place.admits(nodes.count, in: count, at: position) else { return nil }
            var elements: [Element] = []
            for (index, node) in nodes.enumerated() {
                if let value = element.decode(node, place.inside(index)) { elements.append(value) }
            }
            return elements
        }
    }

    /// Names that `check` has nothing against, with values, in the order of the text.
    static func names<Element>(
        _ element: Kind<Element>, count: ClosedRange<Int>,
        check: @escaping @Sendable (String) throws(Objection) -> Void
    ) -> Kind where Value == [Named<Element>] {
        Kind(shape: .names(of: element.shape)) { node, place in
            guard let entries = place.entries(node) else { return nil }
            guard place.admits(entries.count, in: count, at: node.position) else { return nil }
            var values: [Named<Element>] = []
            for entry in entries {
                let place = place.inside(entry.key)
                do throws(Objection) {
                    try check(entry.key)
                } catch {
                    let hint = error.suggestion.map(Spelling.didYouMean) ?? error.advice
                    place.error(
                        at: entry.keyPosition, "\(quoted(entry.key)) \(error.what)", hint: hint)
                }
                let value = element.decode(entry.value, place)
                values.append(Named(name: entry.key, value: value, position: entry.keyPosition))
            }
            return values
        }
    }

    /// The keys of a section, made into one value.
    ///
    /// `make` reads every key before it gives up, so that every mistake of the section is told.
    static func section(
        _ section: Section, make: @escaping @Sendable (Fields) -> Value?
    ) -> Kind {
        Kind(shape: .section(section)) { node, place in
            guard let entries = place.entries(node) else { return nil }
            let fields = Fields(section, entries: entries, at: node.position, place)
            return make(fields)
        }
    }

    /// The same, with where it was written.
    var located: Kind<Located<Value>> {
        let inner = self
        let format: @Sendable (Located<Value>) -> String? = { inner.format($0.value) }
        return Kind<Located<Value>>(shape: shape, format: format) { node, place in
            let scalar: Scalar? = if case .scalar(let scalar) = node { scalar } else { nil }
            return inner.decode(node, place).map {
                Located(value: $0, path: place.path, position: node.position, scalar: scalar)
            }
        }
    }
}

extension Place {
    /// Whether a list or section is as long as it may be; says so when it is not.
    fileprivate func admits(
        _ count: Int, in range: ClosedRange<Int>, at position: Position
    ) -> Bool {
        if count < range.lowerBound {
            error(at: position, "must not be empty")
        } else if count > range.upperBound {
            error(at: position, "holds more than \(range.upperBound)")
        }
        return range.contains(count)
    }

    /// The keys of a node; nothing at all stands for none, everything being commented out.
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

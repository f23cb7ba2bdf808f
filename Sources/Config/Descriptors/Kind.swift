/// How syntax becomes a value of one type, and what may be written for it.
///
/// Kinds are made of smaller kinds (`.list(of: .duration)`) and know nothing of the key that holds
/// them.
struct Kind<Value: Sendable>: Sendable {
    let shape: Shape
    /// The value as a file would say it; `nil` for what has no short form.
    let format: @Sendable (Value) -> String?
    /// The value, or `nil` after a problem was reported at the place.
    let decode: @Sendable (SyntaxNode, Place) -> Value?

    init(
        shape: Shape, format: @escaping @Sendable (Value) -> String? = { _ in nil },
        decode: @escaping @Sendable (SyntaxNode, Place) -> Value?
    ) {
        self.shape = shape
        self.format = format
        self.decode = decode
    }

    /// A value that is written as one text.
    ///
    /// `parse` gets the text expanded, and must not repeat it in what it objects.
    init(
        _ shape: Shape, format: @escaping @Sendable (Value) -> String?,
        parse: @escaping @Sendable (String) throws(Objection) -> Value
    ) {
        self.init(shape: shape, format: format) { node, place in
            guard let scalar = place.scalar(node, expected: shape.expected) else { return nil }
            do throws(Objection) {
                return try parse(scalar.text)
            } catch {
                place.object(error, to: scalar)
                return nil
            }
        }
    }
}

/// The path of a value that is being decoded, and where its problems go.
struct Place {
    let path: Path
    let report: Report

    /// The place of what stands under a key, or an index, of this one.
    func inside(_ key: String) -> Place { Place(path: path.appending(key), report: report) }
    func inside(_ index: Int) -> Place { Place(path: path.appending(index), report: report) }

    func error(at position: Position, _ message: String, hint: String? = nil) {
        report.error(at: position, path, message, hint: hint)
    }

    /// The node as a single value that is there; otherwise reports what was expected.
    func scalar(_ node: SyntaxNode, expected: String) -> Scalar? {
        guard case .scalar(let scalar) = node, !node.isNull else {
            error(at: node.position, "expects \(expected), not \(node.kindName)")
            return nil
        }
        return scalar.origin == .missing ? nil : scalar
    }

    /// Reports that a text is no such value, without showing what it was expanded to.
    func object(_ objection: Objection, to scalar: Scalar) {
        let isSecret = scalar.origin != .file
        let subject = quoted(scalar.written) + (isSecret ? ", once expanded," : "")
        let suggestion = isSecret ? nil : objection.suggestion.map(Spelling.didYouMean)
        error(
            at: scalar.position, "\(subject) \(objection.what)",
            hint: suggestion ?? objection.advice)
    }
}

/// A configuration as it was written: text with positions, not yet values.
enum SyntaxNode: Sendable {
    case scalar(Scalar)
    case sequence([SyntaxNode], at: Position)
    /// In the order of the text; no key twice.
    case mapping([Entry], at: Position)

    /// Where it begins: for a section without brackets the first key.
    var position: Position {
        switch self {
        case .scalar(let scalar): scalar.position
        case .sequence(_, let position), .mapping(_, let position): position
        }
    }

    /// Whether nothing was written: a key with nothing after it, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.isPlain && scalar.origin == .file
            && ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// Whether what was written has no value, which was reported: nothing more is said about it.
    var isMissing: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.origin == .missing
    }

    /// What it is, for a message: `a list`.
    var kindName: String {
        switch self {
        case .scalar: isNull ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a section of keys"
        }
    }
}

/// One key of a mapping with its value.
struct Entry: Sendable {
    let key: String
    let keyPosition: Position
    var value: SyntaxNode
}

/// A single value, as text: YAML's own types play no part, a descriptor says what it must be.
struct Scalar: Sendable {
    enum Origin: Sendable {
        case file
        /// Something in it came out of the environment or another file, and must not be shown.
        case outside
        /// It asked for something that is not there, which was reported: it has no value.
        case missing
    }

    /// The value, expanded once that was done.
    var text: String
    /// As the file has it, without quotes; the only form that messages show.
    let written: String
    /// Written without quotes and not as a block.
    let isPlain: Bool
    var origin: Origin
    let position: Position
}

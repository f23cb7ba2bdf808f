/// One key of the configuration: its name, what it takes, what it is when absent, and a line about
/// it.
///
/// It decodes straight into the type that the snapshot has: there is no second, looser form of the
/// settings in between.
struct Key<Value: Sendable>: Sendable {
    let kind: Kind<Value>
    /// What an absent key means, and an unreadable one until the end of the run.
    let fallback: Value
    private(set) var description: KeyDescription

    /// A key with a default.
    init(
        _ name: String, _ kind: Kind<Value>, default fallback: Value, example: String? = nil,
        _ summary: String
    ) {
        self.kind = kind
        self.fallback = fallback
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape,
            fallback: kind.format(fallback).map(KeyDescription.Fallback.value) ?? .untold,
            example: example)
    }

    /// A key without which its section has no meaning.
    init<Present>(
        required name: String, _ kind: Kind<Present>, example: String? = nil, _ summary: String
    ) where Value == Present? {
        self.kind = kind.map({ $0 }, back: { $0 })
        fallback = nil
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape, fallback: .required, example: example)
    }

    /// A key that may be absent; `unset` says what then holds, when that is worth a word.
    init<Present>(
        optional name: String, _ kind: Kind<Present>, unset: String? = nil, example: String? = nil,
        _ summary: String
    ) where Value == Present? {
        self.kind = kind.map({ $0 }, back: { $0 })
        fallback = nil
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape,
            fallback: unset.map(KeyDescription.Fallback.remark) ?? .untold, example: example)
        description.isOptional = true
    }

    /// The same key, which the sample configuration shows without using it.
    func commentedOut() -> Key {
        var key = self
        key.description.isCommentedOut = true
        return key
    }
}

/// What is known of a key without its type.
struct KeyDescription: Sendable {
    /// What holds without the key.
    enum Fallback: Sendable, Equatable {
        /// Nothing: the key must be there.
        case required
        /// This value, as a file would say it.
        case value(String)
        /// Something that no value says: `the global one`.
        case remark(String)
        /// What the section's own keys say, or simply nothing.
        case untold

        /// The value that could as well be written.
        var value: String? {
            if case .value(let value) = self { value } else { nil }
        }

        /// Value or remark.
        var text: String? {
            switch self {
            case .value(let text), .remark(let text): text
            case .required, .untold: nil
            }
        }
    }

    let name: String
    /// One sentence, without its full stop.
    let summary: String
    private(set) var shape: Shape
    let fallback: Fallback
    /// YAML for the sample configuration, where the default is none or not telling.
    let example: String?
    /// Whether the sample has the key as a comment, as it changes what the sample does.
    var isCommentedOut = false
    /// Whether its absence is something else than any value.
    var isOptional = false

    /// The same key, whose value may be a secret although a text is all that it is read as.
    func concealed() -> KeyDescription {
        var key = self
        key.shape = .discreet(shape, isShown: { _ in false })
        return key
    }
}

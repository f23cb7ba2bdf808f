/// One key of the configuration: its name, what it takes, what it is when absent, and a line about it.
struct Key<Value: Sendable>: Sendable {
    let kind: Kind<Value>
    /// What an absent key means, and an unreadable one until the end of the run.
    let fallback: Value
    let description: KeyDescription

    /// A key with a default.
    init(
        _ name: String, _ kind: Kind<Value>, default fallback: Value, example: String? = nil,
        _ summary: String
    ) {
        self.kind = kind
        self.fallback = fallback
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape, presence: .optional,
            fallback: kind.format(fallback), example: example)
    }

    /// A key without which its section has no meaning.
    init<Present>(
        required name: String, _ kind: Kind<Present>, example: String? = nil, _ summary: String
    ) where Value == Present? {
        self.kind = kind.map({ $0 }, back: { $0 })
        fallback = nil
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape, presence: .required, fallback: nil,
            example: example)
    }

    /// A key that may be absent; `unset` says what then holds, when that is worth a word.
    init<Present>(
        optional name: String, _ kind: Kind<Present>, unset: String? = nil, example: String? = nil,
        _ summary: String
    ) where Value == Present? {
        self.kind = kind.map({ $0 }, back: { $0 })
        fallback = nil
        description = KeyDescription(
            name: name, summary: summary, shape: kind.shape, presence: .optional, fallback: unset,
            example: example)
    }
}

/// What is known of a key without its type.
struct KeyDescription: Sendable {
    enum Presence: Sendable { case required, optional }

    let name: String
    /// One sentence, without its full stop.
    let summary: String
    let shape: Shape
    let presence: Presence
    /// The default as a file would say it, or a word for what holds without the key.
    let fallback: String?
    /// YAML for the sample configuration, where the default is none or not telling.
    let example: String?
}

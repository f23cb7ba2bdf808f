import Policy

/// The keys of a route that say how often and how many at a time.
enum RouteLimitKeys {
    static let uses = Key(
        "rate_limits", Kind.list(.limitUse, count: 0...8), default: [],
        "Names of rate limits, all of which hold; or { limit, cost } for one that is taken more of")
    static let concurrency = Key(
        optional: "concurrency", ConcurrencySection.kind.located, unset: "any number",
        ConcurrencySection.section.summary)

    static let descriptions = [uses.description, concurrency.description]
}

/// `{ limit, cost }`, the long form of a route's limit.
enum LimitUseSection {
    static let limit = Key(
        required: "limit", Kind.text("the name of a rate limit").located,
        "The name of a rate limit")
    static let cost = Key(
        optional: "cost", Kind.integer(1...1_000_000_000).located, unset: "1",
        "Tokens that a request of this route takes")

    static let section = Section(
        "routes[].rate_limits[]", "One of a route's rate limits, in its long form",
        keys: [limit.description, cost.description])
}

/// A reference to a limit that was not looked up.
struct LimitUseDraft: Sendable {
    let name: Located<String>
    /// `nil` for one token.
    let cost: Located<Int>?
}

extension Kind where Value == LimitUseDraft {
    /// A limit's name, or its long form.
    fileprivate static var limitUse: Kind {
        let short = Kind<String>.text("the name of a rate limit").located
        let long = Kind.section(LimitUseSection.section) { fields in
            let cost = fields[LimitUseSection.cost]
            return fields[LimitUseSection.limit].map { LimitUseDraft(name: $0, cost: cost) }
        }
        return Kind(shape: .either(short.shape, long.shape)) { node, place in
            if case .mapping = node { return long.decode(node, place) }
            return short.decode(node, place).map { LimitUseDraft(name: $0, cost: nil) }
        }
    }
}

/// `concurrency` of a route.
enum ConcurrencySection {
    static let max = Key(
        required: "max", Kind.integer(1...1_000_000),
        "Requests that are with the app at a time, those of all event loops together")
    static let queue = Key(
        "queue", Kind.integer(0...100_000), default: 0,
        "Requests that wait for one of these places; 0 has none wait")
    static let queueTimeout = Key(
        "queue_timeout", Kind.timeout, default: .seconds(1), "How long each of them waits; then 503"
    )

    static let section = Section(
        "routes[].concurrency",
        "How many requests of a route are with the app at a time; one too many is answered 503",
        keys: [max.description, queue.description, queueTimeout.description])
    static let kind = Kind<ConcurrencySettings>.section(section) { fields in
        let queue = fields[queue]
        let queueTimeout = fields[queueTimeout]
        return fields[max].map {
            ConcurrencySettings(max: $0, queue: queue, queueTimeout: queueTimeout)
        }
    }
}

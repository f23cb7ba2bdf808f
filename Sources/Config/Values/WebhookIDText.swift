import Policy

/// What tells one event from all others: `header:NAME` or `json:a.b`.
enum WebhookIDText {
    static func parse(_ text: String) throws(Objection) -> EventIDPlace.Place {
        guard text.hasPrefix("header:") || text.hasPrefix("json:") else {
            throw Objection("is neither header:NAME nor json:a.b")
        }
        switch try KeyPartText.parse(text) {
        case .header: return .field([String(text.dropFirst(7))])
        case .json(let steps): return .json([steps])
        default: throw Objection("is neither header:NAME nor json:a.b")
        }
    }

    static let kind = Kind<EventIDPlace.Place>(
        .text(expected: "header:NAME or json:a.b", pattern: "(header|json):.+"),
        format: { _ in nil }, parse: parse)
}

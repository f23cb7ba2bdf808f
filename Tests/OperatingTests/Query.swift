import Telemetry

/// What a query in PromQL names: enough of the language to find metrics and labels in it.
struct Query {
    /// A metric with the labels that are asked of it.
    struct Series: Equatable {
        var metric: String
        var labels: [String]
    }

    private(set) var series: [Series] = []
    /// Labels within `by (…)` and the like.
    private(set) var groupings: [String] = []
    private var texts: [String] = []
    private var rest: Substring

    private static let groupingWords: Set = [
        "by", "without", "on", "ignoring", "group_left", "group_right",
    ]
    private static let otherWords: Set = [
        "and", "or", "unless", "bool", "offset", "sum", "min", "max", "avg", "count", "topk",
    ]

    init(_ text: String) {
        rest = text[...]
        while let character = rest.first { read(character) }
    }

    /// What is not as the gateway's metrics are.
    var faults: [String] {
        var faults = series.flatMap(Self.faults)
        let labels = Set(Metric.allCases.flatMap(\.labels).map { "\($0)" } + Self.targetLabels)
        for label in groupings where label != "le" && !labels.contains(label) {
            // One that the query makes itself stands in quotes.
            if !texts.contains(label) { faults.append("no metric has the label \(label)") }
        }
        return faults
    }

    private static let targetLabels = ["job", "instance"]

    private static func faults(_ series: Series) -> [String] {
        if series.metric == "up" { return [] }
        if series.metric == "ALERTS" { return [] }
        let found = Metric.allCases.first { metric in
            let name = "\(metric.name)"
            if metric.kind != .histogram { return name == series.metric }
            return ["_bucket", "_sum", "_count"].contains { name + $0 == series.metric }
        }
        guard let found else { return ["\(series.metric) is no metric"] }
        var labels = found.labels.map { "\($0)" } + targetLabels
        if series.metric.hasSuffix("_bucket") { labels.append("le") }
        return series.labels.filter { !labels.contains($0) }.map {
            "\(series.metric) has no label \($0)"
        }
    }

    // MARK: Reading

    private mutating func read(_ character: Character) {
        switch character {
        case "\"", "'": texts.append(quoted())
        case "[": rest = rest.drop { $0 != "]" }
        case _ where Self.beginsWord(character): readWord()
        case _ where character.isNumber || character == "$":
            rest = rest.dropFirst().drop { Self.beginsWord($0) || $0.isNumber || $0 == "." }
        default: rest.removeFirst()
        }
    }

    private mutating func readWord() {
        let word = String(rest.prefix { Self.beginsWord($0) || $0.isNumber })
        rest = rest.dropFirst(word.count).drop(while: \.isWhitespace)
        if Self.groupingWords.contains(word), rest.first == "(" {
            let labels = rest.dropFirst().prefix { $0 != ")" }
            groupings += labels.split { !Self.beginsWord($0) && !$0.isNumber }.map(String.init)
            rest = rest.dropFirst(labels.count + 2)
        } else if rest.first == "{" {
            series.append(Series(metric: word, labels: matchedLabels()))
        } else if rest.first != "(", !Self.otherWords.contains(word),
            !Self.groupingWords.contains(word)
        {
            series.append(Series(metric: word, labels: []))
        }
    }

    /// The names in `{name="value",…}`, which is taken out.
    private mutating func matchedLabels() -> [String] {
        var labels: [String] = []
        rest.removeFirst()
        while let character = rest.first, character != "}" {
            if character == "\"" || character == "'" {
                _ = quoted()
            } else if Self.beginsWord(character) {
                let name = rest.prefix { Self.beginsWord($0) || $0.isNumber }
                labels.append(String(name))
                rest = rest.dropFirst(name.count)
            } else {
                rest.removeFirst()
            }
        }
        rest = rest.dropFirst()
        return labels
    }

    private mutating func quoted() -> String {
        let quote = rest.removeFirst()
        let text = rest.prefix { $0 != quote }
        rest = rest.dropFirst(text.count + 1)
        return String(text)
    }

    private static func beginsWord(_ character: Character) -> Bool {
        character.isLetter || character == "_" || character == ":"
    }
}

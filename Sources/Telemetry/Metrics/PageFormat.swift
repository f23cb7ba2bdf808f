/// How the page of metrics is written.
package enum PageFormat: CaseIterable, Sendable {
    /// Prometheus' text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0: the same numbers, with exemplars.
    case openMetrics

    /// The `Content-Type` of the page.
    package var contentType: StaticString {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What `Accept` prefers (RFC 9110 §12.5.1): the text format, unless OpenMetrics 1.0 is named
    /// and weighs as much.
    ///
    /// Wildcards ask for nothing that is new. The field may be of any length and hold anything.
    package init(accept field: String) {
        var openMetrics = 0.0
        var text = 0.0
        for range in field.lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map(Self.trimmed)
            let (version, weight) = Self.parameters(of: parts.dropFirst())
            switch parts.first {
            case "application/openmetrics-text" where version ?? "1.0.0" == "1.0.0":
                openMetrics = max(openMetrics, weight)
            case "text/plain": text = max(text, weight)
            default: break
            }
        }
        self = openMetrics > 0 && openMetrics >= text ? .openMetrics : .prometheus
    }

    private static func parameters(
        of parts: ArraySlice<Substring>
    ) -> (version: Substring?, weight: Double) {
        var version: Substring?
        var weight = 1.0
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
            guard pair.count == 2 else { continue }
            let value = pair[1].drop { $0 == "\"" }.prefix { $0 != "\"" }
            if pair[0] == "version" { version = value }
            if pair[0] == "q" { weight = Double(value) ?? 0 }
        }
        return (version, weight)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.prefix { $0 != " " && $0 != "\t" }
    }
}

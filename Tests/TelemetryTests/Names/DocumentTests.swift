import Telemetry
import Testing

/// The operators' pages say what the code does: their tables are made from its lists.
///
/// One test a file, since a file is written anew as a whole.
@Suite struct DocumentTests {
    @Test func `docs/metrics.md lists every metric and every reason`() throws {
        let path = "docs/metrics.md"
        var metrics = "| Name | Type | Labels | Meaning |\n|---|---|---|---|\n"
        for metric in Metric.allCases {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            metrics +=
                "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(metric.help) |\n"
        }
        try expectSame(metrics, asPart: "metrics", ofFile: path)
        let reasons = UpstreamFailure.allCases.map { ($0.name, $0.meaning) }
        try expectSame(table("Reason", reasons), asPart: "reasons", ofFile: path)
    }

    @Test func `docs/logs.md lists every event, outcome and field`() throws {
        let path = "docs/logs.md"
        let events = EventName.allCases.map { ($0.name, $0.meaning) }
        try expectSame(table("Event", events), asPart: "events", ofFile: path)
        let outcomes = Outcome.allCases.map { ($0.name, $0.meaning) }
        try expectSame(table("Outcome", outcomes), asPart: "outcomes", ofFile: path)
        let troubles = StoreTrouble.allCases.map { ($0.name, $0.meaning) }
        try expectSame(table("Reason", troubles), asPart: "redis", ofFile: path)
        let fields = LogField.allCases.reduce("| Field | ECS | Meaning |\n|---|---|---|\n") {
            $0 + "| `\($1.key)` | `\($1.ecs)` | \($1.meaning) |\n"
        }
        try expectSame(fields, asPart: "fields", ofFile: path)
        var source = SourceText()
        let record = typicalRecord(&source)
        let line = accessLine(record, source.bytes)
        let example = "```json\n\(String(decoding: line, as: UTF8.self))```\n"
        try expectSame(example, asPart: "example", ofFile: path)
    }

    @Test func `names are lower case tokens, each of them once`() {
        let lists: [[StaticString]] = [
            Outcome.allCases.map(\.name), EventName.allCases.map(\.name),
            LogLevel.allCases.map(\.name), UpstreamFailure.allCases.map(\.name),
            StoreTrouble.allCases.map(\.name),
            Metric.allCases.map(\.name),
        ]
        for list in lists {
            let names = list.map { "\($0)" }
            #expect(Set(names).count == names.count)
            for name in names {
                #expect(name.allSatisfy { $0 == "_" || ("a"..."z").contains($0) }, "\(name)")
            }
        }
    }

    @Test func `metric names have our prefix and tell their unit or that they count`() {
        for metric in Metric.allCases {
            let name = "\(metric.name)"
            #expect(name.hasPrefix("apus_") || name.hasPrefix("process_"))
            #expect(name.hasSuffix("_total") == (metric.kind == .counter))
        }
    }

    @Test func `levels rise`() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.debug < .info && LogLevel.error < .fatal)
    }

    private func table(_ title: String, _ rows: [(StaticString, StaticString)]) -> String {
        rows.reduce("| \(title) | Meaning |\n|---|---|\n") { $0 + "| `\($1.0)` | \($1.1) |\n" }
    }
}

import Testing

/// A place that breaks a rule, and what to do about it.
struct Finding: CustomStringConvertible {
    let path: String
    /// From 1.
    let line: Int
    let advice: String

    var description: String { "\(path):\(line): \(advice)" }
}

/// Fails once for each finding.
func expectNone(
    _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
) {
    for finding in findings {
        Issue.record(Comment(rawValue: finding.description), sourceLocation: sourceLocation)
    }
}

/// A made-up file, for tests that a rule can fail.
func fixture(_ text: String, path: String = "Sources/Policy/Fixture.swift") -> SourceFile {
    SourceFile(path: path, text: text)
}

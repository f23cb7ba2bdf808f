/// One thing that is wrong, or doubtful, in a configuration, and where it stands.
package struct Problem: Sendable, Equatable {
    /// An error keeps the configuration from being used; a warning does not.
    package enum Severity: String, Sendable { case error, warning }

    /// The file as it was named to us.
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    /// Some checks are errors in production alone, and warnings elsewhere.
    package let severity: Severity
    /// WHERE: a path such as `routes[2].match.path`; `yaml` or `file` for what has none.
    package let path: String
    /// WHAT, without value that came out of the environment or a file.
    package let message: String
    /// Advice, such as `did you mean "…"?`; `nil` where there is none to give.
    package let hint: String?

    package init(
        file: String, line: Int, column: Int, severity: Severity, path: String, message: String,
        hint: String?
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.path = path
        self.message = message
        self.hint = hint
    }

    /// `FILE:LINE:COLUMN: error: WHERE: WHAT (HINT)`, one line without its end.
    package var text: String {
        let advice = hint.map { " (\($0))" } ?? ""
        return "\(file):\(line):\(column): \(severity.rawValue): \(path): \(message)\(advice)"
    }
}

/// A place in the text: both count from 1, columns in Unicode scalars.
struct Position: Hashable, Comparable, Sendable {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)

    static func < (left: Position, right: Position) -> Bool {
        left.line == right.line ? left.column < right.column : left.line < right.line
    }
}

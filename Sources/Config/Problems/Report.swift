/// The problems of one file, as they are found.
///
/// A reference, so that every decoder writes to the same list; it lives on one task and is never
/// shared.
final class Report {
    /// More problems than anybody reads; what comes after is left out.
    static let countMax = 500

    let file: String
    private var problems: [Problem] = []
    private(set) var hasErrors = false

    init(file: String) { self.file = file }

    /// Whether what follows is left out; work only for its sake can be saved.
    var isFull: Bool { problems.count >= Self.countMax }

    /// All problems in the order of the text; those of one place in the order they were found.
    var sorted: [Problem] {
        let ordered = problems.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            if first.line != second.line { return first.line < second.line }
            if first.column != second.column { return first.column < second.column }
            return left.offset < right.offset
        }
        guard isFull, let last = ordered.last?.element else { return ordered.map(\.element) }
        let rest = Problem(
            file: file, line: last.line, column: last.column, severity: last.severity, path: "file",
            message: "has more problems than these \(Self.countMax)", hint: nil)
        return ordered.map(\.element) + [rest]
    }

    /// Notes something that keeps the configuration from being used.
    ///
    /// The message is one line without anything that came out of the environment or a file; the
    /// hint is advice, which ends up in parentheses.
    func error(at position: Position, _ path: Path, _ message: String, hint: String? = nil) {
        hasErrors = true
        append(.error, position, path, message, hint)
    }

    /// Notes something that is probably not what was meant.
    func warning(at position: Position, _ path: Path, _ message: String, hint: String? = nil) {
        append(.warning, position, path, message, hint)
    }

    private func append(
        _ severity: Problem.Severity, _ position: Position, _ path: Path, _ message: String,
        _ hint: String?
    ) {
        guard !isFull else { return }
        problems.append(
            Problem(
                file: file, line: position.line, column: position.column, severity: severity,
                path: path.text, message: message, hint: hint))
    }
}

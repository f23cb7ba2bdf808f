/// `log`: what is written where.
enum LogSection {
    static let level = Key(
        "level", Kind<LogThreshold>.cases(), default: .info, "The least level that is written")
    static let output = Key(
        "output", Kind<LogOutput>.logOutput, default: .stdout,
        "Where lines go; a file is opened anew on the signal USR1")
    static let access = Key(
        "access", Kind.toggle, default: true, "Whether each request gets a line")

    static let section = Section(
        "log", "One JSON object a line",
        keys: [level.description, output.description, access.description])
    static let kind = Kind<LogSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> LogSettings {
        LogSettings(
            level: fields[level], output: fields[output], isAccessLogged: fields[access])
    }
}

extension Kind where Value == LogOutput {
    /// A path must look like one, so that `stduot` is no file.
    fileprivate static var logOutput: Kind {
        let shape = Shape.text(
            expected: "stdout, stderr or the path of a file", pattern: "stdout|stderr|[/.].*")
        return Kind(shape, format: format) { text throws(Objection) in
            switch text {
            case "stdout": return .stdout
            case "stderr": return .stderr
            default:
                guard text.hasPrefix("/") || text.hasPrefix("."), !text.hasSuffix("/") else {
                    throw Objection(
                        "is not stdout, stderr or the path of a file",
                        suggestion: Spelling.nearest(to: text, among: ["stdout", "stderr"]),
                        advice: "a path begins with / or ./")
                }
                guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                    throw Objection("holds a control character")
                }
                return .file(path: text)
            }
        }
    }

    private static func format(_ output: LogOutput) -> String? {
        switch output {
        case .stdout: "stdout"
        case .stderr: "stderr"
        case .file(let path): path
        }
    }
}

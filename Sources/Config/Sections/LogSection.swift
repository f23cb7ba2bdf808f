/// `log`: what is written where.
enum LogSection {
    static let level = Key(
        "level", Kind<LogThreshold>.cases(), default: .info, "The least level that is written")
    static let output = Key(
        "output", Kind<LogOutput>.logOutput, default: .stdout,
        "Where lines go; a file is opened anew on the signal USR1")
    static let access = Key(
        "access", Kind.toggle, default: true, "Whether each request gets a line")

    static let format = Key(
        "format", Kind<LogFormatName>.cases(), default: .json,
        "How lines are written; text is for a terminal, ecs for the Elastic Common Schema")
    static let redactHeaders = Key(
        "redact_headers", Kind.list(Kind<String>.fieldName, count: 0...64), default: [],
        "Header fields whose values are hidden, besides credentials")
    static let redactQuery = Key(
        "redact_query", Kind.list(queryKey, count: 0...64), default: [],
        "Parameters of queries whose values are hidden, besides those named like secrets")
    static let sampleSuccess = Key(
        "sample_success", Kind.share, default: 1_000_000,
        "The share of quick successes that have a line; failures and slow requests all have one")
    static let slow = Key(
        "slow", Kind.timeout, default: .seconds(1),
        "A request that took so long has its line, whatever sample_success is")

    static let section = Section(
        "log", "One line an event, and one a request",
        keys: [
            level.description, output.description, access.description, format.description,
            redactHeaders.description, redactQuery.description, sampleSuccess.description,
            slow.description,
        ])
    static let kind = Kind<LogSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> LogSettings {
        LogSettings(
            level: fields[level], output: fields[output], isAccessLogged: fields[access],
            format: fields[format],
            redaction: RedactionSettings(
                headers: fields[redactHeaders], queryKeys: fields[redactQuery]),
            sampling: SamplingSettings(
                successMillionths: fields[sampleSuccess], slow: fields[slow]))
    }

    private static let queryKey = Kind<String>.text("the name of a parameter") {
        text throws(Objection) in
        guard !text.isEmpty, text.utf8.count <= 128 else {
            throw Objection("is not the name of a parameter")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "=") }) else {
            throw Objection("holds a space, an equals sign or a control character")
        }
    }
}

/// `audit`: lines about what operators change.
enum AuditSection {
    static let output = Key(
        optional: "output", Kind<LogOutput>.logOutput, unset: "the log's", example: "stdout",
        "Where audit lines go; a file is opened anew on the signal USR1")
    static let chain = Key(
        "chain", Kind.toggle, default: true,
        "Whether each audit line carries a hash over itself and the line before it")

    static let section = Section(
        "audit", "What operators change, line by line",
        keys: [output.description, chain.description])
    static let kind = Kind<AuditSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> AuditSettings {
        AuditSettings(output: fields[output], isChained: fields[chain])
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

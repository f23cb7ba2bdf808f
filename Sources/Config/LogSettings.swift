/// `log`: what is logged, how, and where to.
package struct LogSettings: Sendable, Equatable {
    /// Lines below it are not written; access lines are of level info.
    package var level: LogThreshold
    /// For all lines alike.
    package var output: LogOutput
    /// Whether each request has its line.
    package var isAccessLogged: Bool
    /// For all lines alike.
    package var format: LogFormatName
    /// What is hidden besides what always is.
    package var redaction: RedactionSettings
    package var sampling: SamplingSettings

    package init(
        level: LogThreshold, output: LogOutput, isAccessLogged: Bool, format: LogFormatName,
        redaction: RedactionSettings, sampling: SamplingSettings
    ) {
        self.level = level
        self.output = output
        self.isAccessLogged = isAccessLogged
        self.format = format
        self.redaction = redaction
        self.sampling = sampling
    }
}

/// Levels of lines, the least first.
package enum LogThreshold: String, CaseIterable, Sendable { case debug, info, warn, error, fatal }

/// How lines are written; their names are those of the file.
package enum LogFormatName: String, CaseIterable, Sendable { case json, logfmt, text, ecs }

/// Where lines go; a file is opened anew on USR1.
package enum LogOutput: Sendable, Equatable {
    case stdout, stderr
    case file(path: String)
}

/// `log.redact_headers` and `log.redact_query`: names whose values no line shows.
package struct RedactionSettings: Sendable, Equatable {
    /// Of header fields; case does not matter.
    package var headers: [String]
    /// Of parameters in queries; neither case matters, nor `_` or `-`.
    package var queryKeys: [String]

    package init(headers: [String], queryKeys: [String]) {
        self.headers = headers
        self.queryKeys = queryKeys
    }
}

/// `log.sample_success` and `log.slow`: which lines of requests may be left out.
package struct SamplingSettings: Sendable, Equatable {
    /// How many of a million quick successes have a line: 0 to 1,000,000.
    package var successMillionths: UInt32
    /// Whatever took so long has its line.
    package var slow: Duration

    package init(successMillionths: UInt32, slow: Duration) {
        self.successMillionths = successMillionths
        self.slow = slow
    }
}

/// `audit`: where the lines go that tell of operators' changes.
package struct AuditSettings: Sendable, Equatable {
    /// `nil` for the log's own.
    package var output: LogOutput?
    /// Whether each line carries the hash of the one before it.
    package var isChained: Bool

    package init(output: LogOutput?, isChained: Bool) {
        self.output = output
        self.isChained = isChained
    }
}

/// Why the log could not be opened or started.
package struct LogProblem: Error, Equatable, Sendable {
    /// What was tried.
    package enum Step: Sendable, Equatable {
        case open(path: String)
        /// Of audit lines' own output.
        case openAudit(path: String)
        case wakeUp
        case thread
    }

    /// Where it went wrong; the file's path is in it.
    package let step: Step
    /// As of errno(3).
    package let errno: Int32

    init(_ step: Step, errno: Int32) {
        self.step = step
        self.errno = errno
    }
}

/// Where lines go.
package enum LogTarget: Sendable, Equatable {
    /// One that is open already, and stays so; others may share it.
    case descriptor(Int32)
    /// Appended to, made with mode 0640 if it is not there; opened anew by
    /// ``LogPipeline/reopen()``.
    case file(path: String)

    /// Standard output: never reopened, as it is whoever started the process that redirects it.
    package static var stdout: LogTarget { .descriptor(1) }
    /// Standard error, likewise.
    package static var stderr: LogTarget { .descriptor(2) }
}

import Config
import Linux
import Telemetry

extension LogPlan {
    /// As a configuration says; whether colours are wanted, the environment does (`NO_COLOR`).
    init(_ snapshot: Snapshot) {
        let environment = ProcessStart.environment
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        self.init(
            output: LogTarget(snapshot.log.output), format: LogFormatChoice(snapshot.log.format),
            auditOutput: snapshot.audit.output.map(LogTarget.init),
            isChained: snapshot.audit.isChained,
            isColourAllowed: !isRefused && environment["TERM"] != "dumb")
    }
}

extension LogFormatChoice {
    fileprivate init(_ name: LogFormatName) {
        switch name {
        case .json: self = .json
        case .logfmt: self = .logfmt
        case .text: self = .text
        case .ecs: self = .ecs
        }
    }
}

extension LogTarget {
    fileprivate init(_ output: LogOutput) {
        switch output {
        case .stdout: self = .stdout
        case .stderr: self = .stderr
        case .file(let path): self = .file(path: path)
        }
    }
}

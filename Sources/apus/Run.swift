import ArgumentParser
import Config
import Gateway
import Linux
import Telemetry

/// The command `apus run`.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve.",
        discussion: """
            Serves until a signal ends it. Problems that keep it from serving go to standard \
            error; from then on all goes to the log.

            EXAMPLES
              apus run
              apus run --config /etc/apus/apus.yaml

            SIGNALS
              TERM, INT   stop accepting, finish what is in flight within
                          server.drain_timeout, then end; a second one ends at once
              USR1        open log files anew, after they were rotated
              HUP         read the configuration again: all of it serves from then on,
                          or what is wrong is logged and nothing changes

            EXIT CODES
              0   ended by a signal
              64  wrong usage
              69  an address to listen on cannot be had
              78  the configuration is invalid
              1   anything else, such as a log that cannot be written
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let snapshot = try Configuration.loadWhole(options.path)
        // Two descriptors a request in flight: the usual soft limit of 1024 would be 500 of them.
        ProcessStart.raiseDescriptorLimit()
        do throws(ServingProblem) {
            let path = options.path
            let serving = try Serving(snapshot, build: BuildFacts.labels) {
                Loading.load(path: path, environment: ProcessStart.environment)
            }
            // What loading took is given back before serving takes anything.
            ProcessMemory.releaseStart()
            try serving.run()
        } catch {
            StandardError.write(line: "apus: \(error.text)")
            throw error.ending
        }
    }
}

extension ServingProblem {
    /// One line for whoever started the process.
    fileprivate var text: String {
        switch self {
        case .address(let problem):
            "\(problem.listener): cannot listen on \(problem.address): \(problem.reason)"
        case .log(let problem): problem.text
        case .system(let reason): "cannot serve: \(reason)"
        case .files(let problems): problems.map(\.text).joined(separator: "; ")
        }
    }

    /// An address that is taken is worth a code of its own: whoever restarts us can wait for it.
    fileprivate var ending: ExitCode {
        switch self {
        case .address: Ending.addressUnavailable
        case .files: Ending.invalidConfiguration
        case .log, .system: ExitCode.failure
        }
    }
}

extension LogProblem {
    fileprivate var text: String {
        let reason = Errno(errno).text
        return switch step {
        case .open(let path): "log.output: cannot open \(path): \(reason)"
        case .openAudit(let path): "audit.output: cannot open \(path): \(reason)"
        case .wakeUp, .thread: "the log cannot be started: \(reason)"
        }
    }
}

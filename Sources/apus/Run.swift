import ArgumentParser
import Config
import Foundation
import Gateway
import Telemetry

/// The command `apus run`.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve.",
        discussion: """
            Exit codes: 0 after a drain, 64 wrong usage, 69 an address cannot be had, 78 invalid \
            configuration, 1 anything else.
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let snapshot = try Configuration.load(options.path)
        do throws(ServingProblem) {
            try Serving(snapshot, build: BuildFacts.labels).run()
        } catch {
            StandardError.write("apus: \(error.text)")
            throw ExitCode(error.exitCode)
        }
    }
}

extension ServingProblem {
    /// One line for whoever started the process.
    var text: String {
        switch self {
        case .address(let problem):
            "\(problem.listener): cannot listen on \(problem.address): \(problem.reason)"
        case .log(let problem): "the log cannot be written: \(problem)"
        case .system(let reason): "cannot serve: \(reason)"
        }
    }

    /// sysexits(3): 69 is EX_UNAVAILABLE.
    var exitCode: Int32 {
        if case .address = self { return 69 }
        return 1
    }
}

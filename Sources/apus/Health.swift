import ArgumentParser
import Gateway
import Linux

/// The command `apus health`.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a gateway that serves how it is, for containers' health checks.",
        discussion: """
            Asks the admin listener, and says on one line what it answered. /livez says whether \
            the process serves, /readyz whether it should be sent traffic.

            EXAMPLES
              apus health
              apus health --url http://127.0.0.1:9901/readyz
              apus health --url unix:/run/apus/admin.sock

            EXIT CODES
              0   it answered 200
              1   it answered anything else, or nothing in time
              64  wrong usage
            """)

    @Option(
        help: ArgumentHelp(
            "http://HOST:PORT/PATH or unix:/path; /livez where there is no path.",
            valueName: "u"))
    var url = "http://127.0.0.1:9901/livez"

    @Option(help: ArgumentHelp("Seconds to wait at most, 1 to 3600.", valueName: "s"))
    var timeout = 2

    func run() throws {
        guard let target = HealthTarget(url: url) else {
            throw ValidationError("\(url) is no URL of the kind http://HOST:PORT/PATH")
        }
        guard (1...3600).contains(timeout) else {
            throw ValidationError("--timeout is 1 to 3600 seconds")
        }
        let finding = HealthProbe.ask(target, within: .seconds(timeout))
        guard finding == .answered(200) else {
            StandardError.write(line: "apus: \(url): \(finding.text)")
            throw ExitCode.failure
        }
        print("\(url): \(finding.text)")
    }
}

extension HealthFinding {
    fileprivate var text: String {
        switch self {
        case .answered(let status): "answered \(status)"
        case .unreachable(let error): error.text
        case .unknownName: "the name has no address"
        case .silent: "no answer in time"
        case .nonsense: "what answers there is no HTTP"
        }
    }
}

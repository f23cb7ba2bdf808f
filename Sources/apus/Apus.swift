import ArgumentParser
import CVersion

/// The command `apus`; docs/cli.md describes it.
@main
struct Apus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "A gateway that stands in front of an app.",
        discussion: """
            It proxies HTTP to your app and does what every production-readiness checklist asks \
            for: security headers on every response, request ids, structured logs, metrics, \
            limits and timeouts. One YAML file configures it; every key is explained in \
            docs/configuration.md.

            EXAMPLES
              apus check                        is conf/apus.yaml in order?
              apus explain GET http://x.com/a   what would become of this request?
              apus test                         do its tests hold?
              apus sign stripe --secret … …     what would Stripe send?
              apus run --config my.yaml         serve
              apus health                       does it?

            EXIT CODES
              0   all is well
              64  wrong usage
              69  an address to listen on cannot be had
              78  the configuration is invalid
              1   anything else

            SIGNALS OF apus run
              TERM, INT   finish what is in flight, then end; a second one ends at once
              USR1        open log files anew, after they were rotated
            """,
        version: APUS_VERSION,
        subcommands: [
            Run.self, Check.self, Explain.self, TestCommand.self, Sign.self, Health.self,
            SchemaCommand.self, Version.self,
        ])
}

/// What several commands take.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration.", valueName: "file"))
    var path = "conf/apus.yaml"
}

/// How a command ends that cannot do what it was asked (sysexits(3)).
enum Ending {
    static let wrongUsage = ExitCode(64)
    static let addressUnavailable = ExitCode(69)
    static let invalidConfiguration = ExitCode(78)
}

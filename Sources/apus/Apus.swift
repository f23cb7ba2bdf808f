import ArgumentParser
import CVersion

/// The command `apus`: see INTERFACE of docs/cli.md.
@main
struct Apus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "A gateway that stands in front of an app.",
        discussion: """
            It proxies HTTP to your app and does what every production-readiness checklist asks for: \
            security headers on every response, request ids, structured logs, metrics, limits and timeouts.

            Begin with `apus check`, then `apus run`. SIGTERM drains and ends, SIGUSR1 reopens log files.
            """,
        version: APUS_VERSION,
        subcommands: [Run.self, Check.self, Explain.self, SchemaCommand.self, Version.self])
}

/// What several commands take.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"), help: ArgumentHelp("The configuration.", valueName: "file"))
    var path = "conf/apus.yaml"
}

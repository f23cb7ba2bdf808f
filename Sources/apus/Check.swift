import ArgumentParser
import Config
import Gateway
import Linux

/// The command `apus check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a configuration without serving.",
        discussion: """
            Tells every problem in one run, one line each, on standard error:

              FILE:LINE:COLUMN: error: WHERE: WHAT (ADVICE)

            Warnings are told too, and leave the configuration valid. In production, which is the \
            default environment, some warnings about safety are errors.

            EXAMPLES
              apus check
              apus check --config my.yaml --format json

            EXIT CODES
              0   valid
              64  wrong usage
              78  invalid, or the file cannot be read
            """)

    /// How problems are told.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var options: ConfigurationOption

    @Option(
        help: ArgumentHelp(
            "How problems are told: json is an array on standard output, [] without any.",
            valueName: "format"))
    var format = Format.text

    func run() throws {
        switch format {
        case .text:
            _ = try Configuration.loadWhole(options.path)
            print("\(options.path): ok")
        case .json:
            let result = Configuration.readWhole(options.path)
            print(result.problems.json)
            if result.snapshot == nil { throw Ending.invalidConfiguration }
        }
    }
}

/// The command `apus schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of the configuration.",
        discussion: """
            Editors that know it complete keys and mark mistakes while you write.

            EXAMPLE
              apus schema > apus.schema.json
              # and as the first line of the configuration:
              # yaml-language-server: $schema=apus.schema.json
            """)

    func run() {
        print(Schema.render())
    }
}

/// Loading for commands.
enum Configuration {
    static func read(_ path: String) -> LoadResult {
        Loading.load(path: path, environment: ProcessStart.environment)
    }

    /// Tells problems on standard error.
    ///
    /// - Throws: The exit code, if there are errors among them.
    static func load(_ path: String) throws -> Snapshot { try loadWithTests(path).snapshot }

    /// The same with the files of certificates and keys that it names, as if it were to be served.
    static func loadWhole(_ path: String) throws -> Snapshot {
        try tell(readWhole(path)).snapshot
    }

    static func readWhole(_ path: String) -> LoadResult {
        let result = read(path)
        guard let snapshot = result.snapshot else { return result }
        let problems = Provisioning.problems(of: snapshot).map { problem in
            Problem(
                file: path, line: 1, column: 1, severity: .error, path: problem.path,
                message: "\(problem.file) \(problem.reason)", hint: nil)
        }
        guard !problems.isEmpty else { return result }
        return LoadResult(
            snapshot: nil, tests: result.tests, problems: result.problems + problems)
    }

    /// The same, with the configuration's tests.
    static func loadWithTests(
        _ path: String
    ) throws -> (snapshot: Snapshot, tests: [RequestTest]) {
        try tell(read(path))
    }

    private static func tell(
        _ result: LoadResult
    ) throws -> (snapshot: Snapshot, tests: [RequestTest]) {
        for problem in result.problems { StandardError.write(line: problem.text) }
        guard let snapshot = result.snapshot else { throw Ending.invalidConfiguration }
        return (snapshot, result.tests)
    }
}

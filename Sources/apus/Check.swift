import ArgumentParser
import Config
import Foundation

/// The command `apus check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a configuration without serving.",
        discussion:
            "Prints every problem, not the first one only. Exit code 78 if there are errors.")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        _ = try Configuration.load(options.path)
        print("\(options.path): ok")
    }
}

/// The command `apus schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the configuration.")

    func run() {
        print(Schema.render())
    }
}

/// Loading for commands: problems go to standard error.
enum Configuration {
    static func load(_ path: String) throws -> Snapshot {
        let result = Loading.load(path: path, environment: ProcessInfo.processInfo.environment)
        for problem in result.problems { StandardError.write(problem.text) }
        guard let snapshot = result.snapshot else { throw ExitCode(78) }
        return snapshot
    }
}

enum StandardError {
    static func write(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}

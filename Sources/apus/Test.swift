import ArgumentParser
import Config
import Gateway
import Linux

/// The command `apus test`.
struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Compare what would become of requests with what is expected.",
        discussion: """
            Runs the tests of the configuration against its routes and policies, without sockets \
            and without the app: it is the code that serves which decides. A line for each test \
            on standard output, below a failed one what differs, then N passed, M failed:

              FAILED  GET https://example.com/a (my.yaml:31)
                  - route: api
                  + route: app

            docs/testing.md says what can be expected.

            EXAMPLES
              apus test
              apus test --config my.yaml

            EXIT CODES
              0   all passed, or there are none
              1   one failed
              64  wrong usage
              78  the configuration is invalid
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let result = try Configuration.loadWithTests(options.path)
        let results = Inspection.run(
            result.tests, by: result.snapshot, at: Clock.wall())
        for result in results { print(result.text(file: options.path)) }
        let passed = results.count(where: \.isPassed)
        print("\(passed) passed, \(results.count - passed) failed")
        if passed < results.count { throw ExitCode.failure }
    }
}

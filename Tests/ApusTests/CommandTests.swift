import Foundation
import Testing

/// The command line as a shell sees it: what is said where, and the exit code.
struct CommandTests {
    static let valid = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:0" } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        routes:
          - { name: hello, match: { path: /hello }, respond: { status: 200, body: "${GREETING}" } }
          - { name: app, upstream: app }
        """

    @Test(arguments: ["", "run", "check", "explain", "test", "sign", "health", "schema", "version"])
    func `help says what there is`(_ command: String) throws {
        let help = try apus("help", command)
        #expect(help.status == 0)
        #expect(help.errors == "")
        #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        try expectSame(help.output, as: command.isEmpty ? "help" : "help-\(command)")
    }

    @Test func `without a command the help is shown`() throws {
        let shown = try apus()
        #expect(shown.status == 0)
        #expect(shown.output == (try apus("--help").output))
    }

    @Test(arguments: [
        ["nope"], ["run", "--nope"], ["run", "--config"], ["explain"], ["explain", "GET"],
        ["check", "--format", "xml"], ["version", "more"], ["test", "more"],
        ["sign"], ["sign", "stripe", "--url", "http://a/"],
        ["sign", "stripe", "--secret", "a", "--webhook", "a", "--url", "http://a/"],
        ["sign", "stripe", "--secret", "a", "--url", "http://a/", "--timestamp", "now"],
    ])
    func `wrong usage ends with 64`(_ arguments: [String]) throws {
        let ended = try Command(arguments).waitForEnd()
        #expect(ended.status == 64)
        #expect(ended.output == "")
        #expect(ended.errors.contains("--help"))
    }

    @Test(arguments: ["run", "check", "test"])
    func `a missing configuration ends with 78`(_ command: String) throws {
        let ended = try apus(command, "--config", "nowhere/apus.yaml")
        #expect(ended.status == 78)
        #expect(ended.output == "")
        #expect(ended.errors.hasPrefix("nowhere/apus.yaml:1:1: error: file: does not exist"))
    }

    @Test func `a valid configuration is called so on standard output`() throws {
        try withFolder { folder in
            let path = try folder.configuration(Self.valid)
            let ended = try apus("check", "--config", path)
            #expect(ended.status == 0)
            #expect(ended.output == "\(path): ok\n")
            #expect(ended.errors == "")
        }
    }

    @Test func `every problem is a line on standard error`() throws {
        try withFolder { folder in
            let path = try folder.configuration("routes: []\nlistners: {}\n")
            let ended = try apus("check", "--config", path)
            #expect(ended.status == 78)
            #expect(ended.output == "")
            let lines = ended.errors.split(separator: "\n")
            #expect(lines.count >= 2)
            #expect(lines.allSatisfy { $0.hasPrefix("\(path):") && $0.contains(": error: ") })
        }
    }

    @Test func `problems can be had as JSON`() throws {
        struct Told: Decodable {
            var file: String, line: Int, column: Int, severity: String, path: String
            var message: String, hint: String?
        }
        try withFolder { folder in
            let path = try folder.configuration("listners: {}\n")
            let ended = try apus("check", "--config", path, "--format", "json")
            #expect(ended.status == 78)
            #expect(ended.errors == "")
            let told = try JSONDecoder().decode([Told].self, from: Data(ended.output.utf8))
            let misspelt = try #require(told.first { $0.path == "listners" })
            #expect(misspelt.severity == "error")
            #expect(misspelt.line == 1 && misspelt.column == 1)
            #expect(misspelt.hint?.contains("listeners") == true)
            _ = try folder.configuration(Self.valid)
            #expect(try apus("check", "--config", path, "--format", "json").output == "[]\n")
        }
    }

    @Test func `the environment is put into values`() throws {
        try withFolder { folder in
            let path = try folder.configuration(Self.valid)
            let ended = try apus("explain", "GET", "http://a/hello", "--config", path)
            #expect(ended.status == 0)
            #expect(ended.output.contains("\nbody\n  hello\n"))
        }
    }

    @Test func `a header may begin with a hyphen and be given more than once`() throws {
        try withFolder { folder in
            let path = try folder.configuration(Self.valid)
            let ended = try apus(
                "explain", "GET", "http://a/", "-H", "A: 1", "-H", "-b: 2", "--config", path)
            #expect(ended.output.contains("  A: 1\n  -b: 2\n"))
        }
    }

    @Test func `a question about nothing ends with 64`() throws {
        try withFolder { folder in
            let path = try folder.configuration(Self.valid)
            let ended = try apus("explain", "GET", "ftp://a/", "--config", path)
            #expect(ended.status == 64)
            #expect(ended.output == "")
            #expect(
                ended.errors == "apus: the URL \"ftp://a/\" must begin with http:// or https://\n")
        }
    }

    @Test func `versions are told one a line`() throws {
        let lines = try apus("version").output.split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != " " } } == ["apus", "Swift", "OpenSSL", "hiredis"])
    }
}

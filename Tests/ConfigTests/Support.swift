import Foundation

@testable import Config

/// The root of the source tree, where tests find files that are no part of a bundle.
let sourceRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// Whether files that tests compare with shall be written instead: set `APUS_REGENERATE=1`.
let regenerates = ProcessInfo.processInfo.environment["APUS_REGENERATE"] == "1"

/// The least that a configuration needs, in two lines, for tests to write more below.
let minimal = """
    listeners: { public: { bind: "127.0.0.1:8080" } }
    routes: [ { name: all, respond: {} } ]

    """

func load(_ text: String, environment: [String: String] = [:]) -> LoadResult {
    Loading.load(text: text, path: "apus.yaml", environment: environment)
}

/// `WHERE: WHAT (HINT)` of every problem.
func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
    load(text, environment: environment).problems.map { problem in
        let hint = problem.hint.map { " (\($0))" } ?? ""
        return "\(problem.path): \(problem.message)\(hint)"
    }
}

/// The problems of a minimal configuration with these lines added.
func problems(adding lines: String) -> [String] { problems(minimal + lines) }

/// The value that a kind makes of a text, and what it has against it.
func decode<Value>(_ kind: Kind<Value>, _ text: String) -> (value: Value?, problem: String?) {
    let report = Report(file: "apus.yaml")
    let scalar = Scalar(
        text: text, written: text, isPlain: false, origin: .file, position: .start)
    let place = Place(path: .root.appending("key"), report: report)
    let value = kind.decode(.scalar(scalar), place)
    let problem = report.sorted.first.map { $0.message + ($0.hint.map { " (\($0))" } ?? "") }
    return (value, problem)
}

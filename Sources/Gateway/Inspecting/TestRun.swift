package import Config
import Policy

extension Inspection {
    /// Runs the tests of a configuration against it, each by itself, in order.
    ///
    /// - Parameter now: Nanoseconds since 1970, for what expires.
    package static func run(
        _ tests: [RequestTest], by snapshot: Snapshot, at now: UInt64
    ) -> [TestResult] {
        let plan = Plan(
            snapshot, commons: Commons(snapshot, secret: .fixed), seed: .fixed)
        return tests.map { test in
            TestResult(
                line: test.line, title: test.title, verdict: verdict(on: test, by: plan, now))
        }
    }

    private static func verdict(
        on test: RequestTest, by plan: Plan, _ now: UInt64
    ) -> TestResult.Verdict {
        let inquiry = Inquiry(
            method: test.method, url: test.url, fields: test.fields, client: test.client,
            listener: test.listener, now: now)
        do throws(InquiryProblem) {
            let forecast = Forecast(try Rehearsal(inquiry, by: plan))
            let differences = test.expectations.compactMap { forecast.difference(from: $0) }
            return differences.isEmpty ? .passed : .failed(differences)
        } catch {
            return .impossible(error.text)
        }
    }
}

extension Forecast {
    /// - Returns: `nil` if the expectation holds.
    func difference(from expectation: Expectation) -> TestResult.Difference? {
        switch expectation {
        case .route(let name):
            Self.difference("route", name ?? "none", route ?? "none")
        case .upstream(let name):
            Self.difference("upstream", name ?? "none", upstream ?? "none")
        case .status(let expected):
            Self.difference(
                "status", "\(expected)",
                status.map { "\($0)" } ?? "the app decides it, of upstream \(upstream ?? "-")")
        case .header(let name, let expected):
            difference(of: name, "header: \(name): \(expected)") { $0 == expected }
        case .headerMatches(let name, let pattern):
            difference(of: name, "header_matches: \(name): \(pattern.text)", pattern.matches)
        case .noHeader(let name):
            (value(of: name, in: fields + yielding)).map {
                TestResult.Difference(
                    expected: "no_header: \(name)", found: "header: \(name): \($0)")
            }
        case .cors(let expected):
            Self.difference("cors", expected.rawValue, cors.expectation.rawValue)
        case .limits(let expected):
            Self.difference("limits", Self.list(expected), Self.list(limits))
        }
    }

    /// Names as a configuration lists them; their order means nothing.
    private static func list(_ names: [String]) -> String {
        "[\(names.sorted().joined(separator: ", "))]"
    }

    private static func difference(
        _ key: String, _ expected: String, _ found: String
    ) -> TestResult.Difference? {
        if expected == found { return nil }
        return TestResult.Difference(expected: "\(key): \(expected)", found: "\(key): \(found)")
    }

    private func difference(
        of name: String, _ expected: String, _ holds: (String) -> Bool
    ) -> TestResult.Difference? {
        if let value = value(of: name, in: fields) {
            if holds(value) { return nil }
            return TestResult.Difference(expected: expected, found: "header: \(name): \(value)")
        }
        let found =
            if let value = value(of: name, in: yielding) {
                "header: \(name): \(value), but only if the app sends none of its own"
            } else if upstream != nil {
                "header: \(name) is not added; what the app sends is not known"
            } else {
                "header: \(name) is not there"
            }
        return TestResult.Difference(expected: expected, found: found)
    }

    /// The value of a field, its lines joined as RFC 9110 §5.3 has it; `nil` if there is none.
    private func value(of name: String, in lines: [Line]) -> String? {
        let values = lines.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

extension CORSStanding {
    /// What a test calls it.
    fileprivate var expectation: CORSExpectation {
        switch self {
        case .none, .own: .none
        case .allowed, .preflight: .allowed
        case .foreign, .preflightRefused: .refused
        }
    }
}

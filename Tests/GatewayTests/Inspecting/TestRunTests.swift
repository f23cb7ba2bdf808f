import Config
import Testing

@testable import Gateway

/// The tests of a configuration, run against it.
struct TestRunTests {
    /// What is said of one test: its request, and what it expects.
    private func said(
        _ request: String, _ expect: String, headers: String = "{}"
    ) throws -> String {
        let text = """
            \(InspectionTests.configuration)
            tests:
              - { request: "\(request)", headers: \(headers), expect: { \(expect) } }
            """
        let loaded = Loading.load(text: text, path: "a.yaml", environment: [:])
        #expect(loaded.problems.filter { $0.severity == .error } == [])
        let results = Inspection.run(loaded.tests, by: try #require(loaded.snapshot), at: 0)
        return try #require(results.first).text(file: "a.yaml")
    }

    @Test(arguments: [
        ("GET https://a.example.com/app/x", "route: app, upstream: app"),
        (
            "GET https://a.example.com/app/x",
            "header: { x-frame-options: DENY }, no_header: [server]"
        ),
        (
            "GET https://a.example.com/app/x",
            "header_matches: { strict-transport-security: '^max' }"
        ),
        ("GET http://a.example.com/app/x", "no_header: [strict-transport-security], cors: none"),
        ("GET http://a/nowhere", "route: none, upstream: none, status: 404"),
        ("GET http://a/health", "route: live, header: { cache-control: no-store }"),
        ("GET http://a/robots.txt", "header_matches: { x-request-id: '^[0-9a-f-]{36}$' }"),
        (
            "GET http://a/robots.txt",
            "header_matches: { date: 'GMT$' }, header: { content-length: '4' }"
        ),
    ])
    func `what is as expected passes`(_ request: String, _ expect: String) throws {
        #expect(try said(request, expect) == "passed  \(request)")
    }

    @Test(arguments: [
        ("GET http://a/health", "route: app", "route: app", "route: live"),
        ("GET http://a/nowhere", "route: app", "route: app", "route: none"),
        ("GET http://a/health", "upstream: app", "upstream: app", "upstream: none"),
        ("GET http://a/app/x", "upstream: none", "upstream: none", "upstream: app"),
        ("GET http://a/health", "status: 503", "status: 503", "status: 200"),
        (
            "GET http://a/app/x", "status: 200", "status: 200",
            "status: the app decides it, of upstream app"
        ),
        (
            "GET http://a/health", "header: { X-Frame-Options: SAMEORIGIN }",
            "header: X-Frame-Options: SAMEORIGIN", "header: X-Frame-Options: DENY"
        ),
        (
            "GET http://a/health", "header: { X-None: a }", "header: X-None: a",
            "header: X-None is not there"
        ),
        (
            "GET http://a/app/x", "header_matches: { X-None: a }", "header_matches: X-None: a",
            "header: X-None is not added; what the app sends is not known"
        ),
        (
            "GET http://a.example.com/app/x", "header: { Cache-Control: no-store }",
            "header: Cache-Control: no-store",
            "header: Cache-Control: no-store, but only if the app sends none of its own"
        ),
        (
            "GET http://a.example.com/app/x", "no_header: [Cache-Control]",
            "no_header: Cache-Control", "header: Cache-Control: no-store"
        ),
        (
            "GET http://a/health", "header_matches: { X-Frame-Options: '^SAME' }",
            "header_matches: X-Frame-Options: ^SAME", "header: X-Frame-Options: DENY"
        ),
    ])
    func `what is otherwise is told as a difference`(
        _ request: String, _ expect: String, _ expected: String, _ found: String
    ) throws {
        let text = try said(request, expect)
        let line = text.split(separator: "\n")[0]
        #expect(line.hasPrefix("FAILED  \(request) (a.yaml:") && line.hasSuffix(")"))
        #expect(text.hasSuffix("\n    - \(expected)\n    + \(found)"), "\(text)")
    }

    @Test(arguments: [
        ("PUT https://a/shared/x", "https://b.app.test", "allowed"),
        ("PUT https://a/shared/x", "https://app.test", "refused"),
        ("PUT https://a/shared/x", "https://a", "none"),
        ("PUT https://a/app/x", "https://b.app.test", "none"),
    ])
    func `an origin is allowed, refused or none of the policy's`(
        _ request: String, _ origin: String, _ standing: String
    ) throws {
        for expected in ["allowed", "refused", "none"] {
            let text = try said(
                request, "cors: \(expected)", headers: "{ Origin: \"\(origin)\" }")
            if expected == standing {
                #expect(text.hasPrefix("passed  "))
            } else {
                #expect(text.hasSuffix("- cors: \(expected)\n    + cors: \(standing)"))
            }
        }
    }

    @Test func `every difference is told`() throws {
        let text = try said("GET http://a/health", "route: app, upstream: app, status: 201")
        #expect(text.split(separator: "\n").count == 7)
    }

    @Test func `what cannot be asked fails with a sentence`() {
        let test = RequestTest(
            line: 3, title: "GET a\u{1b}", method: "GET", url: "a", fields: [], client: nil,
            listener: nil, expectations: [.status(200)])
        guard let snapshot = InspectionTests.snapshot else { return }
        let texts = Inspection.run([test], by: snapshot, at: 0).map { $0.text(file: "a.yaml") }
        #expect(
            texts == [
                "FAILED  GET a? (a.yaml:3)\n    ! the URL \"a\" must begin with http:// or https://"
            ])
    }
}

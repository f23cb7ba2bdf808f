import Testing

@testable import Config

struct LogSectionTests {
    @Test func `every key of log and audit is read`() throws {
        let snapshot = try #require(
            load(
                """
                log: { level: warn, output: stderr, format: logfmt, redact_headers: [X-Secret],
                  redact_query: [customer_id, ssn], sample_success: 0.25, slow: 250ms }
                audit: { output: /var/log/audit.log, chain: off }
                \(rest)
                """
            ).snapshot)
        #expect(
            snapshot.log
                == LogSettings(
                    level: .warn, output: .stderr, isAccessLogged: true, format: .logfmt,
                    redaction: RedactionSettings(
                        headers: ["X-Secret"], queryKeys: ["customer_id", "ssn"]),
                    sampling: SamplingSettings(
                        successMillionths: 250_000, slow: .milliseconds(250))))
        #expect(
            snapshot.audit
                == AuditSettings(output: .file(path: "/var/log/audit.log"), isChained: false))
    }

    @Test(arguments: [
        ("log: { format: xml }", "log.format"),
        ("log: { sample_success: 2 }", "log.sample_success"),
        ("log: { sample_success: 50% }", "log.sample_success"), ("log: { slow: 0s }", "log.slow"),
        ("log: { redact_query: [\"a=b\"] }", "log.redact_query[0]"),
        ("log: { redact_query: [\"\"] }", "log.redact_query[0]"),
        ("log: { redact_headers: [\"a b\"] }", "log.redact_headers[0]"),
        ("log: { redact_headers: a }", "log.redact_headers"),
        ("audit: { output: audit.log }", "audit.output"),
        ("audit: { chain: maybe }", "audit.chain"),
        ("audit: { path: /a }", "audit.path"),
    ])
    func `a value that means nothing is told of at its place`(_ line: String, _ path: String) {
        let problems = load("\(line)\n\(rest)").problems
        #expect(problems.map(\.path) == [path])
    }

    private let rest = """
        listeners: { public: { bind: "127.0.0.1:8080" } }
        routes: [ { name: a, respond: { status: 200 } } ]
        """
}

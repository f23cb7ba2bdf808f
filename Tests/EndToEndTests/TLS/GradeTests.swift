import Foundation
import Testing

/// What testssl.sh finds about the default configuration.
@Suite(.staged) struct GradeTests {
    /// testssl.sh, if this machine has it.
    private static let program = ["/usr/bin/testssl", "/usr/local/bin/testssl.sh"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Whether all that it has is to be run, for more than a minute.
    private static let isWhole = ProcessInfo.processInfo.environment["APUS_TESTSSL"] == "full"

    private struct Finding: Decodable {
        let id: String
        let severity: String
        let finding: String
    }

    /// Runs some of its checks beside each other.
    ///
    /// - Parameter checks: Arguments of each run.
    private static func findings(_ checks: [[String]], at port: UInt16) throws -> [Finding] {
        guard let program else { throw Unmet("no testssl.sh") }
        let ca = try Authority.path("ca.pem")
        let runs = try checks.map { arguments in
            let folder = try ChildProcess.newFolder()
            let how = [
                "--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none", "--ip",
                "127.0.0.1", "--add-ca", ca, "--jsonfile", "\(folder)/found.json",
            ]
            return try ChildProcess(
                [program] + how + arguments + ["app.example:\(port)"], in: folder)
        }
        return try runs.flatMap { run in
            try run.waitForEnd(within: 300)
            let text = run.output("found.json")
            guard !text.isEmpty else { throw Unmet(run.output()) }
            return try JSONDecoder().decode([Finding].self, from: Data(text.utf8))
        }
    }

    /// What would keep a server from an A, and how each has to read.
    private static let grade = [
        "SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered",
        "TLS1_1": "not offered", "TLS1_2": "offered", "TLS1_3": "offered with final",
        "cert_trust": "Ok via SAN", "cert_chain_of_trust": "passed.",
        "cert_keySize": "EC 256 bits", "secure_renego": "supported",
        "secure_client_renego": "not vulnerable", "heartbleed": "not vulnerable",
        "CCS": "not vulnerable", "ticketbleed": "not vulnerable", "ROBOT": "not vulnerable",
        "CRIME_TLS": "not vulnerable", "POODLE_SSL": "not vulnerable",
        "SWEET32": "not vulnerable", "FREAK": "not vulnerable", "DROWN": "not vulnerable",
        "LOGJAM": "not vulnerable", "BEAST": "not vulnerable", "LUCKY13": "not vulnerable",
    ]

    @Test(.enabled(if: program != nil, "testssl.sh is not installed"))
    func `testssl finds nothing of weight, and all that a good grade needs`() throws {
        let certificate = try Authority.path("graded-chain.pem")
        let key = try Authority.path("graded.key")
        let apus = try Apus(
            """
            listeners:
              public:
                bind: "127.0.0.1:PORT"
                tls: { certificates: [ { cert: "\(certificate)", key: "\(key)" } ] }
            routes: [ { name: own, match: { path: /* }, respond: { status: 200, body: own } } ]
            """)
        let checks = Self.isWhole ? [[]] : [["-p", "-S"], ["-U", "--fast"]]
        let findings = try Self.findings(checks, at: apus.port)
        let weighty = findings.filter { ["MEDIUM", "HIGH", "CRITICAL"].contains($0.severity) }
        #expect(weighty.isEmpty, "\(weighty)")
        for (id, words) in Self.grade.sorted(by: { $0.key < $1.key }) {
            let found = findings.first { $0.id == id }?.finding ?? "-"
            print("testssl, \(id): \(found)")
            #expect(found.contains(words), "\(id): \(found)")
        }
        for found in findings where ["LOW", "WARN"].contains(found.severity) {
            print("testssl, \(found.severity), \(found.id): \(found.finding)")
        }
        for found in findings where found.id.contains("grade") || found.id.contains("rating") {
            print("testssl, \(found.id): \(found.finding)")
            if found.id == "overall_grade" { #expect(found.finding.hasPrefix("A")) }
        }
        #expect(apus.process.exitCode == nil)
    }
}

import Foundation

/// `Apps/tls_clients.py`: asks over TLS all the while.
final class SecureLoad {
    /// What has come of requests since the last report.
    struct Report: Decodable {
        let done: Int
        let failed: [String]
        /// How often which was shown, by their digests.
        let certificates: [String: Int]
        /// Seconds.
        let slowest: Double
    }

    private let process: ChildProcess
    private let control: Wire

    /// - Parameters:
    ///   - new: Clients that connect for each request.
    ///   - kept: Clients that do so once.
    init(of apus: Apus, new: Int, kept: Int) throws {
        let process = try ChildProcess([
            "python3", "\(Tree.tests)/Apps/tls_clients.py", "\(apus.port)",
            Authority.path("ca.pem"), "\(new)", "\(kept)",
        ])
        self.process = process
        let port = try eventually("clients ask", within: 60) {
            let text = process.output()
            return text.hasSuffix("\n") ? UInt16(text.dropLast()) : nil
        }
        control = try Wire(to: .ip4(port))
    }

    func report() throws -> Report {
        try control.send("\n")
        let line = try control.read(through: "\n")
        return try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    }
}

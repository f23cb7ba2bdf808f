import Foundation

/// `Apps/tls_abuse.py`: clients that mean no good, or know no better.
final class TLSAbuse: Sendable {
    private let process: ChildProcess

    /// Begins a scenario.
    init(of apus: Apus, _ scenario: [String]) throws {
        process = try ChildProcess(
            [
                "python3", "\(Tree.tests)/Apps/tls_abuse.py", "\(apus.port)",
                Authority.path("ca.pem"),
            ] + scenario)
    }

    /// What it has said, line by line, once there is as much.
    func lines<Answer: Decodable>(
        _ count: Int = 1, of type: Answer.Type, within seconds: Double = 60
    ) throws -> [Answer] {
        let text = try eventually("\(count) lines of tls_abuse.py", within: seconds) {
            let text = process.output()
            if text.count(where: { $0 == "\n" }) >= count { return text }
            if process.exitCode.map({ $0 != 0 }) == true {
                throw Unmet(process.output("stderr"))
            }
            return nil
        }
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
    }

    /// Plays a scenario to its end.
    static func play<Answer: Decodable>(
        of apus: Apus, _ scenario: String..., as type: Answer.Type
    ) throws -> Answer {
        try TLSAbuse(of: apus, scenario).lines(of: type)[0]
    }

    func stop() throws {
        process.kill(SIGKILL)
        try process.waitForEnd()
    }
}

extension Apus {
    /// How many descriptors it has open.
    func descriptorCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.id)/fd").count
    }
}

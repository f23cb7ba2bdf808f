import Foundation

/// One line of the gateway's log; members are named as in the JSON.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct LogLine: Decodable, Sendable {
    let time: String
    let level: String
    let event: String
    let message: String
    let request_id: String?
    let client_ip: String?
    let method: String?
    let host: String?
    let path: String?
    let query: String?
    let `protocol`: String?
    let status: Int?
    let bytes_in: Int?
    let bytes_out: Int?
    let duration_ms: Double?
    let route: String?
    let upstream: String?
    let upstream_address: String?
    let upstream_status: Int?
    let upstream_ms: Double?
    let outcome: String?
    let reason: String?
    let kind: String?
    let server: String?
    let user_agent: String?
    let referer: String?
}

/// How far a growing log file has been read.
struct LogReading {
    private(set) var lines: [LogLine] = []
    private var readBytes = 0

    /// Takes the whole lines that have come.
    ///
    /// - Throws: If one is no JSON object of the known shape.
    mutating func readOn(_ path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { return }
        try file.seek(toOffset: UInt64(readBytes))
        let data = try file.readToEnd() ?? Data()
        try file.close()
        guard let end = data.lastIndex(of: 10) else { return }
        let whole = data[...end]
        readBytes += whole.count
        for line in whole.split(separator: 10) {
            do {
                lines.append(try JSONDecoder().decode(LogLine.self, from: Data(line)))
            } catch {
                throw Unmet("log line \(printable(Array(line))): \(error)")
            }
        }
    }
}

/// The body of an error that the gateway made.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct Problem: Decodable, Equatable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let instance: String
    let code: String
    let retry_after: Int?
}

extension Message {
    /// The problem that this response's body tells.
    func problem() throws -> Problem {
        try JSONDecoder().decode(Problem.self, from: Data(body))
    }
}

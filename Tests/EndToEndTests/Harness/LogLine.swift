import Foundation

extension JSONDecoder {
    /// Takes `request_id` for `requestId`.
    static var ofNames: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// One line of the gateway's log; members are named as in the JSON.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct LogLine: Decodable, Sendable {
    let time: String
    let level: String
    let event: String
    let message: String
    let requestId: String?
    let traceId: String?
    let clientIp: String?
    let method: String?
    let host: String?
    let path: String?
    let query: String?
    let `protocol`: String?
    let status: Int?
    let bytesIn: Int?
    let bytesOut: Int?
    let durationMs: Double?
    let route: String?
    let upstream: String?
    let upstreamAddress: String?
    let upstreamStatus: Int?
    let upstreamMs: Double?
    let outcome: String?
    let reason: String?
    let kind: String?
    let webhook: String?
    let server: String?
    let who: String?
    let what: String?
    let target: String?
    let result: String?
    let userAgent: String?
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
                lines.append(try JSONDecoder.ofNames.decode(LogLine.self, from: Data(line)))
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
    let retryAfter: Int?
}

extension Message {
    /// The problem that this response's body tells.
    func problem() throws -> Problem {
        try JSONDecoder.ofNames.decode(Problem.self, from: Data(body))
    }
}

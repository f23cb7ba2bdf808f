import Bytes

/// Where a chain of audit lines stands: the number and the hash of its last line.
package struct AuditLink: Sendable, Equatable {
    /// 1 for the first line of all.
    package var sequence: UInt64
    /// 64 digits, in lower case.
    package var hash: [UInt8]

    /// Before the first line: number 0, and a hash of zeros.
    package static var start: AuditLink {
        AuditLink(sequence: 0, hash: [UInt8](repeating: 0x30, count: hashDigits))
    }

    /// Digits of a SHA-256 in hexadecimal.
    static let hashDigits = 64
}

/// How the members of the chain are written at the end of a line, in a format.
struct AuditDialect {
    let sequence: StaticString
    let previous: StaticString
    let previousEnd: StaticString
    let hash: StaticString
    let end: StaticString

    static var json: AuditDialect {
        AuditDialect(
            sequence: ",\"seq\":", previous: ",\"prev\":\"", previousEnd: "\"",
            hash: ",\"hash\":\"", end: "\"}\n")
    }

    static var ecs: AuditDialect {
        AuditDialect(
            sequence: ",\"event.sequence\":", previous: ",\"apus.prev\":\"", previousEnd: "\"",
            hash: ",\"event.hash\":\"", end: "\"}\n")
    }

    /// Of logfmt and text.
    static var pairs: AuditDialect {
        AuditDialect(
            sequence: " seq=", previous: " prev=", previousEnd: "", hash: " hash=", end: "\n")
    }

    static func of(_ format: LogFormat) -> AuditDialect {
        switch format {
        case .json: json
        case .ecs: ecs
        case .logfmt, .text: pairs
        }
    }
}

/// The end of a chained line, taken apart.
struct AuditSuffix {
    let sequence: UInt64
    let previous: Range<Int>
    /// Where the part ends that is hashed, and the member of the hash begins.
    let hashedEnd: Int
    let hash: Range<Int>

    /// - Parameter line: With its end.
    /// - Returns: `nil` for a line that is not chained.
    init?(_ line: borrowing Span<UInt8>) {
        for dialect in [AuditDialect.json, .pairs, .ecs] {
            var reader = BackwardsReader(at: line.count)
            guard reader.take(dialect.end, of: line),
                let hash = reader.takeHash(of: line), reader.take(dialect.hash, of: line)
            else { continue }
            let hashedEnd = reader.place
            guard reader.take(dialect.previousEnd, of: line),
                let previous = reader.takeHash(of: line), reader.take(dialect.previous, of: line),
                let sequence = reader.takeNumber(of: line),
                reader.take(dialect.sequence, of: line)
            else { continue }
            (self.sequence, self.previous) = (sequence, previous)
            (self.hashedEnd, self.hash) = (hashedEnd, hash)
            return
        }
        return nil
    }

    /// The state of the chain after this line, which lies in `line`.
    func link(_ line: borrowing Span<UInt8>) -> AuditLink {
        AuditLink(sequence: sequence, hash: hash.map { line[$0] })
    }
}

/// Takes what a line ends with, piece by piece.
private struct BackwardsReader {
    private(set) var place: Int

    init(at place: Int) { self.place = place }

    mutating func take(_ text: StaticString, of line: borrowing Span<UInt8>) -> Bool {
        let start = place - text.utf8CodeUnitCount
        guard start >= 0, line.part(start..<place, is: text) else { return false }
        place = start
        return true
    }

    mutating func takeHash(of line: borrowing Span<UInt8>) -> Range<Int>? {
        let start = place - AuditLink.hashDigits
        guard start >= 0 else { return nil }
        for index in start..<place {
            switch line[index] {
            case 0x30...0x39, 0x61...0x66: break
            default: return nil
            }
        }
        defer { place = start }
        return start..<place
    }

    /// Takes at most 18 digits, which no number of lines exceeds.
    mutating func takeNumber(of line: borrowing Span<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        var weight: UInt64 = 1
        var count = 0
        while place > 0, count < 18, line[place - 1] >= 0x30, line[place - 1] <= 0x39 {
            value += UInt64(line[place - 1] - 0x30) * weight
            weight *= 10
            place -= 1
            count += 1
        }
        return count > 0 ? value : nil
    }
}

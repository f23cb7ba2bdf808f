import Bytes
import Crypto

/// Why a chain of audit lines is broken at a line.
package enum AuditFault: Sendable, Equatable {
    /// The line says other things than when it was written, or its hash does.
    case changed
    /// The line does not follow the one before: lines are missing, or others were put in.
    case gap(expected: UInt64, found: UInt64)
    /// An audit line without a hash, or one that was cut.
    case unchained
}

/// Goes through a file of audit lines, or a log with audit lines in it, and finds the first place
/// where the chain is broken.
package struct AuditVerifier: ~Copyable {
    /// What has been read so far.
    package struct Findings: Sendable, Equatable {
        /// Lines of any kind.
        package var lineCount = 0
        /// Chained ones, up to the first fault.
        package var auditCount = 0
        /// Number of the first chained line; more than 1 if an older file has those before.
        package var first: UInt64?
        /// The last chained line before a fault.
        package var last: AuditLink?
        /// The first fault, and the line that has it, from 1.
        package var fault: (kind: AuditFault, line: Int)?

        package static func == (left: Findings, right: Findings) -> Bool {
            left.lineCount == right.lineCount && left.auditCount == right.auditCount
                && left.first == right.first && left.last == right.last
                && left.fault?.kind == right.fault?.kind && left.fault?.line == right.fault?.line
        }
    }

    package private(set) var findings = Findings()
    private var digester = Digester()

    package init() {}

    /// Reads the next line, with its end if it has one; after a fault lines are only counted.
    package mutating func read(_ line: borrowing Span<UInt8>) {
        findings.lineCount += 1
        guard findings.fault == nil else { return }
        guard let suffix = AuditSuffix(line) else {
            if isAudit(line) { note(.unchained) }
            return
        }
        let link = suffix.link(line)
        let previous = suffix.previous.map { line[$0] }
        if let last = findings.last {
            guard last.hash == previous, last.sequence + 1 == link.sequence else {
                return note(.gap(expected: last.sequence + 1, found: link.sequence))
            }
        }
        let hash = auditHash(line.extracting(0..<suffix.hashedEnd), after: previous, &digester)
        guard hash == link.hash else { return note(.changed) }
        if findings.first == nil { findings.first = link.sequence }
        findings.last = link
        findings.auditCount += 1
    }

    private mutating func note(_ fault: AuditFault) {
        findings.fault = (fault, findings.lineCount)
    }

    /// Whether a line without a chain's end is about an audit event, in any format.
    private func isAudit(_ line: borrowing Span<UInt8>) -> Bool {
        guard line.count > 0, line[0] == 0x7B else { return isAuditPair(line) }
        var members = LineMembers()
        while let member = members.next(line) {
            let isEvent =
                line.part(member.key, is: "event") || line.part(member.key, is: "event.action")
            if isEvent { return line.part(member.value, is: "audit") }
        }
        return false
    }

    /// The event is the third word of a line: `event=audit` in logfmt, `audit:` in text.
    private func isAuditPair(_ line: borrowing Span<UInt8>) -> Bool {
        var words = 0
        var start = 0
        for index in line.indices where line[index] == 0x20 || line[index] == 0x0A {
            if start < index {
                words += 1
                if words == 3 {
                    return line.part(start..<index, is: "event=audit")
                        || line.part(start..<index, is: "audit:")
                }
            }
            start = index + 1
        }
        return false
    }
}

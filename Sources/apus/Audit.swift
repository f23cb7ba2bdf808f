import ArgumentParser
import Foundation
import Linux
import Telemetry

/// The command `apus audit`.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work with audit lines.", subcommands: [VerifyAudit.self])
}

/// The command `apus audit verify`.
struct VerifyAudit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the chain of audit lines in a file.",
        discussion: """
            Reads an audit file, or a log with audit lines in it, and computes every hash anew. \
            Each line depends on the one before it, so a line that was changed, taken out or put \
            in is found; lines that were cut off at the end are not: compare the last hash with \
            one that you keep elsewhere. Of several files, given oldest first, each continues the \
            one before.

            EXAMPLES
              apus audit verify /var/log/apus/audit.log
              apus audit verify audit.log.2 audit.log.1 audit.log

            EXIT CODES
              0   the chain is unbroken
              1   it is broken, or has no line, or a file cannot be read
              64  wrong usage
            """)

    @Argument(help: ArgumentHelp("Files, the oldest first.", valueName: "file"))
    var files: [String]

    func run() throws {
        var verifier = AuditVerifier()
        for file in files {
            let linesBefore = verifier.findings.lineCount
            do throws(LineFileProblem) {
                var lines = try LineFile(file)
                while let line = try lines.next() { verifier.read(line.span) }
            } catch {
                StandardError.write(line: "apus: \(file): \(error.text)")
                throw ExitCode.failure
            }
            if let fault = verifier.findings.fault {
                tell(verifier.findings)
                print("\(file):\(fault.line - linesBefore): broken: \(fault.kind.text)")
                throw ExitCode.failure
            }
        }
        tell(verifier.findings)
        guard verifier.findings.auditCount > 0 else {
            StandardError.write(
                line: "apus: no chained audit line in \(files.joined(separator: ", "))")
            throw ExitCode.failure
        }
    }

    /// Tells how far the chain is unbroken.
    private func tell(_ findings: AuditVerifier.Findings) {
        let lines = findings.auditCount == 1 ? "audit line" : "audit lines"
        print("\(findings.auditCount) \(lines) in order, of \(findings.lineCount) lines read")
        guard let first = findings.first, let last = findings.last else { return }
        print("numbers \(first) to \(last.sequence)\(first == 1 ? "" : ", continuing older ones")")
        print("last hash \(String(decoding: last.hash, as: UTF8.self))")
    }
}

extension AuditFault {
    fileprivate var text: String {
        switch self {
        case .changed: "the line is not what was written"
        case .gap(let expected, let found):
            expected == found
                ? "the line does not follow the one before it"
                : "number \(found) where \(expected) should be: lines were taken out or put in"
        case .unchained: "an audit line without its hash, or cut off"
        }
    }
}

/// Why a file's lines cannot be had.
enum LineFileProblem: Error {
    case opening(String)
    case reading(String)
    case longLine

    fileprivate var text: String {
        switch self {
        case .opening(let reason): "cannot be opened: \(reason)"
        case .reading(let reason): "cannot be read: \(reason)"
        case .longLine: "has a line of more than \(LineFile.lineBytesMax) bytes: it is no log"
        }
    }
}

/// A file read line by line, whatever its size.
struct LineFile {
    /// No line of a log is as long.
    static let lineBytesMax = 1 << 20

    private let file: FileHandle
    private var waiting: [UInt8] = []
    private var start = 0

    init(_ path: String) throws(LineFileProblem) {
        do {
            file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw .opening(Self.reason(error))
        }
    }

    /// The next line with its end, if it has one; `nil` at the end.
    mutating func next() throws(LineFileProblem) -> [UInt8]? {
        var searched = start
        while true {
            if let end = waiting[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(waiting[start...end])
            }
            guard waiting.count - start <= Self.lineBytesMax else { throw .longLine }
            waiting.removeFirst(start)
            start = 0
            searched = waiting.count
            let more = try readSome()
            if more.isEmpty {
                defer { waiting = [] }
                return waiting.isEmpty ? nil : waiting
            }
            waiting += more
        }
    }

    private func readSome() throws(LineFileProblem) -> Data {
        do {
            return try file.read(upToCount: 1 << 18) ?? Data()
        } catch {
            throw .reading(Self.reason(error))
        }
    }

    /// What the system said, in its own words.
    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return cause.domain == NSPOSIXErrorDomain
            ? Errno(Int32(clamping: cause.code)).text : error.localizedDescription
    }
}

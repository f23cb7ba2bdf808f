import Bytes
import Crypto

/// Chains audit lines: each carries its number, the hash of the one before, and the SHA-256 over
/// that hash and all of itself that stands before its own.
///
/// A line that is changed, taken out or put in later breaks the chain at its place; only lines cut
/// off the end go unnoticed, so whoever needs to notice that keeps the last hash elsewhere.
struct AuditChain: ~Copyable {
    private var link: AuditLink
    private var digester = Digester()
    private let dialect: AuditDialect

    init(after link: AuditLink, format: LogFormat) {
        self.link = link
        dialect = .of(format)
    }

    /// Appends a line as the next of the chain.
    ///
    /// - Parameter line: Whole, in the chain's format.
    mutating func append(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        var own = Buffer(capacity: LogFormat.lineBytesMax)
        // Without the line's end and, where there is one, the bracket before it.
        let closing = dialect.previousEnd.utf8CodeUnitCount == 0 ? 1 : 2
        own.append(line.extracting(0..<max(0, line.count - closing)))
        link.sequence += 1
        own.append(name: dialect.sequence)
        own.append(decimal: link.sequence)
        own.append(name: dialect.previous)
        own.append(link.hash)
        own.append(name: dialect.previousEnd)
        own.withReadable { link.hash = auditHash($0, after: link.hash, &digester) }
        own.append(name: dialect.hash)
        own.append(link.hash)
        own.append(name: dialect.end)
        output.append(own)
    }
}

/// The hash of a line: SHA-256 over the previous one's digits and the line's bytes, in hexadecimal.
func auditHash(
    _ line: borrowing Span<UInt8>, after previous: [UInt8], _ digester: inout Digester
) -> [UInt8] {
    digester.begin(.sha256)
    digester.add(previous.span)
    digester.add(line)
    let digest = digester.finish()
    var digits: [UInt8] = []
    digits.reserveCapacity(AuditLink.hashDigits)
    for index in 0..<digest.count {
        let byte = digest.bytes[index]
        digits.append(hexadecimalDigit(byte >> 4))
        digits.append(hexadecimalDigit(byte & 15))
    }
    return digits
}

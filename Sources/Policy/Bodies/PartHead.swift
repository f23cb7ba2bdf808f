import Bytes

/// The header lines of one part (RFC 7578 §4), line by line.
///
/// What two readers could take in two ways is refused: a field twice, folded lines, parameters that
/// nobody needs, values of RFC 2231.
struct PartHead {
    private var seen: Seen = []
    /// Whether `filename` or `filename*` is there and not empty.
    private var hasFileName = false
    private var hasEmptyFileName = false
    /// Of a declared type that is among the route's; `nil` for others, and without one.
    private var check: ContentCheck?
    /// Whether a part of the declared type is a file even without a name.
    private var isTypeOfFiles = false
    /// What the part says of its length; most do not.
    private(set) var contentLength: UInt64?

    private struct Seen: OptionSet {
        let rawValue: UInt8
        static let disposition = Seen(rawValue: 1)
        static let type = Seen(rawValue: 2)
        static let encoding = Seen(rawValue: 4)
        static let length = Seen(rawValue: 8)
    }

    /// Reads one line.
    ///
    /// - Parameter line: Without its CR LF, not empty.
    mutating func read(
        _ line: borrowing Span<UInt8>, _ rules: UploadRules
    ) throws(RefusalReason) {
        var colon = 0
        while colon < line.count, Self.nameBytes.contains(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == 0x3a,
            line.firstControl(from: 0) == line.count
        else { throw .multipartHeaders }
        let name = ByteRange(0, colon)
        let value = line.trimmed(ByteRange(colon + 1, line.count))
        if line.holdsFolded(Self.disposition.span, at: name) {
            try note(.disposition)
            try readDisposition(line, value)
        } else if line.holdsFolded(Self.type.span, at: name) {
            try note(.type)
            try readType(line, value, rules)
        } else if line.holdsFolded(Self.transferEncoding.span, at: name) {
            try note(.encoding)
            let isKnown = Self.encodings.contains { line.holdsFolded($0.span, at: value) }
            guard isKnown else { throw .multipartEncoding }
        } else if line.holdsFolded(Self.contentEncoding.span, at: name) {
            throw .multipartEncoding
        } else if line.holdsFolded(Self.length.span, at: name) {
            try note(.length)
            contentLength = try Self.number(line, value)
        }
    }

    /// What the complete head says of the content.
    ///
    /// - Returns: How it is checked, and whether it must be empty: browsers send a file that was
    ///   not chosen with an empty name and no content.
    func finish(
        _ rules: UploadRules
    ) throws(RefusalReason) -> (check: ContentCheck, isEmpty: Bool) {
        guard seen.contains(.disposition) else { throw .multipartDisposition }
        let any = ContentCheck(kind: .any)
        if hasEmptyFileName && !hasFileName { return (any, rules.hasTypes) }
        guard hasFileName || isTypeOfFiles, rules.hasTypes else { return (any, false) }
        let check = seen.contains(.type) ? check : rules.checkOfUntyped
        guard let check else { throw .uploadTypeRefused }
        return (check, false)
    }

    private mutating func note(_ field: Seen) throws(RefusalReason) {
        guard !seen.contains(field) else { throw .multipartHeaders }
        seen.insert(field)
    }

    private mutating func readDisposition(
        _ line: borrowing Span<UInt8>, _ value: ByteRange
    ) throws(RefusalReason) {
        var end = value.start
        while end < value.end, line[end] != 0x3b { end += 1 }
        guard line.holdsFolded(Self.formData.span, at: line.trimmed(ByteRange(value.start, end)))
        else { throw .multipartDisposition }
        var parameters = Parameters(ByteRange(end, value.end))
        var hasName = false
        var hasPlain = false
        var hasEncoded = false
        while true {
            switch parameters.next(line) {
            case .malformed: throw .multipartDisposition
            case .end:
                guard hasName else { throw .multipartDisposition }
                return
            case .parameter(let parameter):
                if line.holdsFolded(Self.name.span, at: parameter.name), !hasName {
                    hasName = true
                } else if line.holdsFolded(Self.fileName.span, at: parameter.name), !hasPlain {
                    hasPlain = true
                    if parameter.value.isEmpty {
                        hasEmptyFileName = true
                    } else {
                        hasFileName = true
                    }
                } else if line.holdsFolded(Self.encodedFileName.span, at: parameter.name),
                    !hasEncoded, Self.isEncodedText(line, parameter)
                {
                    hasEncoded = true
                    hasFileName = true
                } else {
                    throw .multipartDisposition
                }
            }
        }
    }

    private mutating func readType(
        _ line: borrowing Span<UInt8>, _ value: ByteRange, _ rules: UploadRules
    ) throws(RefusalReason) {
        guard let type = MediaType(line, value) else { throw .multipartHeaders }
        for nested in Self.composites where type.name.count > nested.count {
            let start = ByteRange(start: type.name.start, count: nested.count)
            guard !line.holdsFolded(nested.span, at: start) else { throw .multipartNested }
        }
        check = rules.check(of: type.name, in: line)
        isTypeOfFiles =
            !line.holdsFolded(Self.plain.span, at: type.name) && !type.isJSON(line)
    }

    /// Whether a value is `charset'language'text` with an unquoted text whose escapes are sound and
    /// stand for no control characters (RFC 8187 §3.2.1).
    private static func isEncodedText(
        _ line: borrowing Span<UInt8>, _ parameter: Parameters.Parameter
    ) -> Bool {
        guard !parameter.isQuoted else { return false }
        let value = parameter.value
        var quotes = 0
        var offset = value.start
        while offset < value.end, quotes < 2 {
            if line[offset] == 0x27 {
                if quotes == 0 {
                    let charset = ByteRange(value.start, offset)
                    let isKnown = charsets.contains { line.holdsFolded($0.span, at: charset) }
                    guard isKnown else { return false }
                }
                quotes += 1
            }
            offset += 1
        }
        guard quotes == 2, offset < value.end else { return false }
        while offset < value.end {
            let byte = line[offset]
            offset += 1
            guard byte == 0x25 else {
                if byte == 0x27 { return false }
                continue
            }
            guard offset + 1 < value.end, let high = ASCIIByte.hexDigit(line[offset]),
                let low = ASCIIByte.hexDigit(line[offset + 1])
            else { return false }
            let decoded = high << 4 | low
            guard decoded >= 0x20, decoded != 0x7f else { return false }
            offset += 2
        }
        return true
    }

    private static func number(
        _ line: borrowing Span<UInt8>, _ range: ByteRange
    ) throws(RefusalReason) -> UInt64 {
        // Fewer digits than 2⁶³ has.
        guard range.count >= 1, range.count <= 18 else { throw .multipartLength }
        var number: UInt64 = 0
        for index in range.indices {
            guard line[index] >= 0x30, line[index] <= 0x39 else { throw .multipartLength }
            number = number &* 10 &+ UInt64(line[index] &- 0x30)
        }
        return number
    }

    /// Of any name in use; a name with `_` some would take for another.
    private static let nameBytes = ByteSet(
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    private static let disposition = Array("content-disposition".utf8)
    private static let type = Array("content-type".utf8)
    private static let transferEncoding = Array("content-transfer-encoding".utf8)
    private static let contentEncoding = Array("content-encoding".utf8)
    private static let length = Array("content-length".utf8)
    private static let formData = Array("form-data".utf8)
    private static let name = Array("name".utf8)
    private static let fileName = Array("filename".utf8)
    private static let encodedFileName = Array("filename*".utf8)
    /// Types with parts or messages of their own, which some readers would unpack.
    private static let composites = ["multipart/", "message/"].map { Array($0.utf8) }
    private static let plain = Array("text/plain".utf8)
    private static let encodings = ["binary", "7bit", "8bit"].map { Array($0.utf8) }
    private static let charsets = ["utf-8", "iso-8859-1"].map { Array($0.utf8) }
}

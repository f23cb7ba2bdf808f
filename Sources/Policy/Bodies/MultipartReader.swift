import Bytes

/// Reads a `multipart/form-data` body while it passes (RFC 7578, RFC 2046 §5.1.1).
///
/// ```
///  start ─▶ delimiter ─▶ headers ─▶ content ─▶ delimiter ─▶ … ─▶ epilogue
/// ```
///
/// An app's own reader must come to the same parts. So nothing is taken that readers are known to
/// differ on: text before the first delimiter or behind the last one, padding, bare line ends, and
/// the delimiter's bytes anywhere else.
///
/// - Size: one header line is kept, at most 4 KiB, in storage that the next body uses again.
struct MultipartReader {
    private enum Stage: UInt8 {
        case start, startLineFeed, delimiter
        case delimiterEnd, delimiterLineFeed, lastHyphen
        case headers, content
        case epilogue, epilogueLineFeed, epilogueEnd
    }

    private var stage = Stage.start
    private var search = DelimiterSearch()
    /// Bytes of the first delimiter read so far.
    private var matched = 0
    private var partCount = 0
    private var head = PartHead()
    private var line: [UInt8] = []
    private var headBytes = 0
    private var lineCount = 0
    private var content = PartContent()
    private var rules: UploadRules?

    /// Header lines of one part together, their line ends included.
    static let headBytesMax = 4096
    static let lineCountMax = 16

    /// Makes ready for a body.
    mutating func begin(
        _ boundary: ByteRange, of bytes: borrowing Span<UInt8>, by rules: UploadRules
    ) {
        self.rules = rules
        search.prepare(boundary, of: bytes)
        stage = .start
        matched = 0
        partCount = 0
        line.removeAll(keepingCapacity: true)
        line.reserveCapacity(256)
    }

    /// Lets go of the rules, which may be of a configuration that is gone.
    mutating func end() { rules = nil }

    /// Reads on.
    ///
    /// - Throws: The first thing that is wrong, at the byte that makes it so.
    mutating func read(_ bytes: borrowing Span<UInt8>) throws(RefusalReason) {
        guard let rules else { return }
        var offset = 0
        while offset < bytes.count {
            switch stage {
            case .content:
                offset = try readContent(bytes, from: offset)
            case .headers:
                try readHeader(bytes[offset], rules)
                offset &+= 1
            default:
                try readDelimiter(bytes[offset], rules)
                offset &+= 1
            }
        }
    }

    /// Takes note of the body's end.
    func finish() throws(RefusalReason) {
        guard stage == .epilogue || stage == .epilogueEnd else { throw .multipartUnfinished }
    }

    private mutating func readDelimiter(
        _ byte: UInt8, _ rules: UploadRules
    ) throws(RefusalReason) {
        switch stage {
        case .start where byte == 0x0d: stage = .startLineFeed
        case .startLineFeed:
            guard byte == 0x0a else { throw .multipartPreamble }
            stage = .delimiter
        case .start, .delimiter:
            guard byte == search.needle[matched] else { throw .multipartPreamble }
            stage = .delimiter
            matched &+= 1
            if matched == search.needle.count { stage = .delimiterEnd }
        case .delimiterEnd:
            switch byte {
            case 0x0d: stage = .delimiterLineFeed
            case 0x2d: stage = .lastHyphen
            default: throw .multipartDelimiter
            }
        case .delimiterLineFeed:
            guard byte == 0x0a else { throw .multipartDelimiter }
            try beginPart(rules)
        case .lastHyphen:
            guard byte == 0x2d else { throw .multipartDelimiter }
            stage = .epilogue
        case .epilogue:
            guard byte == 0x0d else { throw .multipartEpilogue }
            stage = .epilogueLineFeed
        case .epilogueLineFeed:
            guard byte == 0x0a else { throw .multipartEpilogue }
            stage = .epilogueEnd
        case .epilogueEnd, .headers, .content: throw .multipartEpilogue
        }
    }

    private mutating func beginPart(_ rules: UploadRules) throws(RefusalReason) {
        guard partCount < rules.partCountMax else { throw .uploadTooManyParts }
        partCount &+= 1
        head = PartHead()
        headBytes = 0
        lineCount = 0
        line.removeAll(keepingCapacity: true)
        stage = .headers
    }

    private mutating func readHeader(_ byte: UInt8, _ rules: UploadRules) throws(RefusalReason) {
        guard headBytes < Self.headBytesMax else { throw .multipartHeadersTooLarge }
        headBytes &+= 1
        guard byte == 0x0a else {
            line.append(byte)
            return
        }
        guard line.last == 0x0d else { throw .multipartHeaders }
        line.removeLast()
        guard !line.isEmpty else { return try beginContent(rules) }
        guard lineCount < Self.lineCountMax else { throw .multipartHeadersTooLarge }
        lineCount &+= 1
        // Out of `self` while it is read, as the reader is a part of that as well.
        var complete: [UInt8] = []
        swap(&complete, &line)
        search.restart()
        guard search.find(in: complete.span, from: 0) == nil else { throw .multipartDelimiter }
        try head.read(complete.span, rules)
        complete.removeAll(keepingCapacity: true)
        swap(&complete, &line)
    }

    private mutating func beginContent(_ rules: UploadRules) throws(RefusalReason) {
        let (check, isEmpty) = try head.finish(rules)
        content = PartContent(
            check, bytesMax: isEmpty ? 0 : rules.partBytesMax,
            tooMuch: isEmpty ? .uploadTypeRefused : .uploadPartTooLarge,
            declared: head.contentLength, delimiterBytes: search.needle.count)
        search.restart()
        stage = .content
    }

    /// - Returns: Where the content ends, or the bytes do.
    private mutating func readContent(
        _ bytes: borrowing Span<UInt8>, from start: Int
    ) throws(RefusalReason) -> Int {
        guard let end = search.find(in: bytes, from: start) else {
            try content.read(bytes, start, bytes.count)
            return bytes.count
        }
        try content.read(bytes, start, end)
        guard search.isAtLineStart else { throw .multipartDelimiter }
        try content.finish()
        stage = .delimiterEnd
        return end
    }
}

import Bytes

/// The content of one part as it passes: its length, and whether it is what it was declared to be.
///
/// What is handed over may end in bytes of the delimiter, as nobody can tell before it is whole;
/// every verdict takes that into account, and depends on the bytes alone, not on their pieces.
struct PartContent {
    /// Bytes since the head, those of a delimiter included.
    private var total: UInt64 = 0
    /// More than this is too much whatever follows.
    private var totalMax: UInt64 = 0
    /// Why too much is refused.
    private var tooMuch = RefusalReason.uploadPartTooLarge
    private var check = ContentCheck(kind: .any)
    private var prefix = Prefix()
    private var declared: UInt64?
    /// Bytes of CR LF and the delimiter.
    private var endBytes: UInt64 = 0

    /// Nothing to be read.
    init() {}

    /// - Parameters:
    ///   - bytesMax: Of the content alone.
    ///   - declared: What the part says of its length.
    ///   - delimiterBytes: Of `--boundary`.
    init(
        _ check: ContentCheck, bytesMax: UInt64, tooMuch: RefusalReason, declared: UInt64?,
        delimiterBytes: Int
    ) {
        self.check = check
        self.tooMuch = tooMuch
        self.declared = declared
        endBytes = UInt64(delimiterBytes) &+ 2
        let (sum, hasOverflowed) = bytesMax.addingReportingOverflow(endBytes)
        totalMax = hasOverflowed ? .max : sum
    }

    /// Takes note of the next piece.
    mutating func read(
        _ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int
    ) throws(RefusalReason) {
        var offset = start
        while offset < end, prefix.count < check.prefixBytes {
            guard total < totalMax else { throw tooMuch }
            total &+= 1
            try gather(bytes[offset])
            offset &+= 1
        }
        let count = end &- offset
        let passing = Int(min(UInt64(count), totalMax &- total))
        if check.isText, Self.holdsNUL(bytes, offset, offset &+ passing) {
            throw .uploadTypeMismatch
        }
        total &+= UInt64(passing)
        guard passing == count else { throw tooMuch }
    }

    /// Judges the whole content; its delimiter has been read.
    func finish() throws(RefusalReason) {
        let size = total &- endBytes
        if let declared, declared != size { throw .multipartLength }
        guard case .signed = check.kind else {
            // A text's prefix begins somewhere: what of the delimiter is in it is text as well.
            guard check.admits(prefix) else { throw .uploadTypeMismatch }
            return
        }
        guard check.admits(prefix.cut(to: size)) else { throw .uploadTypeMismatch }
    }

    /// Keeps a byte of the first ones, and looks at them once they are all there.
    private mutating func gather(_ byte: UInt8) throws(RefusalReason) {
        if check.isText {
            guard byte != 0 else { throw .uploadTypeMismatch }
            if prefix.count == 0, Self.isSpace(byte) || (total <= 3 && Self.mark.contains(byte)) {
                return
            }
        }
        prefix.append(byte)
        guard prefix.count == check.prefixBytes else { return }
        guard check.admits(prefix) else { throw .uploadTypeMismatch }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0d && byte != 0x0b)
    }

    /// UTF-8's byte order mark.
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    private static func holdsNUL(
        _ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int
    ) -> Bool {
        var offset = start
        while offset < end {
            let marks = Word.marks(of: 0, in: bytes.word(at: offset))
            // What lies behind the end of the span looks like NUL.
            if marks != 0 { return offset &+ Word.firstMark(marks) < end }
            offset &+= 8
        }
        return false
    }
}

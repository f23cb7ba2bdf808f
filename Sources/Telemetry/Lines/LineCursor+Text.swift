import Bytes

/// Escaping for JSON strings: whatever the bytes are, what is put is valid UTF-8 within valid JSON.
///
/// Clean runs are scanned and copied sixteen bytes at a time; the rest goes one unit at a time.
extension LineCursor {
    /// Puts a part of `source`, shortened to `bytesMax` of its bytes and `…` if it is longer.
    ///
    /// - Returns: Whether it stands there as it was, but for escapes.
    @inline(__always)
    mutating func putText(_ source: LineSource, _ range: ByteRange, bytesMax: Int) -> Bool {
        precondition(range.end <= source.count, "a record's texts lie within its source")
        let byteCount = range.count
        let start = unsafe source.base + range.start
        guard byteCount <= bytesMax else {
            var copy = self
            unsafe copy.putShortened(Span(_unsafeStart: start, count: byteCount), to: bytesMax)
            self = copy
            return false
        }
        guard hasRoom(for: byteCount) else { return false }
        let clean = unsafe copyClean(start, base + count, byteCount)
        count &+= clean
        if clean == byteCount { return true }
        var copy = self
        let rest = unsafe Span(_unsafeStart: start + clean, count: byteCount &- clean)
        copy.isAltered = false
        copy.putUnclean(rest)
        self = copy
        return !copy.isAltered
    }

    /// Puts a part of `source` that holds neither anything to escape nor a mark that could stand
    /// before a secret.
    ///
    /// - Returns: Whether it did; otherwise nothing is put.
    @inline(__always)
    mutating func putUnmarked(_ source: LineSource, _ range: ByteRange, bytesMax: Int) -> Bool {
        precondition(range.end <= source.count, "a record's texts lie within its source")
        let byteCount = range.count
        guard byteCount <= bytesMax, hasRoom(for: byteCount) else { return false }
        guard unsafe copyUnmarked(source.base + range.start, base + count, byteCount) == byteCount
        else { return false }
        count &+= byteCount
        return true
    }

    /// Puts a text, shortened to `bytesMax` of its bytes and `…` if it is longer.
    mutating func putText(_ text: borrowing Span<UInt8>, bytesMax: Int) {
        if text.count > bytesMax {
            putShortened(text, to: bytesMax)
        } else {
            putText(text)
        }
    }

    @inline(never)
    private mutating func putShortened(_ text: borrowing Span<UInt8>, to bytesMax: Int) {
        putText(text.extracting(0..<shortenedEnd(of: text, to: bytesMax)))
        put("…")
        isAltered = true
    }

    /// Puts a text escaped.
    mutating func putText(_ text: borrowing Span<UInt8>) {
        let byteCount = text.count
        guard hasRoom(for: byteCount) else { return }
        let clean = unsafe text.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return byteCount }
            return unsafe copyClean(start, base + count, byteCount)
        }
        count &+= clean
        if clean < byteCount { putUnclean(text.extracting(clean..<byteCount)) }
    }

    /// Goes on from a byte that needs an escape, unit by unit, and fast again in between.
    @inline(never)
    private mutating func putUnclean(_ text: borrowing Span<UInt8>) {
        var offset = 0
        while offset < text.count {
            offset &+= putUnit(text.extracting(offset..<text.count))
            let rest = text.count &- offset
            guard rest > 0, hasRoom(for: rest) else { return }
            let clean = unsafe text.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return rest }
                return unsafe copyClean(start + offset, base + count, rest)
            }
            count &+= clean
            offset &+= clean
        }
    }

    /// Puts the character that `text` begins with, escaped if need be, or U+FFFD for bytes that are
    /// none.
    ///
    /// - Returns: How many bytes it took; 1 to 4.
    private mutating func putUnit(_ text: borrowing Span<UInt8>) -> Int {
        let byte = text[0]
        if byte < 0x80 {
            putASCII(byte)
            return 1
        }
        let length = sequenceLength(text)
        if length < 0 {
            put("\u{FFFD}")
            isAltered = true
            return -length
        }
        if byte == 0xC2, text[1] < 0xA0, !isPlain {
            // C1 controls: terminals obey some of them.
            putHexadecimalEscape(text[1])
        } else {
            put(text.extracting(0..<length))
        }
        return length
    }

    private mutating func putASCII(_ byte: UInt8) {
        if isPlain { return put(byte) }
        switch byte {
        case 0x22: put("\\\"")
        case 0x5C: put("\\\\")
        case 0x08: put("\\b")
        case 0x09: put("\\t")
        case 0x0A: put("\\n")
        case 0x0C: put("\\f")
        case 0x0D: put("\\r")
        case 0x20..<0x7F: put(byte)
        default: putHexadecimalEscape(byte)
        }
    }

    private mutating func putHexadecimalEscape(_ byte: UInt8) {
        put("\\u00")
        put(hexadecimalDigit(byte >> 4))
        put(hexadecimalDigit(byte & 15))
    }
}

/// Where a text is cut that may be so long: at its end, or before a character.
func shortenedEnd(of text: borrowing Span<UInt8>, to bytesMax: Int) -> Int {
    guard bytesMax < text.count else { return text.count }
    // A character is not cut: its at most three continuation bytes stay out with its first.
    var kept = bytesMax
    while kept > 0, bytesMax &- kept < 3, text[kept] & 0xC0 == 0x80 { kept &-= 1 }
    return kept
}

/// The length of the UTF-8 sequence that begins here: 2 to 4; or minus the bytes to skip, 1 to 3,
/// if it is none (the maximal subpart, Unicode table 3-7).
private func sequenceLength(_ text: borrowing Span<UInt8>) -> Int {
    let lead = text[0]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
        length = 3
        if lead == 0xE0 { second = 0xA0...0xBF }
        if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
        length = 4
        if lead == 0xF0 { second = 0x90...0xBF }
        if lead == 0xF4 { second = 0x80...0x8F }
    default: return -1
    }
    guard text.count > 1, second.contains(text[1]) else { return -1 }
    var offset = 2
    while offset < length {
        guard offset < text.count, text[offset] & 0xC0 == 0x80 else { return -offset }
        offset &+= 1
    }
    return length
}

func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 48 &+ value : 87 &+ value
}

/// What a line's texts lie in, lent for as long as the line is written.
///
/// - Safety: made of a span that the maker borrows until the line is done, and does not leave that
///   call.
@safe struct LineSource {
    let base: UnsafePointer<UInt8>
    let count: Int

    /// Borrows `bytes`; `line` lends its address to a span without bytes, which has none.
    init(_ bytes: borrowing Span<UInt8>, for line: LineCursor) {
        unsafe base =
            bytes.withUnsafeBufferPointer { $0.baseAddress }
            ?? UnsafePointer(line.base)
        count = bytes.count
    }

    /// The bytes of a range for the slow verbs.
    @inline(__always)
    func withText(_ range: ByteRange, _ body: (borrowing Span<UInt8>) -> Void) {
        precondition(range.end <= count, "a record's texts lie within its source")
        body(unsafe Span(_unsafeStart: base + range.start, count: range.count))
    }
}

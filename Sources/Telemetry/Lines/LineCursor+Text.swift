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
        // A character is not cut: its at most three continuation bytes stay out with its first.
        var kept = bytesMax
        while kept > 0, bytesMax &- kept < 3, text[kept] & 0xC0 == 0x80 { kept &-= 1 }
        putText(text.extracting(0..<kept))
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
        if byte == 0xC2, text[1] < 0xA0 {
            // C1 controls: terminals obey some of them.
            putHexadecimalEscape(text[1])
        } else {
            put(text.extracting(0..<length))
        }
        return length
    }

    private mutating func putASCII(_ byte: UInt8) {
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

/// Copies up to the first byte that cannot stand as it is, and returns how many.
///
/// Stores stay within the first `byteCount` bytes of `target`: the last step copies the last bytes
/// once more rather than fewer than a whole vector or word. Not inlined: a call costs less than the
/// cache that a copy for each field would take.
@inline(never)
private func copyClean(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int
) -> Int {
    if byteCount < 8 { return unsafe copyFew(start, target, byteCount) }
    if byteCount < 16 { return unsafe copyTwoWords(start, target, byteCount) }
    let last = byteCount &- 16
    var offset = 0
    while true {
        let vector = unsafe UnsafeRawPointer(start + offset)
            .loadUnaligned(as: SIMD16<UInt8>.self)
        unsafe UnsafeMutableRawPointer(target + offset)
            .storeBytes(of: vector, as: SIMD16<UInt8>.self)
        if let mark = firstMark(uncleanMarks(vector)) { return offset &+ mark }
        if offset == last { return byteCount }
        offset = min(offset &+ 16, last)
    }
}

/// The same for eight to fifteen bytes: the first eight, then the last eight.
@inline(__always)
private func copyTwoWords(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int
) -> Int {
    let last = byteCount &- 8
    let first = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    let second = unsafe UnsafeRawPointer(start + last).loadUnaligned(as: UInt64.self)
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: first, as: UInt64.self)
    unsafe UnsafeMutableRawPointer(target + last).storeBytes(of: second, as: UInt64.self)
    let vector = unsafe unsafeBitCast(SIMD2(first, second), to: SIMD16<UInt8>.self)
    guard let clean = firstMark(uncleanMarks(vector)) else { return byteCount }
    return clean < 8 ? clean : clean &- 8 &+ last
}

/// The same for fewer than eight bytes.
@inline(__always)
private func copyFew(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int
) -> Int {
    var clean = 0
    while clean < byteCount {
        let byte = unsafe start[clean]
        if byte &- 0x20 >= 0x5F || byte == 0x22 || byte == 0x5C { break }
        unsafe target[clean] = byte
        clean &+= 1
    }
    return clean
}

/// A set high bit in each byte that cannot stand in a JSON string as it is.
///
/// Those are controls, DEL, `"`, `\` and all that is not ASCII. The other bits mean nothing.
@inline(__always)
private func uncleanMarks(_ bytes: SIMD16<UInt8>) -> SIMD16<UInt8> {
    let control = bytes &- 0x20
    let delete = bytes &+ 1
    let quote = (bytes ^ 0x22) &- 1
    let backslash = (bytes ^ 0x5C) &- 1
    return bytes | control | delete | quote | backslash
}

/// The index, in memory, of the first byte whose high bit is set; `nil` without one.
@inline(__always)
func firstMark(_ bytes: SIMD16<UInt8>) -> Int? {
    let words = unsafe unsafeBitCast(bytes, to: SIMD2<UInt64>.self)
    let highBits: UInt64 = 0x8080_8080_8080_8080
    if (words[0] | words[1]) & highBits == 0 { return nil }
    let low = words[0].littleEndian & highBits
    if low != 0 { return low.trailingZeroBitCount / 8 }
    return 8 &+ (words[1].littleEndian & highBits).trailingZeroBitCount / 8
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

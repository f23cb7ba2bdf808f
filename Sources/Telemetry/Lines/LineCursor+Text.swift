/// Escaping for JSON strings: whatever the bytes are, what is put is valid UTF-8 within valid JSON.
///
/// Clean runs are scanned and copied eight bytes at a time; the rest goes one unit at a time.
extension LineCursor {
    /// Puts a text, shortened to `bytesMax` of its bytes and `…` if it is longer.
    @inline(__always)
    mutating func putText(_ text: borrowing Span<UInt8>, bytesMax: Int) {
        if text.count <= bytesMax {
            putText(text)
        } else {
            putShortened(text, bytesMax: bytesMax)
        }
    }

    private mutating func putShortened(_ text: borrowing Span<UInt8>, bytesMax: Int) {
        // A character is not cut: its at most three continuation bytes stay out with its first.
        var kept = bytesMax
        while kept > 0, bytesMax &- kept < 3, text[kept] & 0xC0 == 0x80 { kept &-= 1 }
        putText(text.extracting(0..<kept))
        put("…")
    }

    /// Puts a text escaped.
    @inline(__always)
    mutating func putText(_ text: borrowing Span<UInt8>) {
        let byteCount = text.count
        guard hasRoom(for: byteCount) else { return }
        let clean = unsafe text.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return byteCount }
            return unsafe copyClean(start, byteCount)
        }
        if clean < byteCount { putUnclean(text.extracting(clean..<byteCount)) }
    }

    /// Copies up to the first byte that cannot stand as it is. - Returns: How many were copied.
    ///
    /// The last step copies the last eight bytes once more rather than fewer than eight. Room for
    /// `byteCount` bytes was checked, and no store goes beyond them.
    @inline(__always)
    private mutating func copyClean(_ start: UnsafePointer<UInt8>, _ byteCount: Int) -> Int {
        let target = unsafe base + count
        var offset = 0
        while offset &+ 8 <= byteCount {
            let word = unsafe load8(start + offset)
            let marks = uncleanMarks(word)
            unsafe store8(target + offset, word)
            if marks != 0 {
                offset &+= marks.trailingZeroBitCount / 8
                count &+= offset
                return offset
            }
            offset &+= 8
        }
        let clean = unsafe copyTail(start, target, from: offset, byteCount)
        count &+= clean
        return clean
    }

    /// Copies bytes `offset ..< byteCount`, fewer than eight. - Returns: The end of the clean bytes.
    @inline(__always)
    private func copyTail(
        _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, from offset: Int,
        _ byteCount: Int
    ) -> Int {
        if offset == byteCount { return byteCount }
        if byteCount >= 8 {
            let last = byteCount &- 8
            let word = unsafe load8(start + last)
            unsafe store8(target + last, word)
            let marks = uncleanMarks(word)
            return marks == 0 ? byteCount : last &+ marks.trailingZeroBitCount / 8
        }
        var clean = 0
        while clean < byteCount {
            let byte = unsafe start[clean]
            if uncleanMarks(UInt64(byte) | 0x2020_2020_2020_2000) != 0 { break }
            unsafe target[clean] = byte
            clean &+= 1
        }
        return clean
    }

    /// Goes on from a byte that needs an escape, unit by unit, and fast again in between.
    @inline(never)
    private mutating func putUnclean(_ text: borrowing Span<UInt8>) {
        var offset = 0
        while offset < text.count {
            offset &+= putUnit(text.extracting(offset..<text.count))
            let rest = text.count &- offset
            guard rest > 0, hasRoom(for: rest) else { return }
            offset &+= unsafe text.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return rest }
                return unsafe copyClean(start + offset, rest)
            }
        }
    }

    /// Puts the character that `text` begins with, escaped if need be, or U+FFFD for bytes that are none.
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

/// The length of the UTF-8 sequence that begins here: 2 to 4; or minus the bytes to skip, 1 to 3, if it is
/// none (the maximal subpart, Unicode table 3-7).
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

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 48 &+ value : 87 &+ value
}

/// A set high bit in each byte that cannot stand in a JSON string as it is: controls, DEL, `"`, `\` and
/// all that is not ASCII. Borrows and carries reach only bytes after one that is marked already, so the
/// lowest mark is exact.
@inline(__always)
private func uncleanMarks(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let control = word &- ones &* 0x20
    let quote = (word ^ ones &* 0x22) &- ones
    let backslash = (word ^ ones &* 0x5C) &- ones
    let delete = word &+ ones
    return (word | control | quote | backslash | delete) & (ones &* 0x80)
}

@inline(__always)
private func load8(_ place: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: unsafe UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
}

@inline(__always)
private func store8(_ place: UnsafeMutablePointer<UInt8>, _ word: UInt64) {
    unsafe UnsafeMutableRawPointer(place).storeBytes(of: word.littleEndian, as: UInt64.self)
}

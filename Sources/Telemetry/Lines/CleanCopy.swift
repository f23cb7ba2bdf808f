/// Copies up to the first byte that cannot stand as it is, and returns how many.
///
/// Not inlined: a call costs less than the cache that a copy for each field would take.
@inline(never)
func copyClean(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int
) -> Int {
    unsafe copy(start, target, byteCount, stoppingAtMarks: false)
}

/// The same, up to the first `%`, `=` or `@` besides, which may stand before a secret.
@inline(never)
func copyUnmarked(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int
) -> Int {
    unsafe copy(start, target, byteCount, stoppingAtMarks: true)
}

/// Stores stay within the first `byteCount` bytes of `target`: the last step copies the last bytes
/// once more rather than fewer than a whole vector or word.
@inline(__always)
private func copy(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int,
    stoppingAtMarks: Bool
) -> Int {
    if byteCount < 8 { return unsafe copyFew(start, target, byteCount, stoppingAtMarks) }
    if byteCount < 16 { return unsafe copyTwoWords(start, target, byteCount, stoppingAtMarks) }
    let last = byteCount &- 16
    var offset = 0
    while true {
        let vector = unsafe UnsafeRawPointer(start + offset)
            .loadUnaligned(as: SIMD16<UInt8>.self)
        unsafe UnsafeMutableRawPointer(target + offset)
            .storeBytes(of: vector, as: SIMD16<UInt8>.self)
        if let mark = firstMark(uncleanMarks(vector, stoppingAtMarks)) { return offset &+ mark }
        if offset == last { return byteCount }
        offset = min(offset &+ 16, last)
    }
}

/// The same for eight to fifteen bytes: the first eight, then the last eight.
@inline(__always)
private func copyTwoWords(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int,
    _ stopsAtMarks: Bool
) -> Int {
    let last = byteCount &- 8
    let first = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
    let second = unsafe UnsafeRawPointer(start + last).loadUnaligned(as: UInt64.self)
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: first, as: UInt64.self)
    unsafe UnsafeMutableRawPointer(target + last).storeBytes(of: second, as: UInt64.self)
    let vector = unsafe unsafeBitCast(SIMD2(first, second), to: SIMD16<UInt8>.self)
    guard let clean = firstMark(uncleanMarks(vector, stopsAtMarks)) else { return byteCount }
    return clean < 8 ? clean : clean &- 8 &+ last
}

/// The same for fewer than eight bytes.
@inline(__always)
private func copyFew(
    _ start: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ byteCount: Int,
    _ stopsAtMarks: Bool
) -> Int {
    var clean = 0
    while clean < byteCount {
        let byte = unsafe start[clean]
        if byte &- 0x20 >= 0x5F || byte == 0x22 || byte == 0x5C { break }
        if stopsAtMarks, byte == 0x25 || byte == 0x3D || byte == 0x40 { break }
        unsafe target[clean] = byte
        clean &+= 1
    }
    return clean
}

/// A set high bit in each byte that cannot stand in a JSON string as it is.
///
/// Those are controls, DEL, `"`, `\` and all that is not ASCII; `%`, `=` and `@` besides if they
/// are to be. The other bits mean nothing.
@inline(__always)
private func uncleanMarks(_ bytes: SIMD16<UInt8>, _ withMarks: Bool) -> SIMD16<UInt8> {
    let control = bytes &- 0x20
    let delete = bytes &+ 1
    let quote = (bytes ^ 0x22) &- 1
    let backslash = (bytes ^ 0x5C) &- 1
    let unclean = bytes | control | delete | quote | backslash
    guard withMarks else { return unclean }
    return unclean | ((bytes ^ 0x25) &- 1) | ((bytes ^ 0x3D) &- 1) | ((bytes ^ 0x40) &- 1)
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

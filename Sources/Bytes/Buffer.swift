/// A byte queue of fixed capacity: appended at its end, consumed from its start, never grown.
///
/// Peers decide how much is appended, so a full buffer is no programming error: an append that does
/// not fit leaves the bytes as they are and sets ``hasOverflowed``. Whoever writes a message checks
/// that once, at its end, and refuses the message; a half-written field can never be sent
/// unnoticed.
///
/// - Invariant: `0 <= start <= end <= capacity`.
/// - Size: 24 bytes beside the storage. The deinitialiser frees the storage.
/// - Safety: `base` is owned and never escapes but through closures that must not keep it. Each
///   access below is within `0 ..< capacity` by the invariant or by an explicit check.
@safe @usableFromInline package struct Buffer: ~Copyable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    @usableFromInline let size: UInt32
    @usableFromInline var start: UInt32
    @usableFromInline var end: UInt32
    /// Whether an append since the last ``removeAll()`` found too little room.
    @usableFromInline package var hasOverflowed: Bool

    /// - Parameter capacity: 1 byte to 1 GiB.
    @usableFromInline package init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 1 << 30, "a buffer holds 1 byte to 1 GiB")
        unsafe base = .allocate(capacity: capacity)
        size = UInt32(capacity)
        start = 0
        end = 0
        hasOverflowed = false
    }

    /// A buffer without storage: it holds nothing, has no room, and costs nothing to make.
    @inlinable package init() {
        // Never read or written: every access is bounded by a size of 0.
        unsafe base = UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped
        size = 0
        start = 0
        end = 0
        hasOverflowed = false
    }

    @inlinable deinit { if size > 0 { unsafe base.deallocate() } }

    /// Takes the buffer out, leaving one without storage in its place.
    @inlinable package mutating func take() -> Buffer {
        let taken = consume self
        self = Buffer()
        return taken
    }

    /// Whether there is memory behind it, to be given back to a pool or freed.
    @inlinable package var hasStorage: Bool { size > 0 }

    /// Bytes it can hold in all; 0 without storage.
    @inlinable package var capacity: Int { Int(size) }
    /// Bytes that wait to be consumed.
    @inlinable package var count: Int { Int(end &- start) }
    @inlinable package var isEmpty: Bool { end == start }
    /// Bytes that can be appended before ``moveToFront()`` is needed.
    @inlinable package var room: Int { Int(size &- end) }

    /// Lends the bytes that wait; offsets in the span count from the first of them.
    @inlinable package func withReadable<R: ~Copyable, E: Error>(
        _ body: (borrowing Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        let bytes = unsafe Span(_unsafeStart: base + Int(start), count: count)
        return try body(bytes)
    }

    /// The byte at `offset` from the first that waits.
    @inlinable package subscript(_ offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "an offset within the readable bytes")
        return unsafe base[Int(start) + offset]
    }

    /// The waiting bytes, copied out: for what is rare.
    package func copy() -> [UInt8] {
        unsafe [UInt8](UnsafeBufferPointer(start: base + Int(start), count: count))
    }

    /// Forgets the first `byteCount` bytes.
    @inlinable package mutating func consume(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= count, "only what is there is consumed")
        start &+= UInt32(truncatingIfNeeded: byteCount)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Forgets the last `byteCount` bytes.
    @inlinable package mutating func dropLast(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= count, "only what is there is dropped")
        end &-= UInt32(truncatingIfNeeded: byteCount)
    }

    /// Forgets everything, an overflow included.
    @inlinable package mutating func removeAll() {
        start = 0
        end = 0
        hasOverflowed = false
    }

    /// Moves the waiting bytes to the front, so that all free bytes are ``room``.
    ///
    /// O(count).
    @inlinable package mutating func moveToFront() {
        guard start > 0 else { return }
        let waiting = count
        unsafe base.update(from: base + Int(start), count: waiting)
        start = 0
        end = UInt32(truncatingIfNeeded: waiting)
    }

    /// Lends the free bytes to a writer that says how many of them it filled.
    ///
    /// `body` gets exactly ``room`` writable bytes and returns a count within it.
    @inlinable package mutating func fill<E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        let free = unsafe UnsafeMutableRawBufferPointer(start: base + Int(end), count: room)
        let filled = unsafe try body(free)
        precondition(filled >= 0 && filled <= room, "a writer stays within the room it was lent")
        end &+= UInt32(truncatingIfNeeded: filled)
        return filled
    }
}

// MARK: - Appending

extension Buffer {
    /// Reserves `byteCount` bytes at the end, or notes an overflow.
    ///
    /// - Returns: Where to write them, or `nil` if they do not fit.
    @inlinable @inline(__always) mutating func claim(_ byteCount: Int) -> UnsafeMutablePointer<
        UInt8
    >? {
        guard byteCount <= room else {
            hasOverflowed = true
            return nil
        }
        let place = unsafe base + Int(end)
        end &+= UInt32(truncatingIfNeeded: byteCount)
        return unsafe place
    }

    @inlinable package mutating func append(_ byte: UInt8) {
        guard let place = unsafe claim(1) else { return }
        unsafe place.pointee = byte
    }

    /// Appends all of `bytes`, or none of them: see ``hasOverflowed``.
    @inlinable package mutating func append(_ bytes: borrowing Span<UInt8>) {
        let byteCount = bytes.count
        guard byteCount > 0, let place = unsafe claim(byteCount) else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe place.update(from: first, count: byteCount)
        }
    }

    /// Appends a part of `bytes`; the range lies within them.
    ///
    /// Up to 32 bytes are two loads and stores, whatever their number, where both sides have so
    /// many; inlined, since most texts of a head are as short.
    @inlinable @inline(__always) package mutating func append(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) {
        guard range.count <= 32, range.start &+ 32 <= bytes.count, room >= 32 else {
            return appendLong(bytes, range)
        }
        // What is written beyond the range lies behind `end`.
        writeBlock(bytes, from: range.start)
        end &+= UInt32(truncatingIfNeeded: range.count)
    }

    /// Up to 64 bytes are four loads and stores; more are a call.
    @usableFromInline @inline(never) mutating func appendLong(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) {
        guard range.count >= 32, range.count <= 64, range.count <= room else {
            return append(bytes.extracting(range.start..<range.end))
        }
        let text = bytes.extracting(range.start..<range.end)
        // The first 32 and the last 32, which may overlap.
        writeBlock(text, from: 0)
        end &+= UInt32(truncatingIfNeeded: text.count &- 32)
        writeBlock(text, from: text.count &- 32)
        end &+= 32
    }

    /// Writes the 32 bytes that stand from an offset of `source` on behind `end`, which stays.
    @inlinable @inline(__always) mutating func writeBlock(
        _ source: borrowing Span<UInt8>, from offset: Int
    ) {
        precondition(offset >= 0 && offset &+ 32 <= source.count && room >= 32)
        // Safety: both have 32 bytes from there on, as was just checked.
        let block = unsafe source.bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: SIMD32<UInt8>.self)
        unsafe UnsafeMutableRawPointer(base + Int(end)).storeBytes(
            of: block, as: SIMD32<UInt8>.self)
    }

    /// Appends all of `bytes`, or none of them.
    @inlinable package mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    /// Appends a part of `bytes`; the range lies within them.
    @inlinable package mutating func append(_ bytes: [UInt8], _ range: ByteRange) {
        append(bytes.span, range)
    }

    /// Appends the UTF-8 of a literal, whose length is known where it is inlined: a few stores.
    @inlinable @inline(__always) package mutating func append(_ text: StaticString) {
        let byteCount = text.utf8CodeUnitCount
        guard let place = unsafe claim(byteCount) else { return }
        unsafe UnsafeMutableRawPointer(place).copyMemory(
            from: text.utf8Start, byteCount: byteCount)
    }

    /// Appends the low `byteCount` bytes of `word`, 1 to 8, the lowest first.
    @inlinable @inline(__always) package mutating func append(_ word: UInt64, bytes byteCount: Int)
    {
        guard byteCount > 0, byteCount <= 8, room >= 8 else { return appendSlowly(word, byteCount) }
        // Safety: there is room for all eight; those beyond the count lie behind `end`.
        unsafe UnsafeMutableRawPointer(base + Int(end)).storeBytes(
            of: word.littleEndian, as: UInt64.self)
        end &+= UInt32(truncatingIfNeeded: byteCount)
    }

    @usableFromInline @inline(never) mutating func appendSlowly(_ word: UInt64, _ byteCount: Int) {
        precondition(byteCount > 0 && byteCount <= 8, "a word has eight bytes")
        guard byteCount <= room else {
            hasOverflowed = true
            return
        }
        for index in 0..<byteCount {
            append(UInt8(truncatingIfNeeded: word &>> UInt64(8 &* index)))
        }
    }

    /// Appends all that waits in another buffer, which keeps it.
    @inlinable package mutating func append(_ other: borrowing Buffer) {
        append(other, count: other.count)
    }

    /// Appends the first `byteCount` bytes that wait in another buffer, which keeps them.
    @inlinable package mutating func append(_ other: borrowing Buffer, count byteCount: Int) {
        precondition(byteCount <= other.count, "only what is there is copied")
        guard byteCount > 0, let place = unsafe claim(byteCount) else { return }
        unsafe place.update(from: other.base + Int(other.start), count: byteCount)
    }

    /// Appends `value` in decimal, without padding.
    ///
    /// Up to eight digits are gathered in a word, whose lowest byte is the first of them.
    @inlinable package mutating func append(decimal value: UInt64) {
        guard value < 100_000_000 else { return appendLong(decimal: value) }
        var word: UInt64 = 0
        var rest = UInt32(truncatingIfNeeded: value)
        var count = 0
        repeat {
            word = word &<< 8 | UInt64(48 &+ rest % 10)
            rest /= 10
            count &+= 1
        } while rest > 0
        append(word, bytes: count)
    }

    @usableFromInline @inline(never) mutating func appendLong(decimal value: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first &-= 1
            digits[first] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        guard let place = unsafe claim(20 &- first) else { return }
        for index in first..<20 { unsafe place[index &- first] = digits[index] }
    }

    /// Appends `value` in lower-case hexadecimal, without padding.
    @inlinable package mutating func append(hexadecimal value: UInt64) {
        let digitCount = max(1, (67 &- value.leadingZeroBitCount) / 4)
        guard let place = unsafe claim(digitCount) else { return }
        var rest = value
        for index in stride(from: digitCount &- 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            unsafe place[index] = digit < 10 ? 48 &+ digit : 87 &+ digit
            rest >>= 4
        }
    }
}

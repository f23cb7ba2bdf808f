import Bytes

/// Writes one line into memory that a buffer lends, and remembers whether it fitted.
///
/// The quick verbs are inlined and touch registers alone; the others work on a copy, so that the
/// cursor of a whole line never has to live in memory.
///
/// - Invariant: `0 <= count <= limit + reserved`; nothing beyond is touched.
/// - Safety: `base` is the free part of a buffer, which never moves. A cursor does not leave the
///   function that began it, and that function has the buffer to itself. Each store follows a check
///   of `limit`, but for those of `fixed` puts: they share the bytes reserved behind `limit`, and
///   whoever reserves them states their sum, which debug builds check at each of them.
@safe struct LineCursor {
    let base: UnsafeMutablePointer<UInt8>
    /// Bytes for everything but `fixed` puts.
    let limit: Int
    /// Bytes for `fixed` puts, together.
    private let reserved: Int
    var count = 0
    /// Whether something was left out: the line is then void.
    var isCut: Bool
    /// Whether the text that was put last differs from what it was made of in more than escapes.
    var isAltered = false
    /// Whether texts are put as they are, without JSON's escapes, but valid UTF-8 all the same.
    var isPlain = false

    fileprivate init(base: UnsafeMutablePointer<UInt8>, size: Int, reserving reserved: Int) {
        unsafe self.base = base
        self.limit = size &- reserved
        self.reserved = reserved
        isCut = size < reserved
    }

    /// Bytes lent.
    fileprivate var size: Int { limit &+ reserved }

    /// Whether `byteCount` more bytes fit; if not, the line is void.
    @inline(__always)
    mutating func hasRoom(for byteCount: Int) -> Bool {
        if byteCount <= limit &- count { return true }
        isCut = true
        return false
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        guard hasRoom(for: 1) else { return }
        unsafe base[count] = byte
        count &+= 1
    }

    /// Puts a literal; inlined, so that its length is known and the copy is a few stores.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        let byteCount = text.utf8CodeUnitCount
        guard hasRoom(for: byteCount) else { return }
        unsafe UnsafeMutableRawPointer(base + count)
            .copyMemory(from: text.utf8Start, byteCount: byteCount)
        count &+= byteCount
    }

    /// Puts a literal into the reserve, which is for the caller to have made large enough.
    @inline(__always)
    mutating func put(fixed text: StaticString) {
        let byteCount = text.utf8CodeUnitCount
        assert(count &+ byteCount <= limit &+ reserved, "the reserve covers every fixed put")
        unsafe UnsafeMutableRawPointer(base + count)
            .copyMemory(from: text.utf8Start, byteCount: byteCount)
        count &+= byteCount
    }

    /// Puts a name that is known only while running.
    @inline(__always)
    mutating func put(name: StaticString) {
        var copy = self
        copy.putName(name)
        self = copy
    }

    @inline(never)
    private mutating func putName(_ name: StaticString) { put(name) }

    @inline(__always)
    mutating func put(_ bytes: borrowing Span<UInt8>) {
        let byteCount = bytes.count
        guard byteCount > 0, hasRoom(for: byteCount) else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(base + count)
                .copyMemory(from: start, byteCount: byteCount)
        }
        count &+= byteCount
    }

    /// Puts one label of a table; nothing for an index that it lacks.
    @inline(__always)
    mutating func put(_ table: borrowing LabelTable, _ index: Int) {
        guard index >= 0, index < table.count else { return }
        let range = table.ends[index]..<table.ends[index &+ 1]
        put(table.bytes.span.extracting(range))
    }

    /// Puts eight bytes into the reserve, the lowest first.
    @inline(__always)
    mutating func put(fixedWord word: UInt64) {
        assert(count &+ 8 <= limit &+ reserved, "the reserve covers every fixed put")
        let place = unsafe UnsafeMutableRawPointer(base + count)
        unsafe place.storeBytes(of: word.littleEndian, as: UInt64.self)
        count &+= 8
    }
}

// MARK: - Numbers

extension LineCursor {
    /// Bytes that the longest number takes, and the longest number of milliseconds.
    static let numberBytesMax = 20
    static let millisecondsBytesMax = 22

    /// Puts `value` in decimal.
    mutating func put(decimal value: UInt64) {
        guard hasRoom(for: Self.numberBytesMax) else { return }
        put(fixedDecimal: value)
    }

    /// Puts microseconds as milliseconds with three decimals.
    mutating func put(milliseconds microseconds: UInt64) {
        guard hasRoom(for: Self.millisecondsBytesMax) else { return }
        put(fixedMilliseconds: microseconds)
    }

    /// Puts `value` in decimal into the reserve: ``numberBytesMax`` bytes at most.
    @inline(__always)
    mutating func put(fixedDecimal value: UInt64) {
        assert(count &+ Self.numberBytesMax <= limit &+ reserved, "the reserve covers it")
        count &+= unsafe writeDecimal(value, to: base + count)
    }

    /// Puts milliseconds into the reserve: ``millisecondsBytesMax`` bytes at most.
    @inline(__always)
    mutating func put(fixedMilliseconds microseconds: UInt64) {
        assert(count &+ Self.millisecondsBytesMax <= limit &+ reserved, "the reserve covers it")
        count &+= unsafe writeMilliseconds(microseconds, to: base + count)
    }
}

/// Writes a number of at most 20 digits.
///
/// - Returns: How many.
@inline(never)
private func writeDecimal(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    if value < 10 {
        unsafe place[0] = digit(value)
        return 1
    }
    if value < 1000 {
        if value >= 100 {
            unsafe writeThree(value, to: place)
            return 3
        }
        unsafe place[0] = digit(value / 10)
        unsafe place[1] = digit(value % 10)
        return 2
    }
    let length = unsafe writeDecimal(value / 1000, to: place)
    unsafe writeThree(value % 1000, to: place + length)
    return length &+ 3
}

/// Writes at most 17 digits, a point and three digits.
///
/// - Returns: How many bytes.
@inline(never)
private func writeMilliseconds(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    let length = unsafe writeDecimal(value / 1000, to: place)
    unsafe place[length] = 0x2E
    unsafe writeThree(value % 1000, to: place + (length &+ 1))
    return length &+ 4
}

/// Writes the three digits of a value below 1000.
@inline(__always)
private func writeThree(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) {
    let value = UInt32(truncatingIfNeeded: value)
    unsafe place[0] = digit(UInt64(value / 100))
    unsafe place[1] = digit(UInt64(value / 10 % 10))
    unsafe place[2] = digit(UInt64(value % 10))
}

@inline(__always)
private func digit(_ value: UInt64) -> UInt8 { 48 &+ UInt8(truncatingIfNeeded: value) }

extension Buffer {
    /// Begins a line in the free part, which it claims until ``endLine(_:)``; its `fixed` puts may
    /// take `reserved` bytes together.
    @inline(__always)
    mutating func beginLine(reserving reserved: Int) -> LineCursor {
        let size = room
        var place: UnsafeMutableRawPointer?
        _ = unsafe fill { memory in
            unsafe place = memory.baseAddress
            return size
        }
        guard let place = unsafe place else { preconditionFailure("a buffer has memory") }
        let base = unsafe place.assumingMemoryBound(to: UInt8.self)
        return unsafe LineCursor(base: base, size: size, reserving: reserved)
    }

    /// Keeps the line that was begun, all of it or, if it did not fit, nothing.
    ///
    /// ``hasOverflowed`` tells of the latter.
    @inline(__always)
    mutating func endLine(_ line: LineCursor) {
        if line.isCut { hasOverflowed = true }
        dropLast(line.size &- (line.isCut ? 0 : line.count))
    }
}

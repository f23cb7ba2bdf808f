import Bytes

/// Writes one line into memory that a buffer lends, and remembers whether it fitted.
///
/// - Invariant: `0 <= count <= limit`; nothing at or beyond `limit` is touched.
/// - Safety: `base` is the free part of a buffer, which never moves. A cursor does not leave the function
///   that began it, and that function has the buffer to itself. Each store follows a check of `limit`.
@safe struct LineCursor: ~Copyable {
    let base: UnsafeMutablePointer<UInt8>
    let limit: Int
    var count = 0
    /// Whether something was left out: the line is then void.
    var isCut = false

    fileprivate init(base: UnsafeMutablePointer<UInt8>, limit: Int) {
        unsafe self.base = base
        self.limit = limit
    }

    var room: Int { limit &- count }

    /// Whether `byteCount` more bytes fit; if not, the line is void.
    @inline(__always)
    mutating func hasRoom(for byteCount: Int) -> Bool {
        if byteCount <= room { return true }
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
        unsafe (base + count).update(from: text.utf8Start, count: byteCount)
        count &+= byteCount
    }

    /// Puts a name that is known only while running.
    mutating func put(name: StaticString) { put(name) }

    @inline(__always)
    mutating func put(_ bytes: borrowing Span<UInt8>) {
        let byteCount = bytes.count
        guard byteCount > 0, hasRoom(for: byteCount) else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).update(from: start, count: byteCount)
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

    /// Puts `value` in decimal.
    @inline(__always)
    mutating func put(decimal value: UInt64) {
        if value < 10 {
            put(48 &+ UInt8(truncatingIfNeeded: value))
        } else {
            putDigits(value)
        }
    }

    private mutating func putDigits(_ value: UInt64) {
        guard hasRoom(for: 20) else { return }
        var digitCount = 1
        var power: UInt64 = 10
        while digitCount < 20, value >= power {
            digitCount &+= 1
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { break }
            power = next
        }
        var rest = value
        var place = count &+ digitCount
        count = place
        repeat {
            place &-= 1
            unsafe base[place] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Puts microseconds as milliseconds with three decimals.
    mutating func put(milliseconds microseconds: UInt64) {
        put(decimal: microseconds / 1000)
        let rest = Int(truncatingIfNeeded: microseconds % 1000)
        guard hasRoom(for: 4) else { return }
        unsafe base[count] = 0x2E
        unsafe base[count &+ 1] = 48 &+ UInt8(truncatingIfNeeded: rest / 100)
        unsafe base[count &+ 2] = 48 &+ UInt8(truncatingIfNeeded: rest / 10 % 10)
        unsafe base[count &+ 3] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
        count &+= 4
    }
}

extension Buffer {
    /// Begins a line in the free part; nothing counts until ``endLine(_:)``.
    @inline(__always)
    mutating func beginLine() -> LineCursor {
        var place: UnsafeMutableRawPointer?
        _ = unsafe fill { memory in
            unsafe place = memory.baseAddress
            return 0
        }
        guard let place = unsafe place else { preconditionFailure("a buffer has memory") }
        return unsafe LineCursor(base: place.assumingMemoryBound(to: UInt8.self), limit: room)
    }

    /// Appends the line that was begun, all of it or, if it did not fit, nothing.
    ///
    /// ``hasOverflowed`` tells of the latter.
    @inline(__always)
    mutating func endLine(_ line: consuming LineCursor) {
        if line.isCut {
            hasOverflowed = true
            return
        }
        let byteCount = line.count
        _ = unsafe fill { _ in byteCount }
    }
}

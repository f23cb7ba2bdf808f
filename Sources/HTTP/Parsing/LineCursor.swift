import Bytes

/// How far a head was read when its end had not come yet: all that a reader keeps between two
/// calls.
///
/// A line is judged when it is whole, or when a control character shows that it never will be;
/// until then only the limits hold. So what is found wrong does not depend on how the bytes
/// arrived. New lines are read once when they come and once more with the whole head: the cost
/// stays linear.
///
/// - Size: 8 bytes.
@usableFromInline struct LineCursor: Sendable {
    /// No control character before this offset waits for a verdict.
    ///
    /// 0 before the first call.
    @usableFromInline private(set) var settled: UInt32 = 0
    /// Where the first field line begins, ``unknown`` while the line before it is not whole.
    @usableFromInline var firstLineEnd: UInt16
    /// Field lines that were in order.
    @usableFromInline private(set) var fieldCount: UInt16 = 0

    private static let unknown = UInt16.max
    /// First lines are limited to less than 2¹⁶ bytes, whatever the configuration says.
    static let startLineBytesMax = 65_000

    /// For a head, which begins with a line of its own kind.
    init() { firstLineEnd = Self.unknown }

    /// For field lines that begin at offset 0, or behind a first line of at most
    /// ``startLineBytesMax`` bytes.
    @inlinable init(fieldsStart: Int) { firstLineEnd = UInt16(truncatingIfNeeded: fieldsStart) }

    var isResumed: Bool { settled > 0 }

    /// Where the first field line begins; `nil` while the line before it is not whole.
    var fieldsStart: Int? { firstLineEnd == Self.unknown ? nil : Int(firstLineEnd) }

    mutating func count(fields: Int) {
        fieldCount &+= UInt16(truncatingIfNeeded: fields)
    }

    /// Keeps the place of a line whose end is not there yet.
    mutating func suspend(at place: Int) {
        settled = UInt32(truncatingIfNeeded: place)
    }

    /// Looks for the end of a line in the bytes that are new.
    ///
    /// - Returns: Where reading goes on: 0, or the start of the first field line not yet read.
    ///   `nil` if no line has ended since.
    /// - Throws: `.fieldsTooLarge`, `.fieldsTooMany` or `tooLong` if the line cannot be accepted
    ///   any more.
    mutating func resume(
        _ bytes: borrowing Span<UInt8>, _ limits: HeadLimits, tooLong: WireError
    ) throws(WireError) -> Int? {
        let place = bytes.firstControl(from: Int(settled))
        if Self.isDecided(bytes, place) {
            return fieldsStart == nil ? 0 : Self.lineStart(bytes, before: place)
        }
        if let fieldsStart {
            let isNew = bytes[Int(settled) &- 1] == Grammar.lineFeed
            let count = isNew ? Int(fieldCount) &+ 1 : Int(fieldCount)
            try Self.checkUnfinished(bytes, fieldsStart: fieldsStart, fieldCount: count, limits)
        } else {
            let start = UInt16(truncatingIfNeeded: bytes.word(at: 0)) == Grammar.crlf ? 2 : 0
            let limit = min(limits.startLineBytesMax, Self.startLineBytesMax)
            guard place &- start <= limit else { throw tooLong }
        }
        suspend(at: place)
        return nil
    }

    /// Holds field lines, the last of them unfinished and counted too, against the limits.
    static func checkUnfinished(
        _ bytes: borrowing Span<UInt8>, fieldsStart: Int, fieldCount: Int, _ limits: HeadLimits
    ) throws(WireError) {
        let last = bytes.count &- 1
        // Without a new byte nothing has changed; a CR of its own may become the empty line.
        guard last >= fieldsStart, bytes[last] != Grammar.lineFeed else { return }
        if bytes[last] == Grammar.carriageReturn,
            last == fieldsStart || bytes[last &- 1] == Grammar.lineFeed
        {
            return
        }
        if fieldCount > limits.fieldCountMax { throw .fieldsTooMany(limit: limits.fieldCountMax) }
        if bytes.count &- fieldsStart > limits.fieldBytesMax {
            throw .fieldsTooLarge(limit: limits.fieldBytesMax)
        }
    }

    /// Whether a control character ends a line, well or badly: a CR in the last byte may still be
    /// either.
    static func isDecided(_ bytes: borrowing Span<UInt8>, _ place: Int) -> Bool {
        guard place < bytes.count else { return false }
        return bytes[place] != Grammar.carriageReturn || place &+ 1 < bytes.count
    }

    /// What is wrong with a line that a control character ends where no CR LF stands.
    static func fault(_ bytes: borrowing Span<UInt8>, at place: Int) -> WireError {
        switch bytes[place] {
        case Grammar.lineFeed: .bareLineFeed
        case Grammar.carriageReturn: .bareCarriageReturn
        default: .controlCharacter
        }
    }

    private static func lineStart(_ bytes: borrowing Span<UInt8>, before place: Int) -> Int {
        var start = place
        while start > 0, bytes[start &- 1] != Grammar.lineFeed { start &-= 1 }
        return start
    }
}

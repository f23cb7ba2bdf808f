/// A run of bytes within a message, by offset; 8 bytes where `Range<Int>` takes 16.
///
/// Offsets count from the first byte of the span that the message was read from.
@usableFromInline package struct ByteRange: Equatable, Sendable {
    @usableFromInline let from: UInt32
    @usableFromInline let length: UInt32

    /// - Parameters:
    ///   - start: 0 to 2³² - 1.
    ///   - count: So that the end is below 2³² too.
    @inlinable package init(start: Int, count: Int) {
        from = UInt32(truncatingIfNeeded: start)
        length = UInt32(truncatingIfNeeded: count)
    }

    /// - Parameters:
    ///   - start: The first byte.
    ///   - end: Behind the last byte; not before `start`.
    @inlinable package init(_ start: UInt32, _ end: UInt32) {
        from = start
        length = end &- start
    }

    /// - Parameters:
    ///   - start: The first byte, within 32 bits.
    ///   - end: Behind the last byte; not before `start`.
    @inlinable package init(_ start: Int, _ end: Int) {
        self.init(start: start, count: end &- start)
    }

    /// A range of no bytes, for what a message does not have.
    @inlinable package static var empty: ByteRange { ByteRange(start: 0, count: 0) }

    /// The offset of the first byte.
    @inlinable package var start: Int { Int(from) }
    /// The offset behind the last byte; `start` of an empty range.
    @inlinable package var end: Int { Int(from) &+ Int(length) }
    @inlinable package var count: Int { Int(length) }
    @inlinable package var isEmpty: Bool { length == 0 }
    /// The offsets of its bytes, for a loop or for `Span.extracting`.
    @inlinable package var indices: Range<Int> { start..<end }

    /// The same bytes where the message begins `offset` bytes later.
    @inlinable package func shifted(by offset: Int) -> ByteRange {
        ByteRange(start: start &+ offset, count: count)
    }
}

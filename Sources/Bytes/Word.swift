/// Eight bytes looked at at once; the first byte is in the lowest bits.
///
/// A search gives *marks*: bit 7 of each byte that was sought. Borrows run upwards, so a mark above
/// another may be false; the lowest one is always right, and there are none if and only if nothing
/// was found.
@usableFromInline package enum Word {
    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable static var highs: UInt64 { 0x8080_8080_8080_8080 }

    /// The byte in all eight places.
    @inlinable package static func repeating(_ byte: UInt8) -> UInt64 { UInt64(byte) &* ones }

    /// Marks the bytes equal to `byte`.
    @inlinable package static func marks(of byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ repeating(byte)
        return (difference &- ones) & ~difference & highs
    }

    /// The same without a false mark, for who seeks the last.
    @inlinable package static func allMarks(of byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ repeating(byte)
        return ~((difference & ~highs) &+ ~highs | difference | ~highs)
    }

    /// Marks the bytes below `limit`, which is 1 to 128.
    @inlinable package static func marks(below limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- repeating(limit)) & ~word & highs
    }

    /// Marks the control characters, HTAB among them: 0x00 to 0x1f, and 0x7f.
    @inlinable package static func controls(in word: UInt64) -> UInt64 {
        marks(below: 0x20, in: word) | marks(of: 0x7f, in: word)
    }

    /// Marks the bytes below `limit`, which is 1 to 127, and those above 0x7e.
    ///
    /// This is cheaper than to leave out those from 0x80 on.
    @inlinable package static func marks(outside limit: UInt8, in word: UInt64) -> UInt64 {
        ((word &- repeating(limit)) | (word &+ ones)) & highs
    }

    /// The position of the lowest mark, 0 to 7; 8 without any.
    @inlinable package static func firstMark(_ marks: UInt64) -> Int {
        marks.trailingZeroBitCount >> 3
    }

    /// Replaces every byte equal to `byte`.
    @inlinable package static func replacing(
        _ byte: UInt8, with other: UInt8, in word: UInt64
    ) -> UInt64 {
        let difference = word ^ repeating(byte)
        // Exact for each byte: the sum cannot carry out of seven bits.
        let isUnequal = ((difference & ~highs) &+ ~highs) | difference
        let mask = ((~isUnequal & highs) &>> 7) &* 0xff
        return (word & ~mask) | (repeating(other) & mask)
    }

    /// Sets bit 5 where bit 6 is set: letters become lower case, and no other byte becomes a
    /// letter, a digit or a hyphen.
    @inlinable package static func lowerCased(_ word: UInt64) -> UInt64 {
        word | (word & 0x4040_4040_4040_4040) >> 1
    }

    /// The first `byteCount` bytes, 0 to 7 of them, zeros behind them.
    @inlinable package static func prefix(_ word: UInt64, _ byteCount: Int) -> UInt64 {
        word & ((1 &<< UInt64(truncatingIfNeeded: byteCount &* 8)) &- 1)
    }

    /// Whether every byte is a lower-case letter, a digit or a hyphen.
    @inlinable package static func isLowerCaseName(_ word: UInt64) -> Bool {
        // Bit 7 after each sum: the byte is at least, or above, a bound. A byte with bit 7 set
        // would carry into the next one; `~word` refuses it whatever that does.
        let letters = (word &+ repeating(0x80 - 0x61)) & ~(word &+ repeating(0x80 - 0x7b))
        let digits = (word &+ repeating(0x80 - 0x30)) & ~(word &+ repeating(0x80 - 0x3a))
        let hyphens = ~((word ^ repeating(0x2d)) &+ ~highs)
        return (letters | digits | hyphens) & ~word & highs == highs
    }

    /// Whether every byte is a lower-case letter, a digit, a hyphen or a full stop.
    @inlinable package static func isLowerCaseHost(_ word: UInt64) -> Bool {
        // As above; `-./` and the digits are one run, without the slash.
        let letters = (word &+ repeating(0x80 - 0x61)) & ~(word &+ repeating(0x80 - 0x7b))
        let others = (word &+ repeating(0x80 - 0x2d)) & ~(word &+ repeating(0x80 - 0x3a))
        let unslashed = (word ^ repeating(0x2f)) &+ ~highs
        return (letters | (others & unslashed)) & ~word & highs == highs
    }

    /// Whether every byte is below 10: the value of a digit.
    @inlinable package static func areDigits(_ word: UInt64) -> Bool {
        // Bit 7 of the sum: the byte is at least 10. One with bit 7 set is refused by itself.
        ((word &+ repeating(0x80 - 10)) | word) & highs == 0
    }

    /// Fills the bytes of a word from `byteCount` on with `a`, which is in every set of names.
    ///
    /// Nothing is to be filled from 8 on.
    @inlinable package static func padded(_ word: UInt64, _ byteCount: Int) -> UInt64 {
        guard byteCount < 8 else { return word }
        return prefix(word, byteCount) | (repeating(0x61) & ~prefix(.max, byteCount))
    }

    /// Eight bytes of a literal from `offset` on, zeros behind its end.
    ///
    /// The compiler folds it into a constant where both arguments are.
    @inlinable @inline(__always)
    package static func of(_ text: StaticString, from offset: Int = 0) -> UInt64 {
        var word: UInt64 = 0
        var index = 8
        while index > 0 {
            index &-= 1
            word = word &<< 8
            let place = offset &+ index
            if place < text.utf8CodeUnitCount { word |= UInt64(unsafe text.utf8Start[place]) }
        }
        return word
    }
}

extension Span where Element == UInt8 {
    /// Eight bytes from `offset` on; zeros stand for all that lies outside the span.
    @inlinable package func word(at offset: Int) -> UInt64 {
        guard offset >= 0, offset <= count &- 8 else { return lastWord(at: offset) }
        // Safety: 0 <= offset and offset + 8 <= count were just checked.
        let word = unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: word)
    }

    /// The same for an offset that cannot be negative, which saves a comparison in loops.
    @inlinable package func word(at offset: UInt32) -> UInt64 {
        word(at: Int(offset))
    }

    /// ``word(at:)`` where fewer than eight bytes are left.
    @usableFromInline @inline(never) func lastWord(at offset: Int) -> UInt64 {
        guard offset >= 0, offset < count else { return 0 }
        if count >= 8 {
            // Safety: the last eight bytes exist. The shift is by 1 to 7 bytes.
            let last = unsafe bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: count &- 8, as: UInt64.self)
            let excess = UInt64(truncatingIfNeeded: offset &- (count &- 8))
            return UInt64(littleEndian: last) &>> (excess &* 8)
        }
        var word: UInt64 = 0
        for index in (offset..<count).reversed() { word = word &<< 8 | UInt64(self[index]) }
        return word
    }

    /// The offset of the first control character but HTAB at or after `offset`; `count` if there is
    /// none.
    ///
    /// The search begins at 0 to `count`.
    package func firstControl(from offset: Int) -> Int {
        var place = offset
        while place < count {
            let marks = Word.controls(in: word(at: place))
            place &+= Word.firstMark(marks)
            if marks != 0, place < count {
                guard self[place] == 0x09 else { return place }
                place &+= 1
            }
        }
        return count
    }
}

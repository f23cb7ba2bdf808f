package import Bytes

/// Finds a known name by one multiplication per half of it and one comparison.
///
/// The hash takes a name's length, its first eight bytes and its next eight (of longer names the
/// last eight), in lower case; ``firstMultiplier`` and ``secondMultiplier`` were tried out until
/// all known names differed.
enum FieldNameIndex {
    static let firstMultiplier: UInt64 = 0x7d84_9a70_b279_2281
    static let secondMultiplier: UInt64 = 0x05e8_0cc8_c7c3_ce0f
    /// Words that a known name may take.
    static let wordCount = 5

    /// The only name that may have a hash: its first and its second word.
    struct Entry {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var name = FieldName.other
    }

    /// By hash; zeros where there is no name.
    ///
    /// An array, since an `InlineArray` in a global is copied whole for every element read.
    static let entries: [Entry] = {
        var entries = [Entry](repeating: Entry(), count: 256)
        for name in FieldName.allCases where name != .other {
            let text = name.canonicalName
            let count = text.utf8CodeUnitCount
            let second = Word.of(text, from: count > 16 ? count - 8 : 8)
            entries[Int(hash(of: name))] = Entry(
                first: Word.lowerCased(Word.of(text)), second: Word.lowerCased(second), name: name)
        }
        return entries
    }()

    /// By raw value, ``wordCount`` words a name, in lower case, zeros behind the end.
    private static let words: [UInt64] = FieldName.allCases.flatMap { name in
        (0..<wordCount).map { Word.lowerCased(Word.of(name.canonicalName, from: $0 * 8)) }
    }

    private static func hash(of name: FieldName) -> UInt8 {
        let text = name.canonicalName
        let count = text.utf8CodeUnitCount
        let second = Word.of(text, from: count > 16 ? count - 8 : 8)
        return hash(Word.lowerCased(Word.of(text)), Word.lowerCased(second), count)
    }

    @inline(__always)
    static func hash(_ first: UInt64, _ second: UInt64, _ count: Int) -> UInt8 {
        let sum = first &* firstMultiplier &+ second &* secondMultiplier
        return UInt8(truncatingIfNeeded: sum &>> 56) &+ UInt8(truncatingIfNeeded: count)
    }

    /// The known name with this hash and these two words, or ``FieldName/other``.
    ///
    /// Of names up to sixteen bytes no more is to be compared: the hash adds the length, so one
    /// that differs in nothing else looks into another entry. Of longer ones the middle and the
    /// length are.
    /// ``entries`` are lent once for all names of a head.
    @inline(__always)
    static func find(
        _ hash: UInt8, _ first: UInt64, _ second: UInt64, in entries: borrowing Span<Entry>
    ) -> FieldName {
        let entry = entries[Int(hash)]
        return entry.first == first && entry.second == second ? entry.name : .other
    }

    /// Eight bytes of a known name in lower case; the index is below ``wordCount``.
    static func word(_ index: Int, of name: FieldName) -> UInt64 {
        words[Int(name.rawValue) &* wordCount &+ index]
    }
}

extension FieldName {
    /// Which known name a name that is not empty is, its hash, and whether `_` or `.` stands for
    /// `-`.
    package static func identify(
        _ bytes: borrowing Span<UInt8>, _ name: ByteRange
    ) -> (id: FieldName, hash: UInt8, isDisguised: Bool) {
        let first = Word.lowerCased(withHyphens(word(0, of: bytes, name)))
        let offset = name.count > 16 ? name.count &- 8 : 8
        let second = Word.lowerCased(withHyphens(word(offset, of: bytes, name)))
        let hash = FieldNameIndex.hash(first, second, name.count)
        let entries = FieldNameIndex.entries
        let id = FieldNameIndex.find(hash, first, second, in: entries.span)
        guard id != .other, id.canonicalName.utf8CodeUnitCount == name.count else {
            return (.other, hash, false)
        }
        var isDisguised = false
        var index = 0
        while index &* 8 < name.count {
            let word = word(index &* 8, of: bytes, name)
            let plain = withHyphens(word)
            guard Word.lowerCased(plain) == FieldNameIndex.word(index, of: id) else {
                return (.other, hash, false)
            }
            if plain != word { isDisguised = true }
            index &+= 1
        }
        return (id, hash, isDisguised)
    }

    /// A hash that is equal for names that differ in case, or in `_` and `.` for `-`, alone.
    package static func hash(of bytes: borrowing Span<UInt8>, _ name: ByteRange) -> UInt8 {
        let second = name.count > 16 ? name.count &- 8 : 8
        return FieldNameIndex.hash(
            Word.lowerCased(withHyphens(word(0, of: bytes, name))),
            Word.lowerCased(withHyphens(word(second, of: bytes, name))),
            name.count)
    }

    /// Eight bytes of a name, zeros behind its end.
    private static func word(
        _ offset: Int, of bytes: borrowing Span<UInt8>, _ name: ByteRange
    ) -> UInt64 {
        let rest = name.count &- offset
        guard rest > 0 else { return 0 }
        let word = bytes.word(at: name.start &+ offset)
        return rest < 8 ? Word.prefix(word, rest) : word
    }

    private static func withHyphens(_ word: UInt64) -> UInt64 {
        let plain = Word.replacing(0x5f, with: 0x2d, in: word)
        return Word.replacing(0x2e, with: 0x2d, in: plain)
    }
}

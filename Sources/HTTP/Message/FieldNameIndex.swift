package import Bytes

/// Finds a known name by one multiplication per half of it and one comparison.
///
/// The hash takes a name's length, its first eight bytes and its next eight (of longer names the
/// last eight), in lower case; ``firstMultiplier`` and ``secondMultiplier`` were tried out until
/// all known names differed.
struct FieldNameIndex: Sendable {
    /// Words that a known name may take.
    static let wordCount = 5
    static let firstMultiplier: UInt64 = 0x7d84_9a70_b279_2281
    static let secondMultiplier: UInt64 = 0x05e8_0cc8_c7c3_ce0f

    /// By hash: the raw value of the only name that may have it.
    var candidates = InlineArray<256, UInt8>(repeating: 0)
    /// By raw value.
    var lengths = InlineArray<64, UInt8>(repeating: 0)
    /// Five words a name, in lower case, zeros behind the end.
    var words = InlineArray<320, UInt64>(repeating: 0)

    static let shared = FieldNameIndex()

    private init() {
        for name in FieldName.allCases where name != .other {
            let text = name.canonicalName
            let count = text.utf8CodeUnitCount
            let place = Int(name.rawValue)
            lengths[place] = UInt8(truncatingIfNeeded: count)
            for index in 0..<Self.wordCount {
                words[place * Self.wordCount + index] = Word.lowerCased(
                    Word.of(text, from: index * 8))
            }
            let first = Word.lowerCased(Word.of(text))
            let second = Word.lowerCased(Word.of(text, from: count > 16 ? count - 8 : 8))
            candidates[Int(Self.hash(first, second, count))] = name.rawValue
        }
    }

    /// The known name of at most sixteen bytes that these are, in lower case, or
    /// ``FieldName/other``.
    @inline(__always)
    func name(_ first: UInt64, _ second: UInt64, _ count: Int, _ hash: UInt8) -> FieldName {
        let candidate = Int(candidates[Int(hash)] & 63)
        guard words[candidate &* Self.wordCount] == first,
            words[candidate &* Self.wordCount &+ 1] == second, Int(lengths[candidate]) == count
        else { return .other }
        return FieldName(rawValue: UInt8(truncatingIfNeeded: candidate)) ?? .other
    }

    @inline(__always)
    static func hash(_ first: UInt64, _ second: UInt64, _ count: Int) -> UInt8 {
        let sum = first &* firstMultiplier &+ second &* secondMultiplier
        return UInt8(truncatingIfNeeded: sum &>> 56) &+ UInt8(truncatingIfNeeded: count)
    }
}

extension FieldName {
    /// Which known name this is, its hash, and whether it is spelt with `_` or `.` for `-`.
    ///
    /// - Parameter name: Within `bytes`, not empty.
    package static func identify(
        _ bytes: borrowing Span<UInt8>, _ name: ByteRange
    ) -> (id: FieldName, hash: UInt8, isDisguised: Bool) {
        let hash = hash(of: bytes, name)
        let candidate = FieldNameIndex.shared.candidates[Int(hash)]
        guard let id = FieldName(rawValue: candidate), id != .other,
            Int(FieldNameIndex.shared.lengths[Int(candidate)]) == name.count
        else { return (.other, hash, false) }
        var isDisguised = false
        for index in 0..<FieldNameIndex.wordCount {
            let word = word(index * 8, of: bytes, name)
            let plain = withHyphens(word)
            let known = FieldNameIndex.shared.words[
                Int(candidate) * FieldNameIndex.wordCount + index]
            guard Word.lowerCased(plain) == known else { return (.other, hash, false) }
            if plain != word { isDisguised = true }
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

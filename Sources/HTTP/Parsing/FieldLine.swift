import Bytes

/// Reads one field line: `name ":" OWS value OWS CRLF` (RFC 9112 §5).
///
/// There are two ways to read one. ``readCanonical(_:at:startingWith:_:)`` takes only what
/// well-behaved senders write and is fast; ``read(_:_:isFirst:)`` takes all that is allowed and
/// says what is wrong with the rest. What the first takes, the second reads alike.
enum FieldLine {
    /// Reads a line `name: value` of a plain name, one space, and a value of printable ASCII
    /// without white space around it.
    ///
    /// `start` is the start of a line, `word` the eight bytes there; `entries` are those of
    /// ``FieldNameIndex``.
    ///
    /// - Returns: `nil` if the line is anything else, or unfinished.
    @inline(__always)
    static func readCanonical(
        _ bytes: borrowing Span<UInt8>, at start: UInt32, startingWith word: UInt64,
        _ entries: borrowing Span<FieldNameIndex.Entry>
    ) -> Field? {
        let first: UInt64
        var second: UInt64 = 0
        let nameCount: Int
        let colons = Word.marks(of: Grammar.colon, in: word)
        if colons != 0 {
            nameCount = Word.firstMark(colons)
            first = Word.lowerCased(Word.prefix(word, nameCount))
        } else {
            let next = bytes.word(at: start &+ 8)
            let colons = Word.marks(of: Grammar.colon, in: next)
            guard colons != 0 else { return readLongName(bytes, at: start) }
            nameCount = 8 &+ Word.firstMark(colons)
            first = Word.lowerCased(word)
            second = Word.lowerCased(Word.prefix(next, nameCount &- 8))
        }
        let hash = FieldNameIndex.hash(first, second, nameCount)
        let id = FieldNameIndex.find(hash, first, second, in: entries)
        if id == .other {
            guard nameCount > 0, Word.isLowerCaseName(Word.padded(first, nameCount)),
                nameCount <= 8 || Word.isLowerCaseName(Word.padded(second, nameCount &- 8))
            else { return nil }
        }
        let end = start &+ UInt32(truncatingIfNeeded: nameCount)
        return readValue(bytes, ByteRange(start, end), id: id, hash: hash)
    }

    /// ``readCanonical(_:at:startingWith:_:)`` for names of sixteen bytes and more.
    @inline(never)
    private static func readLongName(_ bytes: borrowing Span<UInt8>, at start: UInt32) -> Field? {
        var place = start
        while true {
            let word = bytes.word(at: place)
            let colons = Word.marks(of: Grammar.colon, in: word)
            let count = Word.firstMark(colons)
            guard Word.isLowerCaseName(Word.lowerCased(Word.padded(word, count))) else {
                return nil
            }
            place &+= UInt32(truncatingIfNeeded: count)
            if colons != 0 { break }
        }
        let name = ByteRange(start, place)
        let (id, hash, _) = FieldName.identify(bytes, name)
        return readValue(bytes, name, id: id, hash: hash)
    }

    @inline(__always)
    private static func readValue(
        _ bytes: borrowing Span<UInt8>, _ name: ByteRange, id: FieldName, hash: UInt8
    ) -> Field? {
        let start = UInt32(truncatingIfNeeded: name.end &+ 2)
        var place = start &- 1
        var word = bytes.word(at: place)
        // One space, and no second one.
        guard word & 0xff == 0x20, word & 0xff00 != 0x2000 else { return nil }
        var stops = Word.marks(outside: 0x20, in: word)
        while stops == 0 {
            place &+= 8
            word = bytes.word(at: place)
            stops = Word.marks(outside: 0x20, in: word)
        }
        place &+= UInt32(truncatingIfNeeded: Word.firstMark(stops))
        // The value's last byte, or the space before an empty value, and what follows it.
        let end = bytes.word(at: place &- 1)
        guard end &>> 8 & 0xffff == UInt64(Grammar.crlf), end & 0xff != 0x20 || place == start
        else { return nil }
        return Field(
            name: name, value: ByteRange(start, place), id: id, hash: hash, traits: .canonical)
    }
}

extension FieldLine {
    /// Reads any line that is not empty, without its CR LF and with no control character but HTAB.
    @inline(never)
    static func read(
        _ bytes: borrowing Span<UInt8>, _ line: ByteRange, isFirst: Bool
    ) throws(WireError) -> Field {
        if Grammar.isSpace(bytes[line.start]) { throw isFirst ? .spaceBeforeFields : .foldedLine }
        var colon = line.start
        while colon < line.end, Grammar.token.contains(bytes[colon]) { colon &+= 1 }
        guard colon < line.end else { throw .colonMissing }
        guard bytes[colon] == Grammar.colon else { throw nameFault(bytes, line, at: colon) }
        guard colon > line.start else { throw .nameEmpty }
        let name = ByteRange(line.start, colon)
        let value = Grammar.trimmed(bytes, colon &+ 1, line.end)
        let (id, hash, isDisguised) = FieldName.identify(bytes, name)
        var traits: FieldTraits = isDisguised ? .disguised : []
        let hasOneSpace = value.start == colon &+ 2 && bytes[colon &+ 1] == Grammar.space
        if hasOneSpace, value.end == line.end { traits.insert(.canonical) }
        return Field(name: name, value: value, id: id, hash: hash, traits: traits)
    }

    /// What is wrong with a name that ends neither with the line nor at a colon.
    private static func nameFault(
        _ bytes: borrowing Span<UInt8>, _ line: ByteRange, at place: Int
    ) -> WireError {
        var next = place
        while next < line.end, Grammar.isSpace(bytes[next]) { next &+= 1 }
        let isColonNext = next > place && next < line.end && bytes[next] == Grammar.colon
        return isColonNext ? .spaceBeforeColon : .nameNotToken
    }
}

import Bytes

/// Reads one field line: `name ":" OWS value OWS CRLF` (RFC 9112 §5).
///
/// There are two ways to read one. ``readCanonical(_:at:startingWith:)`` takes only what
/// well-behaved senders write and is fast; ``read(_:_:isFirst:)`` takes all that is allowed and
/// says what is wrong with the rest. What the first takes, the second reads alike.
enum FieldLine {
    /// Reads a line `name: value` of a plain name, one space, and a value without HTAB or white
    /// space around it.
    ///
    /// - Parameters:
    ///   - start: The start of a line that is not empty.
    ///   - word: The eight bytes there.
    /// - Returns: `nil` if the line is anything else, or unfinished.
    @inline(__always)
    static func readCanonical(
        _ bytes: borrowing Span<UInt8>, at start: Int, startingWith word: UInt64
    ) -> Field? {
        let first: UInt64
        var second: UInt64 = 0
        let nameCount: Int
        let colons = Word.marks(of: Grammar.colon, in: word)
        if colons != 0 {
            nameCount = Word.firstMark(colons)
            guard nameCount > 0 else { return nil }
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
        let id = FieldNameIndex.shared.name(first, second, nameCount, hash)
        if id == .other {
            guard isPlain(first, nameCount), isPlain(second, nameCount &- 8) else { return nil }
        }
        return readValue(
            bytes, ByteRange(start: start, count: nameCount), id: id, hash: hash)
    }

    /// ``readCanonical(_:at:startingWith:)`` for names of sixteen bytes and more.
    @inline(never)
    private static func readLongName(_ bytes: borrowing Span<UInt8>, at start: Int) -> Field? {
        var place = start
        while true {
            let word = bytes.word(at: place)
            let colons = Word.marks(of: Grammar.colon, in: word)
            let count = Word.firstMark(colons)
            let part = colons == 0 ? word : Word.prefix(word, count)
            guard isPlain(Word.lowerCased(part), count) else { return nil }
            place &+= count
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
        var place = name.end &+ 1
        var word = bytes.word(at: place)
        // One space, and no second one.
        guard word & 0xff == 0x20, word & 0xff00 != 0x2000 else { return nil }
        var controls = Word.controls(in: word)
        while controls == 0 {
            place &+= 8
            word = bytes.word(at: place)
            controls = Word.controls(in: word)
        }
        place &+= Word.firstMark(controls)
        guard UInt16(truncatingIfNeeded: bytes.word(at: place)) == Grammar.crlf else { return nil }
        let value = ByteRange(name.end &+ 2, place)
        guard value.isEmpty || bytes[place &- 1] != Grammar.space else { return nil }
        return Field(name: name, value: value, id: id, hash: hash, traits: .canonical)
    }

    /// Whether the bytes of a word in lower case are letters, digits and hyphens.
    ///
    /// - Parameter count: How many of them belong to the name; none if not positive.
    @inline(__always)
    private static func isPlain(_ word: UInt64, _ count: Int) -> Bool {
        guard count > 0 else { return true }
        let padding = count < 8 ? ~Word.prefix(.max, count) & Word.repeating(0x61) : 0
        return Word.isLowerCaseName(word | padding)
    }
}

extension FieldLine {
    /// Reads any line.
    ///
    /// - Parameters:
    ///   - line: Without its CR LF; no control character but HTAB in it; not empty.
    ///   - isFirst: Whether it is the first field line.
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

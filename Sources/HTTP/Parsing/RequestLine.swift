import Bytes

/// Reads `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3).
///
/// As with ``FieldLine`` there are two ways: ``readCommon(_:at:into:)`` takes what nearly all
/// requests have, and ``read(_:_:into:)`` everything that is allowed.
enum RequestLine {
    /// Reads a line of a well-known method and a target in origin form.
    ///
    /// - Returns: Where the line's CR LF stands; `nil` if it is anything else or unfinished.
    @inline(__always)
    static func readCommon(
        _ bytes: borrowing Span<UInt8>, at start: Int, into head: inout RequestHead
    ) -> Int? {
        guard let (method, nameCount) = commonMethod(bytes.word(at: start)) else { return nil }
        let targetStart = UInt32(truncatingIfNeeded: start &+ nameCount &+ 1)
        var place = targetStart
        var word = bytes.word(at: place)
        guard UInt8(truncatingIfNeeded: word) == 0x2f else { return nil }
        var stops = targetStops(word) | Word.marks(of: 0x3f, in: word)
        while stops == 0 {
            place &+= 8
            word = bytes.word(at: place)
            stops = targetStops(word) | Word.marks(of: 0x3f, in: word)
        }
        place &+= UInt32(truncatingIfNeeded: Word.firstMark(stops))
        let queryStart = place
        if UInt8(truncatingIfNeeded: bytes.word(at: place)) == 0x3f {
            stops = targetStops(bytes.word(at: place))
            while stops == 0 {
                place &+= 8
                stops = targetStops(bytes.word(at: place))
            }
            place &+= UInt32(truncatingIfNeeded: Word.firstMark(stops))
        }
        // Zeros behind the end stop every search, and are no part of what is sought here.
        guard UInt8(truncatingIfNeeded: bytes.word(at: place)) == Grammar.space,
            let version = version(bytes.word(at: place &+ 1)),
            UInt16(truncatingIfNeeded: bytes.word(at: place &+ 9)) == Grammar.crlf
        else { return nil }
        head.method = method
        head.methodName = ByteRange(start: start, count: nameCount)
        head.version = version
        head.form = .origin
        head.path = ByteRange(targetStart, queryStart)
        head.query = ByteRange(queryStart, place)
        return Int(place &+ 9)
    }

    /// Marks what cannot stand in a target: all but printable ASCII, and `#`, which begins a
    /// fragment that no client may send (RFC 9110 §7.1).
    ///
    /// Raw spaces and bytes above 0x7e are read differently by different readers.
    @inline(__always)
    private static func targetStops(_ word: UInt64) -> UInt64 {
        Word.marks(outside: 0x21, in: word) | Word.marks(of: 0x23, in: word)
    }

    /// A method and the space behind it, and the length of its name.
    @inline(__always)
    private static func commonMethod(_ word: UInt64) -> (Method, Int)? {
        if Word.prefix(word, 4) == Word.of("GET ") { return (.get, 3) }
        if Word.prefix(word, 5) == Word.of("POST ") { return (.post, 4) }
        if Word.prefix(word, 4) == Word.of("PUT ") { return (.put, 3) }
        if Word.prefix(word, 5) == Word.of("HEAD ") { return (.head, 4) }
        if Word.prefix(word, 6) == Word.of("PATCH ") { return (.patch, 5) }
        if Word.prefix(word, 7) == Word.of("DELETE ") { return (.delete, 6) }
        if word == Word.of("OPTIONS ") { return (.options, 7) }
        return nil
    }

    @inline(__always)
    static func version(_ word: UInt64) -> HTTPVersion? {
        if word == Word.of("HTTP/1.1") { return .http11 }
        if word == Word.of("HTTP/1.0") { return .http10 }
        return nil
    }
}

extension RequestLine {
    /// Reads any line, without its CR LF and with no control character but HTAB in it.
    @inline(never)
    static func read(
        _ bytes: borrowing Span<UInt8>, _ line: ByteRange, into head: inout RequestHead
    ) throws(WireError) {
        let methodEnd = wordEnd(bytes, line.start, line.end)
        let name = ByteRange(line.start, methodEnd)
        guard !name.isEmpty else { throw .straySpace }
        guard Grammar.isToken(bytes, name) else { throw .methodNotToken }
        let targetEnd = wordEnd(bytes, methodEnd &+ 1, line.end)
        guard methodEnd < line.end, bytes[methodEnd] == Grammar.space else {
            throw methodEnd < line.end ? .straySpace : .targetMissing
        }
        let target = ByteRange(methodEnd &+ 1, targetEnd)
        guard !target.isEmpty else {
            throw methodEnd &+ 1 == line.end ? .targetMissing : .straySpace
        }
        guard targetEnd < line.end else { throw .versionMissing }
        guard bytes[targetEnd] == Grammar.space else { throw .straySpace }
        head.methodName = name
        head.method = Method.named(bytes, name)
        head.version = try readVersion(bytes, ByteRange(targetEnd &+ 1, line.end))
        try readTarget(bytes, target, into: &head)
    }

    /// The end of a run without white space, which may be empty.
    private static func wordEnd(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var place = start
        while place < end, !Grammar.isSpace(bytes[place]) { place &+= 1 }
        return min(place, end)
    }

    /// `HTTP-version` (RFC 9112 §2.3), case-sensitive.
    private static func readVersion(
        _ bytes: borrowing Span<UInt8>, _ text: ByteRange
    ) throws(WireError) -> HTTPVersion {
        for index in text.indices where Grammar.isSpace(bytes[index]) { throw .straySpace }
        guard text.count == 8 else {
            throw text.isEmpty ? .versionMissing : .versionMalformed
        }
        let word = bytes.word(at: text.start)
        if let version = version(word) { return version }
        guard Word.prefix(word, 5) == Word.of("HTTP/"), bytes[text.start &+ 6] == 0x2e,
            Grammar.isDigit(bytes[text.start &+ 5]), Grammar.isDigit(bytes[text.start &+ 7])
        else { throw .versionMalformed }
        throw .versionNotSpoken
    }
}

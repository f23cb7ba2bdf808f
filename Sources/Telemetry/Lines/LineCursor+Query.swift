import Bytes

/// Queries and referers, without the secrets in them.
extension LineCursor {
    /// Puts a query without its leading `?`; values of secret keys are `[redacted]`.
    ///
    /// - Returns: As for ``putPath(_:_:_:)``.
    @inline(__always)
    mutating func putQuery(
        _ source: LineSource, _ query: ByteRange, _ redaction: borrowing QueryRedaction
    ) -> Bool {
        var copy = self
        copy.isAltered = false
        source.withText(query) { copy.putWholeQuery($0, redaction) }
        self = copy
        return !copy.isAltered
    }

    /// Puts a path; what it holds of secret keys' values and of URLs' users is `[redacted]`.
    ///
    /// - Returns: Whether it stands there as it was sent, but for escapes and what was redacted.
    @inline(__always)
    mutating func putPath(
        _ source: LineSource, _ path: ByteRange, _ redaction: borrowing QueryRedaction
    ) -> Bool {
        if putUnmarked(source, path, bytesMax: TextLimit.path) { return true }
        var copy = self
        let isWhole = copy.putFound(source, path, TextLimit.path, .path, redaction)
        self = copy
        return isWhole
    }

    /// Puts a text of words that may hold URLs.
    ///
    /// - Returns: As for ``putPath(_:_:_:)``.
    @inline(__always)
    mutating func putWords(
        _ source: LineSource, _ text: ByteRange, bytesMax: Int,
        _ redaction: borrowing QueryRedaction
    ) -> Bool {
        if putUnmarked(source, text, bytesMax: bytesMax) { return true }
        var copy = self
        let isWhole = copy.putFound(source, text, bytesMax, .words, redaction)
        self = copy
        return isWhole
    }

    @inline(never)
    private mutating func putFound(
        _ source: LineSource, _ range: ByteRange, _ bytesMax: Int, _ ends: SecretFinder.Ends,
        _ redaction: borrowing QueryRedaction
    ) -> Bool {
        isAltered = false
        source.withText(range) { text in
            let end = shortenedEnd(of: text, to: bytesMax)
            putFound(text, 0, end, redaction, ends)
            endShortened(text, at: end)
        }
        return !isAltered
    }

    /// Puts a referer without its userinfo; values of secret keys in its query are `[redacted]`.
    ///
    /// - Returns: As for ``putPath(_:_:_:)``.
    @inline(__always)
    mutating func putReferer(
        _ source: LineSource, _ referer: ByteRange, _ redaction: borrowing QueryRedaction
    ) -> Bool {
        var copy = self
        copy.isAltered = false
        source.withText(referer) { copy.putWholeReferer($0, redaction) }
        self = copy
        return !copy.isAltered
    }

    /// Puts a URL; what it holds of secret keys' values and of users is `[redacted]`.
    mutating func putURL(_ url: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction) {
        let end = shortenedEnd(of: url, to: TextLimit.value)
        putFound(url, 0, end, redaction, .query)
        endShortened(url, at: end)
    }

    @inline(never)
    private mutating func putWholeQuery(
        _ query: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction
    ) {
        let start = query.count > 0 && query[0] == 0x3F ? 1 : 0
        let end = shortenedEnd(of: query, to: start &+ TextLimit.query)
        putParameters(query, start, end, redaction)
        endShortened(query, at: end)
    }

    /// Marks that a text was cut off at `end`, if it was.
    private mutating func endShortened(_ text: borrowing Span<UInt8>, at end: Int) {
        guard end < text.count else { return }
        put("…")
        isAltered = true
    }

    @inline(never)
    private mutating func putWholeReferer(
        _ referer: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction
    ) {
        let end = shortenedEnd(of: referer, to: TextLimit.referer)
        if isUnmarked(referer, to: end) {
            put(referer, 0, end)
            return endShortened(referer, at: end)
        }
        var query = firstIndex(in: referer, from: 0, to: end, of: 0x3F, 0x23, 0x40)
        var shown = 0
        if query < end, referer[query] == 0x40 {
            if let authority = authority(of: referer, end) {
                put(referer, 0, authority.start)
                shown = authority.hostStart
            }
            query = firstIndex(in: referer, from: shown, to: end, of: 0x3F, 0x23, 0x23)
        }
        if firstIndex(in: referer, from: shown, to: query, of: 0x25, 0x3D, 0x40) < query {
            putFound(referer, shown, query, redaction, .path)
        } else {
            put(referer, shown, query)
        }
        putParameters(referer, query, end, redaction)
        endShortened(referer, at: end)
    }

    /// Puts `start ..< end`, of which a secret key's value, up to the next `&`, is left out.
    ///
    /// Keys are looked for after `;`, `?`, `#` and a second `=` too, as some apps do.
    private mutating func putParameters(
        _ text: borrowing Span<UInt8>, _ start: Int, _ end: Int,
        _ redaction: borrowing QueryRedaction
    ) {
        // What is encoded, a URL within, or JSON asks for a closer look.
        if firstIndex(in: text, from: start, to: end, of: 0x25, 0x40, 0x7B) < end {
            return putFound(text, start, end, redaction, .query)
        }
        var shown = start
        var offset = start
        while true {
            offset = redaction.nextSecret(in: text, from: offset, to: end)
            if offset == end { break }
            put(text, shown, offset)
            put("[redacted]")
            while offset < end, text[offset] != 0x26 { offset &+= 1 }
            shown = offset
        }
        put(text, shown, end)
    }

    /// Puts `start ..< end` without what a closer look finds in it.
    private mutating func putFound(
        _ text: borrowing Span<UInt8>, _ start: Int, _ end: Int,
        _ redaction: borrowing QueryRedaction, _ ends: SecretFinder.Ends
    ) {
        var finder = SecretFinder(from: start, to: end, ends: ends)
        var shown = start
        while let secret = finder.next(in: text, redaction) {
            put(text, shown, secret.lowerBound)
            put("[redacted]")
            shown = secret.upperBound
        }
        put(text, shown, end)
    }

    private mutating func put(_ text: borrowing Span<UInt8>, _ start: Int, _ end: Int) {
        if start < end { putText(text.extracting(start..<end)) }
    }

    /// Where the authority after `//` begins, and where its host does, if it has a userinfo.
    private func authority(
        of url: borrowing Span<UInt8>, _ end: Int
    ) -> (start: Int, hostStart: Int)? {
        var offset = 0
        while offset &+ 1 < end, url[offset] != 0x2F || url[offset &+ 1] != 0x2F {
            offset &+= 1
        }
        let start = offset &+ 2
        var hostStart = start
        offset = start
        while offset < end {
            let byte = url[offset]
            if byte == 0x2F || byte == 0x3F || byte == 0x23 { break }
            offset &+= 1
            if byte == 0x40 { hostStart = offset }
        }
        return hostStart > start ? (start, hostStart) : nil
    }
}

/// Whether nothing need be left out of a referer, as of most: it has no `?`, `#`, `@`, `%` or `=`.
@inline(__always)
private func isUnmarked(_ text: borrowing Span<UInt8>, to end: Int) -> Bool {
    firstIndex(in: text, from: 0, to: end) { bytes in
        ((bytes ^ 0x3F) &- 1) | ((bytes ^ 0x23) &- 1) | ((bytes ^ 0x40) &- 1)
            | ((bytes ^ 0x25) &- 1) | ((bytes ^ 0x3D) &- 1)
    } isMark: {
        $0 == 0x3F || $0 == 0x23 || $0 == 0x40 || $0 == 0x25 || $0 == 0x3D
    } == end
}

/// The first index in `start ..< end`, which lie in the text, of one of three bytes; `end` without
/// one.
@inline(__always)
private func firstIndex(
    in text: borrowing Span<UInt8>, from start: Int, to end: Int,
    of first: UInt8, _ second: UInt8, _ third: UInt8
) -> Int {
    firstIndex(in: text, from: start, to: end) { bytes in
        ((bytes ^ first) &- 1) | ((bytes ^ second) &- 1) | ((bytes ^ third) &- 1)
    } isMark: {
        $0 == first || $0 == second || $0 == third
    }
}

/// The first index in `start ..< end`, which lie in the text, of a marked byte; `end` without one.
///
/// `marks` sets the high bit of each marked byte, and of some beyond ASCII, which `isMark` knows
/// better.
@inline(__always)
private func firstIndex(
    in text: borrowing Span<UInt8>, from start: Int, to end: Int,
    marks: (SIMD16<UInt8>) -> SIMD16<UInt8>, isMark: (UInt8) -> Bool
) -> Int {
    precondition(start >= 0 && end <= text.count, "a part of the text")
    var offset = start
    if end &- start >= 16 {
        offset = unsafe text.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return end }
            return unsafe skip(base, from: start, to: end, before: marks)
        }
    }
    while offset < end, !isMark(text[offset]) { offset &+= 1 }
    return offset
}

/// Skips bytes without marks, sixteen at a time.
///
/// `start` is at least 16 before `end`, which lies within the text.
/// What it returns is the first mark, or `end`.
@inline(__always)
private func skip(
    _ base: UnsafePointer<UInt8>, from start: Int, to end: Int,
    before marks: (SIMD16<UInt8>) -> SIMD16<UInt8>
) -> Int {
    let last = end &- 16
    var offset = start
    while true {
        let vector = unsafe UnsafeRawPointer(base + offset)
            .loadUnaligned(as: SIMD16<UInt8>.self)
        if let mark = firstMark(marks(vector)) { return offset &+ mark }
        if offset == last { return end }
        offset = min(offset &+ 16, last)
    }
}

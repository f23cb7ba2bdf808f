/// Queries and referers, without the secrets in them.
extension LineCursor {
    /// Puts a query, of at least one byte, without its leading `?`; values of secret keys are `[redacted]`.
    mutating func putQuery(
        _ query: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction, bytesMax: Int
    ) {
        let start = query[0] == 0x3F ? 1 : 0
        let end = min(query.count, start &+ bytesMax)
        putParameters(query, start, end, redaction)
        if end < query.count { put("…") }
    }

    /// Puts a referer without its userinfo; values of secret keys in its query are `[redacted]`.
    mutating func putReferer(
        _ referer: borrowing Span<UInt8>, _ redaction: borrowing QueryRedaction, bytesMax: Int
    ) {
        let end = min(referer.count, bytesMax)
        var offset = 0
        if let authority = authority(of: referer, end) {
            put(referer, 0, authority.start)
            offset = authority.hostStart
        }
        var query = offset
        while query < end, referer[query] != 0x3F, referer[query] != 0x23 { query &+= 1 }
        put(referer, offset, query)
        putParameters(referer, query, end, redaction)
        if end < referer.count { put("…") }
    }

    /// Puts `start ..< end`, of which a secret key's value, up to the next `&`, is left out.
    ///
    /// Keys are looked for after `;`, `?` and `#` too, as some apps do.
    private mutating func putParameters(
        _ text: borrowing Span<UInt8>, _ start: Int, _ end: Int,
        _ redaction: borrowing QueryRedaction
    ) {
        var shown = start
        var keyStart = start
        var offset = start
        while offset < end {
            let byte = text[offset]
            offset &+= 1
            switch byte {
            case 0x26, 0x3B, 0x3F, 0x23: keyStart = offset
            case 0x3D:
                let key = text.extracting(keyStart..<(offset &- 1))
                // A second `=` is part of a value: no key begins before it.
                keyStart = offset
                guard redaction.hides(key) else { continue }
                put(text, shown, offset)
                put("[redacted]")
                while offset < end, text[offset] != 0x26 { offset &+= 1 }
                shown = offset
            default: break
            }
        }
        put(text, shown, end)
    }

    private mutating func put(_ text: borrowing Span<UInt8>, _ start: Int, _ end: Int) {
        guard start < end else { return }
        putText(text.extracting(start..<end))
    }

    /// Where the authority after `//` begins, and where its host does, if it has a userinfo.
    private func authority(
        of url: borrowing Span<UInt8>, _ end: Int
    ) -> (start: Int, hostStart: Int)? {
        var offset = 0
        while offset &+ 1 < end, url[offset] != 0x2F || url[offset &+ 1] != 0x2F {
            if url[offset] == 0x3F || url[offset] == 0x23 { return nil }
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

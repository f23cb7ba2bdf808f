package import Bytes

/// `host [":" port]` as `Host` and the absolute target have it (RFC 9110 §7.2, RFC 3986 §3.2).
package enum Authority {
    /// Whether a run of bytes is a host that is not empty, with an optional port of 1 to 5 digits,
    /// at most 65535.
    package static func isValid(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard !range.isEmpty else { return false }
        if isPlainName(bytes, range) { return true }
        if bytes[range.start] == 0x5b { return isLiteral(bytes, range) }
        var place = range.start
        while place < range.end, Grammar.host.contains(bytes[place]) { place &+= 1 }
        guard place > range.start else { return false }
        return isPort(bytes, ByteRange(place, range.end))
    }

    /// Whether a run of bytes is letters, digits, hyphens and full stops, as most hosts are.
    @inline(__always) private static func isPlainName(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) -> Bool {
        if range.count < 8 {
            return isPlain(Word.padded(bytes.word(at: range.start), range.count))
        }
        var place = range.start
        while place < range.end &- 8 {
            guard isPlain(bytes.word(at: place)) else { return false }
            place &+= 8
        }
        return isPlain(bytes.word(at: range.end &- 8))
    }

    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        Word.isLowerCaseHost(Word.lowerCased(word))
    }

    /// Whether what follows a host is nothing, or a colon and a port.
    private static func isPort(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        if range.isEmpty { return true }
        guard bytes[range.start] == Grammar.colon, range.count >= 2, range.count <= 6 else {
            return false
        }
        var port = 0
        for index in range.start &+ 1..<range.end {
            guard Grammar.isDigit(bytes[index]) else { return false }
            // At most five digits: below 100 000.
            port = port &* 10 &+ Int(bytes[index] &- 0x30)
        }
        return port <= 65535
    }

    /// `[IPv6]` and an optional port; no zone, no future versions.
    private static func isLiteral(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        var close = range.start &+ 1
        while close < range.end, bytes[close] != 0x5d { close &+= 1 }
        guard close < range.end, isIPv6(bytes, ByteRange(range.start &+ 1, close)) else {
            return false
        }
        return isPort(bytes, ByteRange(close &+ 1, range.end))
    }

    /// RFC 3986 §3.2.2 `IPv6address`: eight groups of 1 to 4 digits, one run of which may be `::`,
    /// the last two of which may be an IPv4 address.
    static func isIPv6(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        var groupCount = 0
        var hasGap = false
        var place = range.start
        if isGap(bytes, place, range.end) {
            hasGap = true
            place &+= 2
        }
        while place < range.end {
            let start = place
            while place < range.end, Grammar.hexValue(bytes[place]) != nil { place &+= 1 }
            if place < range.end, bytes[place] == 0x2e {
                guard isIPv4(bytes, ByteRange(start, range.end)) else { return false }
                groupCount &+= 2
                break
            }
            guard place > start, place &- start <= 4 else { return false }
            groupCount &+= 1
            if place == range.end { break }
            if isGap(bytes, place, range.end) {
                guard !hasGap else { return false }
                hasGap = true
                place &+= 2
            } else {
                guard bytes[place] == Grammar.colon, place &+ 1 < range.end else { return false }
                place &+= 1
            }
        }
        return hasGap ? groupCount <= 7 : groupCount == 8
    }

    /// Whether `::` stands here, which is zeros for the groups that are missing.
    private static func isGap(_ bytes: borrowing Span<UInt8>, _ place: Int, _ end: Int) -> Bool {
        guard place &+ 1 < end else { return false }
        return bytes[place] == Grammar.colon && bytes[place &+ 1] == Grammar.colon
    }

    /// Four decimal numbers up to 255 without leading zeros.
    private static func isIPv4(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        var numberCount = 0
        var place = range.start
        while true {
            let start = place
            var number = 0
            while place < range.end, place &- start < 3, Grammar.isDigit(bytes[place]) {
                number = number &* 10 &+ Int(bytes[place] &- 0x30)
                place &+= 1
            }
            guard place > start, number <= 255 else { return false }
            guard bytes[start] != 0x30 || place &- start == 1 else { return false }
            numberCount &+= 1
            if place == range.end { return numberCount == 4 }
            guard bytes[place] == 0x2e, numberCount < 4 else { return false }
            place &+= 1
        }
    }
}

import Bytes

/// Reads the values of `X-Forwarded-*`, which no standard defines: as strictly as their writers
/// allow.
enum ForwardedText {
    /// The address of one hop: bare, `v4:port`, `[v6]` or `[v6]:port`, with or without a zone id.
    ///
    /// - Returns: `nil` for anything else, `unknown` and obfuscated names (RFC 7239 §6) included.
    static func address(_ bytes: borrowing Span<UInt8>, _ hop: ByteRange) -> IPAddress? {
        if let address = IPAddress(quad: bytes, hop) { return address }
        guard hop.count > 1 else { return nil }
        if bytes[hop.start] == 0x5b { return bracketed(bytes, hop) }
        var colons = 0
        var lastColon = hop.end
        for index in hop.indices where bytes[index] == 0x3a {
            colons += 1
            lastColon = index
        }
        if colons != 1 { return IPAddress(bytes, hop, zone: .dropped) }
        guard isPort(bytes, ByteRange(lastColon + 1, hop.end)) else { return nil }
        return IPAddress(quad: bytes, ByteRange(hop.start, lastColon))
    }

    private static func bracketed(
        _ bytes: borrowing Span<UInt8>, _ hop: ByteRange
    ) -> IPAddress? {
        var close = hop.start + 1
        while close < hop.end, bytes[close] != 0x5d { close += 1 }
        guard close < hop.end else { return nil }
        if close + 1 < hop.end {
            guard bytes[close + 1] == 0x3a, isPort(bytes, ByteRange(close + 2, hop.end))
            else { return nil }
        }
        let address = IPAddress(bytes, ByteRange(hop.start + 1, close), zone: .dropped)
        // `[1.2.3.4]` is nobody's spelling; a mapped address within brackets has colons.
        guard let address else { return nil }
        for index in hop.start + 1..<close where bytes[index] == 0x3a { return address }
        return nil
    }

    private static func isPort(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count > 0, range.count <= 5 else { return false }
        var port = 0
        for index in range.indices {
            guard let digit = ASCIIByte.decimalDigit(bytes[index]) else { return false }
            port = port * 10 + Int(digit)
        }
        return port <= 65_535
    }

    /// Whether the last scheme of the value is `https`, or `wss` as some peers say of a WebSocket.
    static func isSecure(scheme bytes: borrowing Span<UInt8>, _ value: ByteRange) -> Bool {
        let start = bytes.last(0x2c, in: value).map { $0 &+ 1 } ?? value.start
        let last = bytes.trimmed(ByteRange(start, value.end))
        guard last.count == 5 || last.count == 3 else { return false }
        let scheme = Word.lowered(Word.start(of: bytes.word(at: last.start), last.count))
        return scheme == https || scheme == wss
    }

    /// As words: the first letter is in the lowest byte.
    private static var https: UInt64 { 0x73_7074_7468 }
    private static var wss: UInt64 { 0x73_7377 }

    /// Whether the value is a host with or without a port, of at most 255 bytes: nothing in it can
    /// end a field, a URL's authority or an HTML attribute.
    static func isHost(_ bytes: borrowing Span<UInt8>, _ value: ByteRange) -> Bool {
        guard value.count > 0, value.count <= 255 else { return false }
        return bytes.holdsOnly(hostBytes, in: value)
    }

    /// Letters, digits and ``-._~:[]``.
    private static var hostBytes: ByteSet {
        ByteSet(low: 0x07ff_6000_0000_0000, high: 0x47ff_fffe_afff_fffe)
    }
}

import Bytes

/// Takes the host out of an authority.
enum RequestHost {
    /// The host without port and without one trailing dot, an IPv6 literal with its brackets.
    ///
    /// - Parameter authority: `host`, `host:port`, `[v6]` or `[v6]:port`, as the reader admitted
    ///   it.
    static func range(
        of authority: ByteRange, in bytes: borrowing Span<UInt8>
    ) -> ByteRange {
        var end = authority.end
        var index = authority.end
        while index > authority.start {
            index -= 1
            let byte = bytes[index]
            if byte == 0x3a {
                end = index
                break
            }
            guard ASCIIByte.decimalDigit(byte) != nil else { break }
        }
        if end > authority.start, bytes[end - 1] == 0x2e { end -= 1 }
        return ByteRange(authority.start, end)
    }
}

import Bytes

extension RequestLine {
    /// Reads a target in any of its forms (RFC 9112 §3.2).
    static func readTarget(
        _ bytes: borrowing Span<UInt8>, _ target: ByteRange, into head: inout RequestHead
    ) throws(WireError) {
        for index in target.indices {
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7f, byte != 0x23 else { throw .targetCharacter }
        }
        head.authority = .empty
        head.query = .empty
        if head.method == .connect {
            // RFC 9110 §9.3.6: host and port, and nothing else, go with CONNECT.
            throw isAuthorityForm(bytes, target) ? .authorityForm : .targetForm
        }
        if bytes[target.start] == 0x2f {
            head.form = .origin
            splitPath(bytes, target, into: &head)
        } else if target.count == 1, bytes[target.start] == 0x2a {
            // §3.2.4: the asterisk goes with OPTIONS alone.
            guard head.method == .options else { throw .targetForm }
            head.form = .asterisk
            head.path = target
        } else {
            head.form = .absolute
            try readAbsolute(bytes, target, into: &head)
        }
    }

    private static func isAuthorityForm(
        _ bytes: borrowing Span<UInt8>, _ target: ByteRange
    ) -> Bool {
        // The port is not optional here.
        guard Grammar.isDigit(bytes[target.end &- 1]) else { return false }
        return Authority.isValid(bytes, target)
    }

    /// Divides what begins with a path, or a query if the path is empty.
    private static func splitPath(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange, into head: inout RequestHead
    ) {
        var mark = range.start
        while mark < range.end, bytes[mark] != 0x3f { mark &+= 1 }
        head.path = ByteRange(range.start, mark)
        head.query = ByteRange(mark, range.end)
    }

    /// `scheme "://" authority path ["?" query]` (§3.2.2).
    private static func readAbsolute(
        _ bytes: borrowing Span<UInt8>, _ target: ByteRange, into head: inout RequestHead
    ) throws(WireError) {
        var colon = target.start
        while colon < target.end, bytes[colon] != Grammar.colon { colon &+= 1 }
        let start = colon &+ 3
        guard start <= target.end, bytes[colon &+ 1] == 0x2f, bytes[colon &+ 2] == 0x2f else {
            throw .targetForm
        }
        let scheme = ByteRange(target.start, colon)
        guard Grammar.matches(bytes, scheme, "http") || Grammar.matches(bytes, scheme, "https")
        else { throw .schemeNotSpoken }
        var end = start
        while end < target.end, bytes[end] != 0x2f, bytes[end] != 0x3f {
            guard bytes[end] != 0x40 else { throw .userInformation }
            end &+= 1
        }
        let authority = ByteRange(start, end)
        guard Authority.isValid(bytes, authority) else { throw .hostMalformed }
        head.authority = authority
        splitPath(bytes, ByteRange(end, target.end), into: &head)
    }
}

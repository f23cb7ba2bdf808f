import Bytes

/// A server as other servers name it.
package struct ServerName: Sendable, Hashable {
    /// An address, or a name; empty for the host of whoever named it.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, where the host of IPv6 has no brackets: the last colon counts.
    init?(hostAndPort text: borrowing Span<UInt8>, _ range: ByteRange) {
        guard range.count > 0, range.end <= text.count else { return nil }
        var colon = range.end - 1
        while colon > range.start, text[colon] != 0x3a { colon -= 1 }
        guard text[colon] == 0x3a,
            let port = Self.port(text, ByteRange(colon + 1, range.end)),
            let host = Self.host(text, ByteRange(range.start, colon))
        else { return nil }
        self.init(host: host, port: port)
    }

    /// A host's text: printable ASCII without spaces, at most 255 bytes, as names are.
    static func host(_ text: borrowing Span<UInt8>, _ range: ByteRange) -> String? {
        guard range.count <= 255 else { return nil }
        var host = ""
        for index in range.start..<range.end {
            guard (0x21...0x7e).contains(text[index]) else { return nil }
            host.unicodeScalars.append(Unicode.Scalar(text[index]))
        }
        // What a server says that does not know its own address.
        return host == "?" ? "" : host
    }

    /// 1 to 65 535 in decimal.
    static func port(_ text: borrowing Span<UInt8>, _ range: ByteRange) -> UInt16? {
        guard range.count >= 1, range.count <= 5 else { return nil }
        var port = 0
        for index in range.start..<range.end {
            guard (0x30...0x39).contains(text[index]) else { return nil }
            port = port * 10 + Int(text[index] - 0x30)
        }
        return port == 0 ? nil : UInt16(exactly: port)
    }
}

extension ServerName {
    /// Reads a sentinel's answer about a master: its address and port.
    ///
    /// `nil` also if the sentinel knows no such master.
    package init?(masterIn tape: ReplyTape) {
        guard tape.items.count == 3, case .array(count: 2) = tape.items[0],
            case .string(let hostRange) = tape.items[1],
            case .string(let portRange) = tape.items[2],
            let host = Self.host(tape.text.span, hostRange), !host.isEmpty,
            let port = Self.port(tape.text.span, portRange)
        else { return nil }
        self.init(host: host, port: port)
    }
}

/// What `ROLE` answers.
package enum ServerRole: Sendable, Equatable {
    case master
    /// A replica, a sentinel, or none of these.
    case other

    /// Reads the role, which comes first in the answer.
    package init(_ tape: ReplyTape) {
        guard case .array? = tape.items.first, tape.items.count > 1,
            case .string(let range) = tape.items[1],
            Array(tape.text[range.indices]) == Array("master".utf8)
        else {
            self = .other
            return
        }
        self = .master
    }
}

import Bytes

/// What a load balancer says of a connection before its first byte: a PROXY header of version 1 or
/// 2 (The PROXY protocol, HAProxy, revision of 2020).
package struct ProxyHeader: Sendable, Equatable {
    /// Whom the balancer's connection is for; `nil` leaves the socket's own peer: the balancer
    /// speaks for itself (`LOCAL`), does not know (`UNKNOWN`), or names no address.
    package let source: Peer?
    /// Bytes of the header; what follows is the client's.
    package let byteCount: Int

    package init(source: Peer?, byteCount: Int) {
        self.source = source
        self.byteCount = byteCount
    }

    /// The longest header that is read.
    ///
    /// Version 1 has 107 bytes at most, version 2 with addresses 232; the rest is for additions
    /// (TLVs), which are passed over.
    package static let byteCountMax = 4096

    /// Reads the header that the bytes begin with.
    ///
    /// - Returns: `nil` while it is not whole.
    /// - Throws: As soon as no more bytes could make it one.
    /// - Complexity: O(1) of the bytes of version 2; O(107) of version 1.
    package static func read(
        _ bytes: borrowing Span<UInt8>
    ) throws(ProxyHeaderError) -> ProxyHeader? {
        guard bytes.count > 0 else { return nil }
        return bytes[0] == 0x50 ? try readText(bytes) : try readBinary(bytes)
    }
}

/// Why bytes are no PROXY header; the connection is closed without an answer.
package enum ProxyHeaderError: Error, Equatable, CaseIterable, Sendable {
    /// Neither version's first bytes.
    case signatureMissing
    /// A line of version 1 that has no end within 107 bytes, or is not of the grammar.
    case lineMalformed
    /// Version 2 by its signature, but not by its number; or an unknown command or family.
    case kindUnknown
    /// A length below what the addresses take, or beyond what is read.
    case lengthOutOfBounds

    /// A stable token for logs.
    package var token: StaticString {
        switch self {
        case .signatureMissing: "proxy_header_missing"
        case .lineMalformed: "proxy_line_malformed"
        case .kindUnknown: "proxy_kind_unknown"
        case .lengthOutOfBounds: "proxy_length_out_of_bounds"
        }
    }
}

// MARK: - Version 1

extension ProxyHeader {
    private static let lineBytesMax = 107
    private static let textStart = Array("PROXY ".utf8)
    private static let unknown = Array("UNKNOWN".utf8)
    private static let four = Array("TCP4".utf8)
    private static let six = Array("TCP6".utf8)

    private static func readText(
        _ bytes: borrowing Span<UInt8>
    ) throws(ProxyHeaderError) -> ProxyHeader? {
        try expect(textStart, bytes)
        var end = 0
        while end < min(bytes.count, lineBytesMax - 1), bytes[end] != 0x0d { end += 1 }
        guard end < lineBytesMax - 1 else { throw .lineMalformed }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == 0x0a, end >= textStart.count else { throw .lineMalformed }
        let source = try source(bytes, ByteRange(textStart.count, end))
        return ProxyHeader(source: source, byteCount: end + 2)
    }

    /// Refuses bytes that do not begin with `start`, as far as they go.
    private static func expect(
        _ start: [UInt8], _ bytes: borrowing Span<UInt8>
    ) throws(ProxyHeaderError) {
        for index in 0..<min(start.count, bytes.count) where bytes[index] != start[index] {
            throw .signatureMissing
        }
    }

    /// Reads `TCP4 SOURCE DESTINATION PORT PORT`, or `UNKNOWN` and whatever follows it.
    private static func source(
        _ bytes: borrowing Span<UInt8>, _ line: ByteRange
    ) throws(ProxyHeaderError) -> Peer? {
        var place = line.start
        let family = word(bytes, &place, line.end)
        if bytes.holds(unknown.span, at: family) { return nil }
        let isFour = bytes.holds(four.span, at: family)
        guard isFour || bytes.holds(six.span, at: family) else {
            throw .lineMalformed
        }
        let source = address(bytes, word(bytes, &place, line.end), isFour)
        let target = address(bytes, word(bytes, &place, line.end), isFour)
        let sourcePort = port(bytes, word(bytes, &place, line.end))
        let targetPort = port(bytes, word(bytes, &place, line.end))
        guard let source, target != nil, let sourcePort, targetPort != nil, place == line.end + 1
        else { throw .lineMalformed }
        return .ip(source, port: sourcePort)
    }

    /// The bytes up to the next space, which is passed over; one behind the end is made of the end.
    private static func word(
        _ bytes: borrowing Span<UInt8>, _ place: inout Int, _ end: Int
    ) -> ByteRange {
        guard place <= end else { return .empty }
        let start = place
        while place < end, bytes[place] != 0x20 { place += 1 }
        let word = ByteRange(start, place)
        place += 1
        return word
    }

    private static func address(
        _ bytes: borrowing Span<UInt8>, _ text: ByteRange, _ isFour: Bool
    ) -> IPAddress? {
        if isFour { return IPAddress(quad: bytes, text) }
        for index in text.indices where bytes[index] == 0x3a { return IPAddress(bytes, text) }
        return nil
    }

    /// 0 to 65535, without leading zeros.
    private static func port(_ bytes: borrowing Span<UInt8>, _ text: ByteRange) -> UInt16? {
        guard text.count > 0, text.count <= 5 else { return nil }
        var port = 0
        for index in text.indices {
            guard let digit = ASCIIByte.decimalDigit(bytes[index]) else { return nil }
            if port == 0, index > text.start { return nil }
            port = port * 10 + Int(digit)
        }
        return UInt16(exactly: port)
    }
}

// MARK: - Version 2

extension ProxyHeader {
    private static let binaryStart: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    /// The signature, version and command, family and protocol, and the length of the rest.
    private static let fixedBytes = 16

    private static func readBinary(
        _ bytes: borrowing Span<UInt8>
    ) throws(ProxyHeaderError) -> ProxyHeader? {
        try expect(binaryStart, bytes)
        if bytes.count > 12 {
            guard bytes[12] == 0x20 || bytes[12] == 0x21 else { throw .kindUnknown }
        }
        guard bytes.count >= fixedBytes else { return nil }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard fixedBytes + length <= byteCountMax else { throw .lengthOutOfBounds }
        let isLocal = bytes[12] == 0x20
        // What a balancer says of its own connection is passed over, the family included.
        let addressBytes = isLocal ? 0 : try addressBytes(family: bytes[13])
        guard length >= addressBytes else { throw .lengthOutOfBounds }
        guard bytes.count >= fixedBytes + length else { return nil }
        let source = isLocal ? nil : source(bytes)
        return ProxyHeader(source: source, byteCount: fixedBytes + length)
    }

    /// Bytes that the addresses of a family take: of nothing, IPv4, IPv6 or a unix socket; of
    /// streams or datagrams.
    private static func addressBytes(family: UInt8) throws(ProxyHeaderError) -> Int {
        guard family & 0x0f <= 2 else { throw .kindUnknown }
        switch family >> 4 {
        case 0: return 0
        case 1: return 12
        case 2: return 36
        case 3: return 216
        default: throw .kindUnknown
        }
    }

    /// The source of a whole header; only that of a stream names a peer.
    private static func source(_ bytes: borrowing Span<UInt8>) -> Peer? {
        switch bytes[13] {
        case 0x11:
            let address = UInt32(truncatingIfNeeded: number(bytes, fixedBytes, 4))
            return .ip(IPAddress(v4: address), port: port(bytes, fixedBytes + 8))
        case 0x21:
            let high = number(bytes, fixedBytes, 8)
            let low = number(bytes, fixedBytes + 8, 8)
            return .ip(IPAddress(v6: high, low), port: port(bytes, fixedBytes + 32))
        default: return nil
        }
    }

    /// In network order.
    private static func number(
        _ bytes: borrowing Span<UInt8>, _ start: Int, _ count: Int
    ) -> UInt64 {
        var number: UInt64 = 0
        for index in start..<start + count { number = number << 8 | UInt64(bytes[index]) }
        return number
    }

    private static func port(_ bytes: borrowing Span<UInt8>, _ start: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: number(bytes, start, 2))
    }
}

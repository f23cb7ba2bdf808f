import Bytes

/// The line before a chunk's data: `1*HEXDIG [chunk-ext] CRLF` (RFC 9112 §7.1).
struct ChunkLine {
    /// Below 2⁶³; 0 for the last chunk.
    let size: UInt64
    /// The offset behind the line.
    let end: Int
    let extensionByteCount: Int

    /// Digits of a size, leading zeros included.
    static let digitCountMax = 16
    /// Bytes of a line's extensions.
    ///
    /// A line is consumed whole, so this bounds what must be kept.
    static let extensionBytesMax = 256

    /// Reads the line that begins at `start`, byte by byte: what is thrown depends on no byte
    /// behind the faulty one.
    ///
    /// - Returns: `nil` if the line is unfinished.
    static func read(
        _ bytes: borrowing Span<UInt8>, from start: Int
    ) throws(WireError) -> ChunkLine? {
        var size: UInt64 = 0
        var place = start
        while place < bytes.count, let digit = Grammar.hexValue(bytes[place]) {
            guard place &- start < digitCountMax else { throw .chunkSizeTooLarge }
            size = size << 4 | UInt64(digit)
            guard size <= UInt64(Int64.max) else { throw .chunkSizeTooLarge }
            place &+= 1
        }
        guard place < bytes.count else { return nil }
        guard place > start else { throw .chunkSizeMissing }
        let sizeEnd = place
        var state = ChunkExtensionState.behindValue
        while bytes[place] != Grammar.carriageReturn || !state.mayEnd {
            guard place &- sizeEnd < extensionBytesMax else {
                throw .chunkExtensionsTooLong(limit: extensionBytesMax)
            }
            guard let next = state.after(bytes[place]) else {
                throw bytes[place] == Grammar.lineFeed ? .bareLineFeed : .chunkExtensionMalformed
            }
            state = next
            place &+= 1
            guard place < bytes.count else { return nil }
        }
        guard place &+ 1 < bytes.count else { return nil }
        guard bytes[place &+ 1] == Grammar.lineFeed else { throw .bareCarriageReturn }
        return ChunkLine(size: size, end: place &+ 2, extensionByteCount: place &- sizeEnd)
    }
}

/// Where in `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` a reader is (RFC 9112
/// §7.1.1).
enum ChunkExtensionState {
    /// Behind the size or a whole extension.
    case behindValue
    case spaceBehindValue, behindSemicolon, inName, spaceBehindName, behindEquals
    case inToken, inQuotes, behindBackslash

    /// Whether CR LF may follow.
    var mayEnd: Bool {
        switch self {
        case .behindValue, .inName, .inToken: true
        case .spaceBehindValue, .behindSemicolon, .spaceBehindName, .behindEquals, .inQuotes,
            .behindBackslash:
            false
        }
    }

    /// - Returns: `nil` if the byte cannot stand here.
    func after(_ byte: UInt8) -> ChunkExtensionState? {
        switch (self, byte) {
        case (.inQuotes, 0x22): .behindValue
        case (.inQuotes, 0x5c): .behindBackslash
        case (.inQuotes, _), (.behindBackslash, _): Self.isQuotable(byte) ? .inQuotes : nil
        case (.behindSemicolon, 0x20), (.behindSemicolon, 0x09): .behindSemicolon
        case (.behindEquals, 0x20), (.behindEquals, 0x09): .behindEquals
        case (.behindEquals, 0x22): .inQuotes
        case (.behindEquals, _): Grammar.token.contains(byte) ? .inToken : nil
        case (.behindSemicolon, _): Grammar.token.contains(byte) ? .inName : nil
        case (_, 0x3b): .behindSemicolon
        case (.inName, 0x20), (.inName, 0x09): .spaceBehindName
        case (.spaceBehindName, 0x20), (.spaceBehindName, 0x09): .spaceBehindName
        case (.inName, 0x3d), (.spaceBehindName, 0x3d): .behindEquals
        case (_, 0x20), (_, 0x09): .spaceBehindValue
        case (.inName, _): Grammar.token.contains(byte) ? .inName : nil
        case (.inToken, _): Grammar.token.contains(byte) ? .inToken : nil
        default: nil
        }
    }

    /// HTAB and all from the space on but DEL (RFC 9110 §5.6.4).
    private static func isQuotable(_ byte: UInt8) -> Bool {
        byte == Grammar.tab || (byte >= 0x20 && byte != 0x7f)
    }
}

package import Bytes

/// The chunked coding (RFC 9112 §7.1), without extensions: a chunk is head, data, end.
extension Buffer {
    /// Appends the line before a chunk's data.
    ///
    /// - Parameter byteCount: Not 0, which would be the last chunk.
    package mutating func appendChunkHead(byteCount: Int) {
        assert(byteCount > 0, "an empty chunk ends the body")
        append(hexadecimal: UInt64(byteCount))
        appendLineEnd()
    }

    /// Appends the line end behind a chunk's data.
    package mutating func appendChunkEnd() {
        appendLineEnd()
    }

    /// Appends the last chunk and an empty trailer section: 5 bytes, the end of the body.
    package mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }

    /// Appends the last chunk with the trailer fields that ``BodyReader`` gave.
    package mutating func appendLastChunk(
        trailers: [Field], of bytes: borrowing Span<UInt8>
    ) {
        append("0\r\n")
        appendForwarded(trailers, of: bytes, except: [])
        appendLineEnd()
    }
}

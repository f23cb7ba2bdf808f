import Bytes

/// Finds a body's data in the bytes that arrive, and its end.
///
/// - Size: 24 bytes.
@usableFromInline package struct BodyReader: Sendable {
    @usableFromInline enum Stage: UInt8, Sendable {
        case length, untilClose, chunkHead, chunkData, chunkEnd, trailers, finished
    }

    /// Bytes of the body or of the chunk that have not been handed out.
    @usableFromInline var remaining: UInt64 = 0
    @usableFromInline var cursor = LineCursor(fieldsStart: 0)
    @usableFromInline var extensionByteCount: UInt16 = 0
    @usableFromInline var stage: Stage

    /// Chunk extensions of one body together; nobody needs any.
    static let extensionBytesMax = 4096
    /// What a trailer section may hold.
    ///
    /// Until it is whole nothing of it is consumed.
    static let trailerLimits = HeadLimits(
        startLineBytesMax: 0, fieldBytesMax: 8192, fieldCountMax: 32)

    /// - Parameter framing: As the head's reader settled it, for the request's method in case of a
    ///   response.
    @inlinable package init(_ framing: BodyFraming) {
        switch framing {
        case .none: stage = .finished
        case .length(let byteCount):
            remaining = byteCount
            stage = byteCount == 0 ? .finished : .length
        case .chunked: stage = .chunkHead
        case .untilClose: stage = .untilClose
        }
    }

    /// Whether the last byte of the body has been handed out.
    ///
    /// Never so for one that ends with the connection.
    @inlinable package var isFinished: Bool { if case .finished = stage { true } else { false } }

    /// Bytes that the length or the present chunk's size has announced and that have not been
    /// handed out; below 2⁶³.
    ///
    /// 0 where nothing is announced: between chunks, and for a body that ends with the connection.
    @inlinable package var announcedByteCount: UInt64 { remaining }

    /// Reads what stands next.
    ///
    /// - Parameters:
    ///   - bytes: From the first byte on that the caller was not told to forget.
    ///   - trailers: When a chunked body ends: the trailer fields that may be passed on, as ranges
    ///     into `bytes`.
    /// - Returns: What to do with the bytes.
    /// - Throws: What is wrong with a chunked body (RFC 9112 §7.1), in its first faulty byte.
    package mutating func read(
        _ bytes: borrowing Span<UInt8>, trailers: inout [Field]
    ) throws(WireError) -> BodyProgress {
        switch stage {
        case .finished: return .end(consumed: 0)
        case .length: return data(bytes, from: 0, then: .finished)
        case .untilClose:
            if bytes.isEmpty { return .needsMore(consumed: 0) }
            return .data(ByteRange(0, bytes.count))
        case .chunkHead, .chunkData, .chunkEnd, .trailers:
            return try readChunked(bytes, &trailers)
        }
    }

    /// Takes note that no bytes will come any more.
    ///
    /// - Throws: `.closedEarly` unless the body may end here.
    package func endOfInput() throws(WireError) {
        guard stage == .finished || stage == .untilClose else { throw .closedEarly }
    }

    /// Hands out as much data as there is.
    private mutating func data(
        _ bytes: borrowing Span<UInt8>, from offset: Int, then next: Stage
    ) -> BodyProgress {
        let count = min(remaining, UInt64(bytes.count &- offset))
        guard count > 0 else { return .needsMore(consumed: offset) }
        remaining &-= count
        if remaining == 0 { stage = next }
        return .data(ByteRange(start: offset, count: Int(count)))
    }

    private mutating func readChunked(
        _ bytes: borrowing Span<UInt8>, _ trailers: inout [Field]
    ) throws(WireError) -> BodyProgress {
        var offset = 0
        if stage == .chunkEnd {
            guard try isChunkEnd(bytes) else { return .needsMore(consumed: 0) }
            stage = .chunkHead
            offset = 2
        }
        if stage == .chunkHead {
            guard let line = try ChunkLine.read(bytes, from: offset) else {
                return .needsMore(consumed: offset)
            }
            try countExtensions(line.extensionByteCount)
            offset = line.end
            remaining = line.size
            stage = remaining == 0 ? .trailers : .chunkData
        }
        if stage == .chunkData { return data(bytes, from: offset, then: .chunkEnd) }
        guard let end = try readTrailers(bytes, from: offset, &trailers) else {
            return .needsMore(consumed: offset)
        }
        stage = .finished
        return .end(consumed: end)
    }

    /// Whether CR LF stands here; `false` if it may yet come.
    private func isChunkEnd(_ bytes: borrowing Span<UInt8>) throws(WireError) -> Bool {
        if bytes.isEmpty { return false }
        guard bytes[0] == Grammar.carriageReturn else { throw .chunkEndMissing }
        if bytes.count == 1 { return false }
        guard bytes[1] == Grammar.lineFeed else { throw .chunkEndMissing }
        return true
    }

    private mutating func countExtensions(_ byteCount: Int) throws(WireError) {
        let sum = Int(extensionByteCount) &+ byteCount
        guard sum <= Self.extensionBytesMax else {
            throw .chunkExtensionsTooLong(limit: Self.extensionBytesMax)
        }
        extensionByteCount = UInt16(truncatingIfNeeded: sum)
    }

    /// - Returns: The offset behind the empty line; `nil` if that has not come yet.
    private mutating func readTrailers(
        _ bytes: borrowing Span<UInt8>, from offset: Int, _ trailers: inout [Field]
    ) throws(WireError) -> Int? {
        trailers.removeAll(keepingCapacity: true)
        // Nearly all bodies end without trailers.
        if UInt16(truncatingIfNeeded: bytes.word(at: offset)) == Grammar.crlf {
            return offset &+ 2
        }
        var present: FieldNameSet = []
        if offset == 0, cursor.isResumed {
            let start = try cursor.resume(
                bytes, Self.trailerLimits, tooLong: .fieldsTooLarge(limit: 0))
            guard let start else { return nil }
            if start > 0 {
                let end = try cursor.readFields(
                    bytes, from: start, Self.trailerLimits, into: &trailers, &present)
                guard end != nil else { return nil }
                trailers.removeAll(keepingCapacity: true)
            }
        }
        var lines = LineCursor(fieldsStart: offset)
        let end = try lines.readFields(
            bytes, from: offset, Self.trailerLimits, into: &trailers, &present)
        guard let end else {
            // The caller forgets what stands before the trailers, so that they begin at 0 next
            // time.
            cursor = offset == 0 ? lines : LineCursor(fieldsStart: 0)
            return nil
        }
        TrailerRules.removeForbidden(bytes, &trailers)
        return end
    }
}

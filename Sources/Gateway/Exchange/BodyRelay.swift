import Bytes
import HTTP
import Linux
import Policy

/// One direction of an exchange's body: read off one wire, framed anew onto the other.
///
/// Large parts go from the source's buffer to the sink's socket without being copied; small ones
/// are gathered in the sink's output, so that many little chunks cost one write. Nothing is read
/// while the sink is full, so a slow reader slows its writer and nothing piles up.
struct BodyRelay {
    private var reader: BodyReader
    /// Decoded bytes at the front of the source's input whose framing is already in the sink's
    /// output.
    private var announced = 0
    private var isEnded: Bool
    private let leaves: BodyLeaves
    /// Whether the sink's connection ends with this body.
    private let isFinal: Bool
    /// Most body bytes that may pass; `nil` for no bound.
    private let bytesMax: UInt64?
    /// Body bytes taken off the source, framing left out.
    private(set) var byteCount: UInt64 = 0
    /// Where its bytes are looked through before they go out; ``BodyInspectors/none`` by its value,
    /// as asking for that is a call in every step of every body.
    var inspector = UInt32.max

    /// Parts below this are copied and sent together; above, a second write costs less than the
    /// copy.
    private static let copiedMax = 2048
    /// Room that one chunk's framing takes at most: a line end, 16 digits, a line end.
    private static let framingMax = 20
    /// Reads of one call, so that one fast stream leaves time for the other connections of the
    /// loop.
    private static let readsMax = 16

    /// - Parameters:
    ///   - framing: How the source frames the body.
    ///   - leaves: How the sink gets it.
    ///   - isFinal: Whether the sink is closed as soon as it has all of it.
    init(_ framing: BodyFraming, leaves: BodyLeaves, isFinal: Bool, bytesMax: UInt64?) {
        reader = BodyReader(framing)
        self.leaves = leaves
        self.isFinal = isFinal
        self.bytesMax = bytesMax
        isEnded = reader.isFinished
    }

    /// Also what is announced counts: a chunk that cannot pass whole is refused by its size.
    private var isTooLarge: Bool {
        guard let bytesMax else { return false }
        return byteCount > bytesMax || reader.announcedByteCount > bytesMax &- byteCount
    }

    /// Whether its bytes are looked through.
    var isInspected: Bool { inspector != .max }

    /// Whether the source holds nothing more of this body.
    var isSourceDone: Bool { isEnded && announced == 0 }

    /// Moves what can be moved now, and says why it stopped.
    mutating func advance(
        from source: inout Wire, to sink: inout Wire,
        by transport: inout some Transport & ~Copyable,
        _ pool: inout BufferPool, _ trailers: inout [Field], _ inspectors: inout BodyInspectors
    ) -> RelayStop {
        var readsLeft = Self.readsMax
        while true {
            if announced > 0 && !isTooLarge {
                if let stop = pass(from: &source, to: &sink, by: &transport, &pool) { return stop }
                continue
            }
            if isTooLarge { return .tooLarge }
            if isEnded { return flush(&sink, by: &transport, &pool) ?? .finished }
            if !source.input.isEmpty {
                do throws(WireError) {
                    switch try decode(from: &source, to: &sink, &pool, &trailers, &inspectors) {
                    case .progress: continue
                    case .needsMore: if isTooLarge { continue }
                    case .refused(let reason): return .refused(reason)
                    }
                } catch {
                    return .malformed(error)
                }
            }
            // What is complete goes out before waiting for more: events arrive as they are sent.
            if let stop = flush(&sink, by: &transport, &pool) { return stop }
            guard readsLeft > 0 else { return .hasMore }
            readsLeft -= 1
            if let stop = fill(from: &source, to: &sink, by: &transport, &pool) { return stop }
        }
    }
}

extension BodyRelay {
    /// Takes a body off a wire as far as it is there.
    ///
    /// - Returns: Whether that was all of it.
    static func skipBuffered(
        _ framing: BodyFraming, in source: inout Wire, _ trailers: inout [Field]
    ) -> Bool {
        var reader = BodyReader(framing)
        trailers.removeAll(keepingCapacity: true)
        while !reader.isFinished {
            let progress = try? source.input.withReadable {
                (bytes: borrowing Span<UInt8>) throws(WireError) -> BodyProgress in
                try reader.read(bytes, trailers: &trailers)
            }
            switch progress {
            case .data(let range): source.input.consume(range.end)
            case .end(let consumed): source.input.consume(consumed)
            case .needsMore, nil: return false
            }
        }
        return true
    }
}

/// How a body leaves: as it is (a length or the connection's end says where it ends), or in chunks.
enum BodyLeaves: Equatable { case plain, chunked }

/// Why a relay stopped.
enum RelayStop: Equatable {
    /// Every byte is with the kernel of the sink's side.
    case finished
    /// Its share of this turn is used up; there may be more to do at once.
    case hasMore
    /// Waits for the source to send.
    case sourceDry
    /// Waits for the sink to take.
    case sinkFull
    /// The source ended before its body did.
    case sourceEnded
    case sourceBroken(Errno)
    case sinkBroken(Errno)
    case malformed(WireError)
    case tooLarge
    /// What came must not go out: a rule of the route is broken. All of it is still in the source.
    case refused(RefusalReason)
}

extension BodyRelay {
    private enum Decoding {
        case progress
        /// More bytes must be read first.
        case needsMore
        case refused(RefusalReason)
    }

    /// Decodes the next part of the source's input.
    private mutating func decode(
        from source: inout Wire, to sink: inout Wire, _ pool: inout BufferPool,
        _ trailers: inout [Field], _ inspectors: inout BodyInspectors
    ) throws(WireError) -> Decoding {
        if !trailers.isEmpty { trailers.removeAll(keepingCapacity: true) }
        let progress = try source.input.withReadable {
            (bytes: borrowing Span<UInt8>) throws(WireError) -> BodyProgress in
            try reader.read(bytes, trailers: &trailers)
        }
        switch progress {
        case .needsMore(let consumed):
            source.input.consume(consumed)
            return .needsMore
        case .data(let range):
            source.input.consume(range.start)
            byteCount &+= UInt64(range.count)
            if isInspected,
                let reason = refusal(of: range.count, source.input, &inspectors)
            {
                return .refused(reason)
            }
            announced = range.count
            isEnded = reader.isFinished
            announceChunk(to: &sink, &pool)
        case .end(let consumed):
            if isInspected,
                let reason = refusal(of: 0, source.input, &inspectors)
            {
                return .refused(reason)
            }
            finishChunks(to: &sink, trailers, of: source, &pool)
            source.input.consume(consumed)
            isEnded = true
        }
        return .progress
    }

    /// Has the next `count` bytes looked through, and with the last ones the body as a whole.
    ///
    /// - Returns: Why none of them, and no end, may go out.
    private func refusal(
        of count: Int, _ input: borrowing Buffer, _ inspectors: inout BodyInspectors
    ) -> RefusalReason? {
        do throws(RefusalReason) {
            try input.withReadable { (bytes: borrowing Span<UInt8>) throws(RefusalReason) in
                try inspectors.read(bytes.extracting(first: count), at: inspector)
            }
            if reader.isFinished { try inspectors.finish(at: inspector) }
        } catch {
            return error
        }
        return nil
    }

    /// Hands announced bytes over.
    ///
    /// - Returns: `nil` if it made progress.
    private mutating func pass(
        from source: inout Wire, to sink: inout Wire,
        by transport: inout some Transport & ~Copyable,
        _ pool: inout BufferPool
    ) -> RelayStop? {
        let small = BufferPool.smallBytes - 2 * Self.framingMax
        if announced <= Self.copiedMax && sink.output.count + announced <= small {
            sink.openOutput(announced, from: &pool)
            sink.output.append(source.input, count: announced)
            source.input.consume(announced)
            announced = 0
        } else {
            sink.isLast = isFinal && isEnded
            switch sink.relay(announced, of: source.input, by: &transport, to: &pool) {
            case .bytes(let count):
                source.input.consume(count)
                announced -= count
            case .wouldBlock: return .sinkFull
            case .failed(let error): return .sinkBroken(error)
            case .ended: return .sinkBroken(.brokenPipe)
            }
        }
        if announced == 0 && leaves == .chunked {
            sink.openOutput(Self.framingMax, from: &pool)
            sink.output.append("\r\n")
        }
        return nil
    }

    /// Reads once.
    ///
    /// - Returns: `nil` if it made progress.
    private mutating func fill(
        from source: inout Wire, to sink: inout Wire,
        by transport: inout some Transport & ~Copyable,
        _ pool: inout BufferPool
    ) -> RelayStop? {
        switch source.receive(by: &transport, from: &pool) {
        case .bytes: return nil
        case .wouldBlock: return .sourceDry
        case .failed(let error): return .sourceBroken(error)
        case .ended:
            do throws(WireError) {
                try reader.endOfInput()
            } catch {
                return .sourceEnded
            }
            isEnded = true
            finishChunks(to: &sink, [], of: source, &pool)
            return nil
        case nil:
            // The reader bounds what it asks to see whole far below a buffer's size.
            return .sourceEnded
        }
    }

    private func flush(
        _ sink: inout Wire, by transport: inout some Transport & ~Copyable, _ pool: inout BufferPool
    ) -> RelayStop? {
        sink.isLast = isFinal && isEnded
        return switch sink.flush(by: &transport, to: &pool) {
        case nil, .bytes: nil
        case .wouldBlock: .sinkFull
        case .failed(let error): .sinkBroken(error)
        case .ended: .sinkBroken(.brokenPipe)
        }
    }

    private func announceChunk(to sink: inout Wire, _ pool: inout BufferPool) {
        guard leaves == .chunked else { return }
        sink.openOutput(Self.framingMax, from: &pool)
        sink.output.appendChunkHead(byteCount: announced)
    }

    private func finishChunks(
        to sink: inout Wire, _ trailers: [Field], of source: borrowing Wire,
        _ pool: inout BufferPool
    ) {
        guard leaves == .chunked else { return }
        // Trailers are bounded by their reader to 8 KiB.
        sink.openOutput(trailers.isEmpty ? Self.framingMax : 9 * 1024, from: &pool)
        source.input.withReadable { (bytes: borrowing Span<UInt8>) in
            sink.output.appendLastChunk(trailers: trailers, of: bytes)
        }
    }
}

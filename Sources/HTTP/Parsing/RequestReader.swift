import Bytes

/// Reads the heads of requests, one after the other, from bytes that arrive piece by piece.
///
/// - Size: 8 bytes, so that an idle connection costs next to nothing.
package struct RequestReader: Sendable {
    private var cursor = LineCursor()
    /// The content type that a TLS connection begins with (RFC 8446 §5.1).
    private static var handshakeRecord: UInt8 { 22 }

    package init() {}

    /// Reads a head.
    ///
    /// - Parameters:
    ///   - bytes: From the first byte of the message on; until the head is complete it only grows
    ///     from call to call. One empty line may precede the request (RFC 9112 §2.2) and counts as
    ///     part of the head.
    ///   - limits: Hold on a head that is not complete, too.
    ///   - head: Overwritten; of use only after `.complete`. The reader then begins anew.
    /// - Returns: Whether the head is there.
    /// - Throws: What is wrong. It does not depend on how the bytes were divided between calls.
    /// - Complexity: Linear in the bytes of a head, however many calls it takes.
    package mutating func read(
        _ bytes: borrowing Span<UInt8>, limits: HeadLimits, into head: inout RequestHead
    ) throws(WireError) -> HeadProgress {
        if cursor.isResumed {
            let tooLong = WireError.requestLineTooLong(limit: limits.startLineBytesMax)
            guard let start = try cursor.resume(bytes, limits, tooLong: tooLong) else {
                return .needsMore
            }
            if start > 0 {
                // The lines that are new; the whole head is read when it is there.
                head.fields.removeAll(keepingCapacity: true)
                let end = try cursor.readFields(
                    bytes, from: start, limits, into: &head.fields, &head.present)
                guard end != nil else { return .needsMore }
            }
            cursor = LineCursor()
        }
        return try readWhole(bytes, limits, into: &head)
    }

    private mutating func readWhole(
        _ bytes: borrowing Span<UInt8>, _ limits: HeadLimits, into head: inout RequestHead
    ) throws(WireError) -> HeadProgress {
        head.fields.removeAll(keepingCapacity: true)
        head.authority = .empty
        guard let lineEnd = try readLine(bytes, limits, into: &head) else { return .needsMore }
        cursor = LineCursor(fieldsStart: lineEnd &+ 2)
        head.present = []
        guard
            let end = try cursor.readFields(
                bytes, from: lineEnd &+ 2, limits, into: &head.fields, &head.present)
        else { return .needsMore }
        cursor = LineCursor()
        head.byteCount = end
        try RequestSemantics.settle(bytes, &head)
        return .complete
    }

    /// - Returns: Where the CR LF of the request line stands; `nil` if it is unfinished.
    @inline(__always) private mutating func readLine(
        _ bytes: borrowing Span<UInt8>, _ limits: HeadLimits, into head: inout RequestHead
    ) throws(WireError) -> Int? {
        let start = UInt16(truncatingIfNeeded: bytes.word(at: 0)) == Grammar.crlf ? 2 : 0
        let limit = min(limits.startLineBytesMax, LineCursor.startLineBytesMax)
        if let end = RequestLine.readCommon(bytes, at: start, into: &head), end &- start <= limit {
            return end
        }
        let end = bytes.firstControl(from: start)
        guard end &- start <= limit else {
            throw .requestLineTooLong(limit: limits.startLineBytesMax)
        }
        guard LineCursor.isDecided(bytes, end) else {
            cursor.suspend(at: end)
            return nil
        }
        guard UInt16(truncatingIfNeeded: bytes.word(at: end)) == Grammar.crlf else {
            // Browsers and scanners try https on any port: that is no attack of this protocol.
            if end == 0, bytes[0] == Self.handshakeRecord { throw .tlsHandshake }
            throw LineCursor.fault(bytes, at: end)
        }
        guard end > start else { throw .emptyLinesFirst }
        try RequestLine.read(bytes, ByteRange(start, end), into: &head)
        return end
    }
}

import Bytes

/// Reads the heads of responses, one after the other, from bytes that arrive piece by piece.
///
/// - Size: 8 bytes.
package struct ResponseReader: Sendable {
    private var cursor = LineCursor()

    package init() {}

    /// Reads a head, an interim one (1xx) as well as a final one.
    ///
    /// - Parameters:
    ///   - bytes: From the first byte of the message on; until the head is complete it only grows
    ///     from call to call. No empty line may precede it.
    ///   - method: Of the request that this answers: a response to HEAD has no body.
    ///   - limits: Hold on a head that is not complete, too.
    ///   - head: Overwritten; of use only after `.complete`. The reader then begins anew.
    /// - Returns: Whether the head is there.
    /// - Throws: What is wrong. It does not depend on how the bytes were divided between calls.
    package mutating func read(
        _ bytes: borrowing Span<UInt8>, to method: Method, limits: HeadLimits,
        into head: inout ResponseHead
    ) throws(WireError) -> HeadProgress {
        if cursor.isResumed {
            let tooLong = WireError.statusLineTooLong(limit: limits.startLineBytesMax)
            guard let start = try cursor.resume(bytes, limits, tooLong: tooLong) else {
                return .needsMore
            }
            if start > 0 {
                head.fields.removeAll(keepingCapacity: true)
                let end = try cursor.readFields(
                    bytes, from: start, limits, into: &head.fields, &head.present)
                guard end != nil else { return .needsMore }
            }
            cursor = LineCursor()
        }
        return try readWhole(bytes, method, limits, into: &head)
    }

    private mutating func readWhole(
        _ bytes: borrowing Span<UInt8>, _ method: Method, _ limits: HeadLimits,
        into head: inout ResponseHead
    ) throws(WireError) -> HeadProgress {
        head.fields.removeAll(keepingCapacity: true)
        guard let lineEnd = try readLine(bytes, limits, into: &head) else { return .needsMore }
        cursor = LineCursor(fieldsStart: lineEnd &+ 2)
        head.present = []
        guard
            let end = try cursor.readFields(
                bytes, from: lineEnd &+ 2, limits, into: &head.fields, &head.present)
        else { return .needsMore }
        cursor = LineCursor()
        head.byteCount = end
        let keys = KeyFields(head.fields)
        let length = try BodyFraming.settle(
            bytes, head.fields, head.present, keys, head.version)
        head.framing = Self.framing(of: head.status, to: method, length)
        head.options = try ConnectionOptions.fold(
            bytes, &head.fields, head.present, keys, ConnectionOptions.responseFields,
            head.version)
        if keys.lengthCount > 0, head.status < 200 || head.status == 204 {
            Self.withholdLength(&head)
        }
        return .complete
    }

    /// RFC 9110 §8.6: no length goes with 1xx and 204.
    ///
    /// Apps send `Content-Length: 0` all the same; it ends here, since a client might wait for a
    /// body of another length.
    private static func withholdLength(_ head: inout ResponseHead) {
        for place in head.fields.indices where head.fields[place].id == .contentLength {
            head.fields[place].traits.insert(.nominated)
        }
    }

    /// RFC 9112 §6.3: the method and the status go before what the fields say.
    private static func framing(
        of status: UInt16, to method: Method, _ length: BodyFraming?
    ) -> BodyFraming {
        if method.isHead || status < 200 || status == 204 || status == 304 { return .none }
        return length ?? .untilClose
    }

    /// - Returns: Where the CR LF of the status line stands; `nil` if it is unfinished.
    @inline(__always) private mutating func readLine(
        _ bytes: borrowing Span<UInt8>, _ limits: HeadLimits, into head: inout ResponseHead
    ) throws(WireError) -> Int? {
        let limit = min(limits.startLineBytesMax, LineCursor.startLineBytesMax)
        if let end = Self.readCommonLine(bytes, into: &head), end <= limit { return end }
        let end = bytes.firstControl(from: 0)
        guard end <= limit else { throw .statusLineTooLong(limit: limits.startLineBytesMax) }
        guard LineCursor.isDecided(bytes, end) else {
            cursor.suspend(at: end)
            return nil
        }
        guard UInt16(truncatingIfNeeded: bytes.word(at: end)) == Grammar.crlf else {
            throw LineCursor.fault(bytes, at: end)
        }
        try Self.readStatusLine(bytes, ByteRange(0, end), into: &head)
        return end
    }

    /// Reads a status line whose reason is printable ASCII, empty or not.
    ///
    /// - Returns: Where the line's CR LF stands; `nil` if it is anything else or unfinished. What
    ///   this takes, ``readStatusLine(_:_:into:)`` reads alike.
    @inline(__always)
    private static func readCommonLine(
        _ bytes: borrowing Span<UInt8>, into head: inout ResponseHead
    ) -> Int? {
        guard let version = RequestLine.version(bytes.word(at: 0)) else { return nil }
        // A space, three digits, a space; what begins behind them does not count.
        let word = bytes.word(at: 8)
        let digits = word &>> 8 & 0xff_ffff ^ 0x30_3030
        guard word & 0xff_0000_00ff == 0x20_0000_0020, Word.areDigits(digits) else { return nil }
        let status = (digits & 0xff) &* 100 &+ (digits &>> 8 & 0xff) &* 10 &+ digits &>> 16
        guard status >= 100 else { return nil }
        var place = 13
        var stops = Word.marks(outside: 0x20, in: bytes.word(at: place))
        while stops == 0 {
            place &+= 8
            stops = Word.marks(outside: 0x20, in: bytes.word(at: place))
        }
        // Zeros behind the end stop every search.
        place &+= Word.firstMark(stops)
        guard UInt16(truncatingIfNeeded: bytes.word(at: place)) == Grammar.crlf else { return nil }
        head.version = version
        head.status = UInt16(truncatingIfNeeded: status)
        head.reason = place > 13 ? ByteRange(13, place) : .empty
        return place
    }

    /// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4).
    ///
    /// Without a reason the second space may be missing, as it often is.
    private static func readStatusLine(
        _ bytes: borrowing Span<UInt8>, _ line: ByteRange, into head: inout ResponseHead
    ) throws(WireError) {
        guard line.count >= 12, let version = RequestLine.version(bytes.word(at: 0)),
            bytes[8] == Grammar.space
        else { throw .statusLineMalformed }
        var status: UInt16 = 0
        for index in 9..<12 {
            guard Grammar.isDigit(bytes[index]) else { throw .statusLineMalformed }
            status = status &* 10 &+ UInt16(bytes[index] &- 0x30)
        }
        guard status >= 100, line.count == 12 || bytes[12] == Grammar.space else {
            throw .statusLineMalformed
        }
        head.version = version
        head.status = status
        head.reason = line.count > 13 ? ByteRange(13, line.end) : .empty
    }
}

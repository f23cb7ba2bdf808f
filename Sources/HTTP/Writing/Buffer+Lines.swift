package import Bytes

/// Messages are written in one canonical form, whatever form they arrived in: `Name: value`, CR LF,
/// one space between the parts of a first line. An append that finds no room is remembered by the
/// buffer.
extension Buffer {
    /// Appends `METHOD target HTTP/1.1` in origin or asterisk form, with the client's bytes.
    ///
    /// `path` is the head's own, or what is left of it: a slash goes before it where none is.
    /// `bytes` is what the head was read from.
    package mutating func appendRequestLine(
        of head: borrowing RequestHead, path: ByteRange, in bytes: borrowing Span<UInt8>
    ) {
        append(bytes, head.methodName)
        append(Grammar.space)
        if path.isEmpty, head.query.isEmpty, head.form == .absolute, head.method == .options {
            // RFC 9112 §3.2.4: what `OPTIONS http://host` means to the server itself.
            append(0x2a)
        } else {
            let isSlashed = !path.isEmpty && bytes[path.start] == 0x2f
            if !isSlashed, head.form != .asterisk { append(0x2f) }
            // Mostly the query follows the path, and both are one copy.
            if head.query.start == path.end {
                append(bytes, ByteRange(path.start, head.query.end))
            } else {
                append(bytes, path)
                append(bytes, head.query)
            }
        }
        append(" HTTP/1.1\r\n")
    }

    /// Appends a status line with the reason phrase of ``StatusCode``.
    package mutating func appendStatusLine(_ status: UInt16) {
        append("HTTP/1.1 ")
        append(threeDigits: status)
        append(Grammar.space)
        append(StatusCode.reason(of: status))
        appendLineEnd()
    }

    /// Appends a status line with a reason phrase that was read with it, empty or not.
    package mutating func appendStatusLine(
        _ status: UInt16, reason: ByteRange, of bytes: borrowing Span<UInt8>
    ) {
        append("HTTP/1.1 ")
        append(threeDigits: status)
        append(Grammar.space)
        append(bytes, reason)
        appendLineEnd()
    }

    /// Appends a field line out of two literals.
    package mutating func appendField(name: StaticString, value: StaticString) {
        append(name)
        append(": ")
        append(value)
        appendLineEnd()
    }

    /// Appends a field whose value has no CR, LF and NUL: the caller answers for it.
    package mutating func appendField(name: StaticString, value: borrowing Span<UInt8>) {
        append(name)
        append(": ")
        append(value)
        appendLineEnd()
    }

    /// Appends a field whose value stands in a message that was read: it has no CR, LF and NUL.
    package mutating func appendField(
        name: StaticString, value: ByteRange, of bytes: borrowing Span<UInt8>
    ) {
        append(name)
        append(": ")
        append(bytes, value)
        appendLineEnd()
    }

    /// Appends a field whose value is a number, as `Content-Length` has it.
    package mutating func appendField(name: StaticString, decimal value: UInt64) {
        append(name)
        append(": ")
        append(decimal: value)
        appendLineEnd()
    }

    /// Appends a status code, 100 to 999.
    private mutating func append(threeDigits status: UInt16) {
        let (hundreds, rest) = UInt64(status).quotientAndRemainder(dividingBy: 100)
        let digits = hundreds | (rest / 10) << 8 | (rest % 10) << 16
        append(digits &+ 0x30_3030, bytes: 3)
    }

    /// Appends CR LF: behind a line, and once more behind a head.
    package mutating func appendLineEnd() {
        append("\r\n")
    }
}

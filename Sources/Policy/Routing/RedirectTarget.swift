package import Bytes
package import HTTP

/// A redirect's target, taken apart at load.
///
/// What the client sent goes into it as sent, but for bytes that a URL may not hold and a browser
/// could misread: those are escaped. The client's path can only follow the target's host, never
/// become one.
package struct RedirectTarget: Sendable {
    /// Of the answer: 301, 302, 303, 307 or 308.
    package let status: UInt16
    private var pieces: [Piece] = []
    /// What comes before the client's query: the target may have one of its own.
    private let querySeparator: UInt8

    private enum Piece: Sendable {
        case text([UInt8])
        case path
        /// The path at the start of the target, where two slashes would begin a host.
        case leadingPath
        case query
    }

    /// Takes the target apart at its `{path}`s and its fragment.
    package init(_ redirect: Redirect) {
        status = redirect.status
        let target = redirect.target.utf8.flatMap {
            URLByte.isKept($0) ? [$0] : URLByte.escaped($0)
        }
        let fragment = target.firstIndex(of: 0x23) ?? target.endIndex
        querySeparator = target[..<fragment].contains(0x3f) ? 0x26 : 0x3f
        append(target[..<fragment])
        pieces.append(.query)
        pieces.append(.text(Array(target[fragment...])))
    }

    /// Appends the field line `Location: …` with its line end.
    ///
    /// - Parameter bytes: What the head's ranges refer to.
    package func append(
        to buffer: inout Buffer, head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) {
        buffer.append("Location: ")
        for piece in pieces {
            switch piece {
            case .text(let text): buffer.append(text)
            case .path: appendPath(to: &buffer, bytes, from: head.path.start, head.path)
            case .leadingPath:
                var start = head.path.start
                while start + 1 < head.path.end, bytes[start + 1] == 0x2f { start += 1 }
                appendPath(to: &buffer, bytes, from: start, head.path)
            case .query:
                guard head.query.count > 1 else { continue }
                buffer.append(querySeparator)
                URLByte.append(
                    to: &buffer, bytes, ByteRange(head.query.start + 1, head.query.end))
            }
        }
        buffer.append("\r\n")
    }

    /// How long the line that ``append(to:head:in:)`` writes can be, in bytes.
    ///
    /// A target may repeat the client's path, so that a short request can ask for a long line.
    package func byteCountMax(
        for head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Int {
        let path = max(1, URLByte.count(bytes, head.path))
        var sum = "Location: \r\n".utf8.count
        for piece in pieces {
            switch piece {
            case .text(let text): sum += text.count
            case .path, .leadingPath: sum += path
            case .query: sum += URLByte.count(bytes, head.query)
            }
        }
        return sum
    }

    private func appendPath(
        to buffer: inout Buffer, _ bytes: borrowing Span<UInt8>, from start: Int, _ path: ByteRange
    ) {
        if path.isEmpty {
            buffer.append(0x2f)
        } else {
            URLByte.append(to: &buffer, bytes, ByteRange(start, path.end))
        }
    }

    /// Cuts a target at its `{path}`s.
    private mutating func append(_ target: ArraySlice<UInt8>) {
        let mark = Array("{path}".utf8)
        var rest = target
        while let start = rest.indices.first(where: { rest[$0...].starts(with: mark) }) {
            let text = Array(rest[..<start])
            if pieces.isEmpty, text.isEmpty || text == [0x2f] {
                pieces.append(.leadingPath)
            } else {
                pieces.append(.text(text))
                pieces.append(.path)
            }
            rest = rest[(start + mark.count)...]
        }
        pieces.append(.text(Array(rest)))
    }
}

/// Which bytes a URL in a field may hold as they are, and how the others are written.
enum URLByte {
    /// Everything printable but the quotes, brackets and backslash that readers stumble over.
    static func isKept(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x22, 0x3c, 0x3e, 0x5c, 0x60: false
        default: byte > 0x20 && byte < 0x7f
        }
    }

    static func escaped(_ byte: UInt8) -> [UInt8] {
        [0x25, digit(byte >> 4), digit(byte & 15)]
    }

    /// Whether a byte of the client's goes on as it is; a `#` of it would begin a fragment.
    private static func isPassed(_ byte: UInt8) -> Bool { isKept(byte) && byte != 0x23 }

    /// How many bytes ``append(to:_:_:)`` writes.
    static func count(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Int {
        var count = range.count
        for index in range.indices where !isPassed(bytes[index]) { count += 2 }
        return count
    }

    static func append(
        to buffer: inout Buffer, _ bytes: borrowing Span<UInt8>, _ range: ByteRange
    ) {
        for index in range.indices {
            let byte = bytes[index]
            if isPassed(byte) {
                buffer.append(byte)
            } else {
                buffer.append(0x25)
                buffer.append(digit(byte >> 4))
                buffer.append(digit(byte & 15))
            }
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x37 + nibble
    }
}

import Bytes

/// Finds `--boundary` in a part's content that comes in pieces, whatever the pieces.
///
/// It is looked for everywhere, not only behind CR LF: readers differ on what ends a line, and a
/// content that holds it elsewhere is read in two ways. Pieces are passed over by Horspool's table,
/// which looks at one byte in as many as the boundary has; their edges by Knuth, Morris and
/// Pratt's.
///
/// - Size: 400 bytes on the heap, allocated once for all bodies that use a place.
struct DelimiterSearch {
    private enum LineEnd: UInt8 { case none, carriageReturn, whole }

    /// 3 to 72 bytes.
    private(set) var needle: [UInt8] = []
    /// For each length of a partial match, the length of the next shorter one.
    private var fallbacks: [UInt8] = []
    /// By the byte under the needle's last one: how far the needle can move.
    private var steps: [UInt8] = []
    /// Bytes of the needle that the content ends in so far.
    private var matched = 0
    /// Whether the present match stands behind CR LF.
    private(set) var isAtLineStart = false
    /// What the content ended in before the present match.
    private var lineEnd = LineEnd.none

    /// Makes ready for a body.
    mutating func prepare(_ boundary: ByteRange, of bytes: borrowing Span<UInt8>) {
        needle.removeAll(keepingCapacity: true)
        needle.append(0x2d)
        needle.append(0x2d)
        for index in boundary.indices { needle.append(bytes[index]) }
        fallbacks.removeAll(keepingCapacity: true)
        fallbacks.append(0)
        var length = 0
        for index in 1..<needle.count {
            while length > 0, needle[index] != needle[length] {
                length = Int(fallbacks[length - 1])
            }
            if needle[index] == needle[length] { length += 1 }
            fallbacks.append(UInt8(truncatingIfNeeded: length))
        }
        steps.removeAll(keepingCapacity: true)
        let count = UInt8(truncatingIfNeeded: needle.count)
        for _ in 0..<256 { steps.append(count) }
        for index in 0..<needle.count - 1 {
            steps[Int(needle[index])] = count - 1 - UInt8(truncatingIfNeeded: index)
        }
    }

    /// Begins with a part's content: the CR LF of its head is none of the delimiter's.
    mutating func restart() {
        matched = 0
        isAtLineStart = false
        lineEnd = .none
    }

    /// - Returns: The offset behind the needle; `nil` if the piece does not complete it.
    mutating func find(in bytes: borrowing Span<UInt8>, from start: Int) -> Int? {
        var offset = start
        while offset < bytes.count {
            if matched == 0 {
                let next = candidate(in: bytes, from: offset)
                pass(bytes, from: offset, to: next)
                offset = next
                guard offset < bytes.count else { return nil }
            }
            step(bytes[offset])
            offset &+= 1
            if matched == needle.count { return offset }
        }
        return nil
    }

    /// The first place where the needle stands, or could stand if more bytes followed.
    private func candidate(in bytes: borrowing Span<UInt8>, from start: Int) -> Int {
        var offset = start
        let last = needle.count &- 1
        while offset &+ last < bytes.count {
            let byte = bytes[offset &+ last]
            if byte == needle[last],
                bytes.holds(needle.span, at: ByteRange(start: offset, count: needle.count))
            {
                return offset
            }
            offset &+= Int(steps[Int(byte)])
        }
        return offset
    }

    /// Takes note of bytes that no match begins in.
    private mutating func pass(_ bytes: borrowing Span<UInt8>, from start: Int, to end: Int) {
        for offset in max(start, end &- 2)..<end { note(bytes[offset]) }
    }

    private mutating func step(_ byte: UInt8) {
        while matched > 0, needle[matched] != byte {
            // The match now begins behind bytes of the needle, which holds no line ends.
            matched = Int(fallbacks[matched &- 1])
            isAtLineStart = false
            lineEnd = .none
        }
        guard needle[matched] == byte else { return note(byte) }
        if matched == 0 { isAtLineStart = lineEnd == .whole }
        matched &+= 1
    }

    private mutating func note(_ byte: UInt8) {
        switch byte {
        case 0x0d: lineEnd = .carriageReturn
        case 0x0a: lineEnd = lineEnd == .carriageReturn ? .whole : .none
        default: lineEnd = .none
        }
    }
}

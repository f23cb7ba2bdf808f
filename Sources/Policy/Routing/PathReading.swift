import Bytes

/// One way in which an app may read a path.
///
/// The gateway matches by ``decoded``; the others only
/// tell whether somebody behind it could see another route's path (docs/routing.md).
enum PathReading: CaseIterable {
    /// As sent.
    case raw
    /// Dot-segments removed, escapes kept.
    case resolved
    /// Escapes decoded once, then dot-segments removed (RFC 3986 §5.2.4): what routes match.
    case decoded
    /// As ``resolved`` by an app that merges slashes, turns backslashes, and cuts `;` parameters
    /// off.
    case laxResolved
    /// As ``decoded`` by such an app.
    case laxDecoded

    /// Whether a path of this shape may read differently this way than it does ``decoded``.
    func differs(in shape: PathShape) -> Bool {
        switch self {
        case .raw: shape.contains(.hiddenByte) || shape.contains(.dotSegment)
        case .resolved: shape.contains(.hiddenByte) && shape.contains(.dotSegment)
        case .decoded: false
        case .laxResolved: shape.contains(.laxity) && shape.contains(.hiddenByte)
        case .laxDecoded: shape.contains(.laxity)
        }
    }

    /// Writes this reading of a path whose ``PathShape`` was taken without a problem.
    ///
    /// - Parameters:
    ///   - range: Begins with a slash.
    ///   - output: At least as long as the range; begins with a slash afterwards.
    /// - Returns: Bytes written, at most as many as the range has.
    /// - Throws: `.aboveRoot` if a `..` has no segment to take back.
    func write(
        _ bytes: borrowing Span<UInt8>, _ range: ByteRange, to output: inout MutableSpan<UInt8>
    ) throws(PathProblem) -> Int {
        var writer = PathWriter(reading: self, output: &output)
        var index = range.start + 1
        while index < range.end {
            var byte = bytes[index]
            index += 1
            if byte == 0x25 {
                let value = try PathEscape.decoded(bytes, index, end: range.end)
                if decodes(value) {
                    byte = value
                    index += 2
                }
            } else if byte == 0x3b, isLax {
                // The parameter ends with its segment, whatever its escapes would stand for.
                while index < range.end, bytes[index] != 0x2f { index += 1 }
                continue
            }
            if byte == 0x2f || (byte == 0x5c && isLax) {
                try writer.endSegment(&output)
            } else {
                writer.append(byte, &output)
            }
        }
        return try writer.finish(&output)
    }

    fileprivate var isLax: Bool { self == .laxResolved || self == .laxDecoded }

    /// Whether an escape of this byte is decoded.
    ///
    /// One that has no other spelling always is, so that
    /// a route for `/café` takes what every client must send for it; a dot is where it may make a
    /// dot-segment.
    private func decodes(_ byte: UInt8) -> Bool {
        switch self {
        case .decoded, .laxDecoded: true
        case .raw: !PathEscape.hasOtherSpelling(byte)
        case .resolved, .laxResolved: byte == 0x2e || !PathEscape.hasOtherSpelling(byte)
        }
    }
}

/// Writes segments one after another and takes them back at `..` (RFC 3986 §5.2.4).
private struct PathWriter {
    private let reading: PathReading
    /// Bytes written; the last of them before `segment` is a slash.
    private var count = 1
    /// Where the segment being written began.
    private var segment = 1

    init(reading: PathReading, output: inout MutableSpan<UInt8>) {
        self.reading = reading
        output[0] = 0x2f
    }

    mutating func append(_ byte: UInt8, _ output: inout MutableSpan<UInt8>) {
        output[count] = byte
        count += 1
    }

    /// Settles the segment at its slash: kept, dropped, or taken back with the one before it.
    mutating func endSegment(_ output: inout MutableSpan<UInt8>) throws(PathProblem) {
        if reading.isLax, count == segment { return }
        if try resolved(output) { return }
        append(0x2f, &output)
        segment = count
    }

    /// Settles the last segment, which no slash follows.
    mutating func finish(_ output: inout MutableSpan<UInt8>) throws(PathProblem) -> Int {
        _ = try resolved(output)
        return count
    }

    /// Whether the segment was a dot-segment, which is gone then.
    private mutating func resolved(
        _ output: borrowing MutableSpan<UInt8>
    ) throws(PathProblem) -> Bool {
        let length = count - segment
        if reading == .raw || length == 0 || length > 2 { return false }
        if output[segment] != 0x2e || output[count - 1] != 0x2e { return false }
        count = segment
        if length == 1 { return true }
        guard segment > 1 else { throw .aboveRoot }
        segment -= 1
        while output[segment - 1] != 0x2f { segment -= 1 }
        count = segment
        return true
    }
}

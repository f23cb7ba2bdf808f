import Bytes

/// The origins of one policy, compiled: exact ones by length, the others by scheme and suffix.
///
/// Comparison is byte for byte, as a browser's own check of the answer is (Fetch §4.9): what a
/// browser would have spelt otherwise comes from no browser.
struct OriginTable: Sendable {
    let admitsAny: Bool
    private let admitsNull: Bool
    /// By rising length.
    private let exact: [[UInt8]]
    /// Where the exact origins of each length begin; one more entry for the end.
    private let starts: [Int]
    private let suffixes: [Suffix]

    fileprivate struct Suffix: Sendable {
        /// `https://`, and `.example.com` with a port that is not the default one: what stands
        /// around the labels.
        let text: [UInt8]
        /// Bytes of the first part.
        let prefixCount: Int
    }

    init(_ origins: [AllowedOrigin]) {
        var exact: [[UInt8]] = []
        var suffixes: [Suffix] = []
        for origin in origins {
            switch origin {
            case .any, .null: break
            case .exact(let text): exact.append(Array(text.utf8))
            case .below(let scheme, let suffix):
                let prefix = Array("\(scheme)://".utf8)
                suffixes.append(
                    Suffix(text: prefix + Array(suffix.utf8), prefixCount: prefix.count))
            }
        }
        exact.sort { $0.count < $1.count }
        let longest = exact.last?.count ?? 0
        starts = (0...longest + 1).map { length in
            exact.firstIndex { $0.count >= length } ?? exact.count
        }
        admitsAny = origins.contains(.any)
        admitsNull = origins.contains(.null)
        self.exact = exact
        self.suffixes = suffixes
    }

    /// Whether the origin at `range` is allowed; whatever stands there, if all are.
    func admits(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        if admitsAny { return true }
        if range.count &+ 1 < starts.count {
            for index in starts[range.count]..<starts[range.count &+ 1] {
                let origin = exact[index]
                if bytes.holds(origin.span, at: range) { return true }
            }
        }
        for suffix in suffixes where suffix.covers(bytes, range) { return true }
        return admitsNull && bytes.isNullOrigin(range)
    }
}

extension OriginTable.Suffix {
    /// Whether one or more whole labels stand between prefix and suffix, and nothing else.
    ///
    /// The suffix begins with a dot, so it meets the rest at the border of a label.
    fileprivate func covers(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        guard range.count > text.count, range.count <= CORSPolicy.originBytesMax else {
            return false
        }
        let text = text.span
        let labels = ByteRange(
            range.start &+ prefixCount, range.end &- (text.count &- prefixCount))
        return bytes.holds(
            text.extracting(0..<prefixCount), at: ByteRange(range.start, labels.start))
            && bytes.holds(
                text.extracting(prefixCount..<text.count), at: ByteRange(labels.end, range.end))
            && Self.areLabels(bytes, labels)
    }

    /// Lower-case letters, digits, `-` and `_`, in labels of 1 to 63.
    private static func areLabels(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        var length = 0
        for index in range.indices {
            switch bytes[index] {
            case 0x2e:
                if length == 0 { return false }
                length = 0
            case 0x61...0x7a, 0x30...0x39, 0x2d, 0x5f:
                length &+= 1
                if length > 63 { return false }
            default: return false
            }
        }
        return length > 0
    }
}

extension Span<UInt8> {
    /// Whether the literal `null` stands at `range`.
    func isNullOrigin(_ range: ByteRange) -> Bool {
        range.count == 4 && self[range.start] == 0x6e && self[range.start &+ 1] == 0x75
            && self[range.start &+ 2] == 0x6c && self[range.start &+ 3] == 0x6c
    }
}

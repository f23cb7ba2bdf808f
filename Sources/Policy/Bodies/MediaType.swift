import Bytes

/// A media type with its parameters (RFC 9110 §8.3.1), read in the one way that all readers share:
/// what some would read otherwise is not read at all.
struct MediaType {
    /// `type/subtype`, as sent.
    let name: ByteRange
    /// What stands behind it, from the first `;` on.
    private let rest: ByteRange

    /// - Parameter value: Of a field, without white space around it.
    /// - Returns: `nil` for what is no media type, or has malformed parameters.
    init?(_ bytes: borrowing Span<UInt8>, _ value: ByteRange) {
        var end = value.start
        while end < value.end, bytes[end] != 0x3b { end += 1 }
        name = bytes.trimmed(ByteRange(value.start, end))
        rest = ByteRange(end, value.end)
        var slash = name.start
        while slash < name.end, bytes[slash] != 0x2f { slash += 1 }
        guard slash < name.end, Parameters.isToken(bytes, ByteRange(name.start, slash)),
            Parameters.isToken(bytes, ByteRange(slash + 1, name.end))
        else { return nil }
        var parameters = Parameters(rest)
        while true {
            switch parameters.next(bytes) {
            case .parameter: continue
            case .end: return
            case .malformed: return nil
            }
        }
    }

    /// Whether the type is JSON's, or one of those that are written in it (RFC 6839 §3.1).
    func isJSON(_ bytes: borrowing Span<UInt8>) -> Bool {
        let suffix = Self.jsonSuffix
        if name.count > suffix.count {
            let end = ByteRange(name.end - suffix.count, name.end)
            if bytes.holdsFolded(suffix.span, at: end) { return true }
        }
        return bytes.holdsFolded(Self.json.span, at: name)
            || bytes.holdsFolded(Self.textJSON.span, at: name)
    }

    /// Whether the text has ASCII's bytes for ASCII's characters and for nothing else.
    func isUnicodeText(_ bytes: borrowing Span<UInt8>) -> Bool {
        var parameters = Parameters(rest)
        while case .parameter(let parameter) = parameters.next(bytes) {
            guard bytes.holdsFolded(Self.charset.span, at: parameter.name) else { continue }
            let isKnown = Self.charsets.contains {
                bytes.holdsFolded($0.span, at: parameter.value)
            }
            guard isKnown else { return false }
        }
        return true
    }

    /// The one `boundary` (RFC 2046 §5.1.1).
    ///
    /// - Throws: ``RefusalReason/multipartBoundary`` without one, with two, and for one that some
    ///   would cut short: with a space, or with other marks than it may have.
    func boundary(_ bytes: borrowing Span<UInt8>) throws(RefusalReason) -> ByteRange {
        var boundary: ByteRange?
        var parameters = Parameters(rest)
        while case .parameter(let parameter) = parameters.next(bytes) {
            // RFC 2231 has forms such as `boundary*0`, which some readers put together.
            for index in parameter.name.indices where bytes[index] == 0x2a {
                throw .multipartBoundary
            }
            guard bytes.holdsFolded(Self.boundary.span, at: parameter.name) else { continue }
            guard boundary == nil else { throw .multipartBoundary }
            boundary = parameter.value
        }
        guard let boundary, boundary.count >= 1, boundary.count <= Self.boundaryBytesMax else {
            throw .multipartBoundary
        }
        for index in boundary.indices where !Self.boundaryBytes.contains(bytes[index]) {
            throw .multipartBoundary
        }
        return boundary
    }

    static let boundaryBytesMax = 70
    /// `bcharsnospace`.
    private static let boundaryBytes = ByteSet(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=?")
    private static let json = Array("application/json".utf8)
    private static let textJSON = Array("text/json".utf8)
    private static let jsonSuffix = Array("+json".utf8)
    private static let charset = Array("charset".utf8)
    private static let boundary = Array("boundary".utf8)
    private static let charsets = ["utf-8", "utf8", "us-ascii"].map { Array($0.utf8) }
}

/// The parameters of a field's value, `; name=value`, one after another.
///
/// A quoted value may hold no backslash: to some readers it escapes the quote behind it, to others
/// it is a byte like any other.
struct Parameters {
    private var offset: Int
    private let end: Int

    struct Parameter {
        /// A token.
        let name: ByteRange
        /// A token, or what stands between the quotes, maybe nothing.
        let value: ByteRange
        let isQuoted: Bool
    }

    enum Reading {
        case parameter(Parameter)
        case end
        case malformed
    }

    /// - Parameter range: From the first `;` on, or empty.
    init(_ range: ByteRange) {
        offset = range.start
        end = range.end
    }

    mutating func next(_ bytes: borrowing Span<UInt8>) -> Reading {
        skipSpace(bytes)
        guard offset < end else { return .end }
        guard bytes[offset] == 0x3b else { return .malformed }
        offset += 1
        skipSpace(bytes)
        let name = takeToken(bytes)
        guard !name.isEmpty, offset < end, bytes[offset] == 0x3d else { return .malformed }
        offset += 1
        if offset < end, bytes[offset] == 0x22 {
            guard let value = takeQuoted(bytes) else { return .malformed }
            return .parameter(Parameter(name: name, value: value, isQuoted: true))
        }
        let value = takeToken(bytes)
        guard !value.isEmpty else { return .malformed }
        return .parameter(Parameter(name: name, value: value, isQuoted: false))
    }

    /// Whether a run of bytes, not empty, is a token (RFC 9110 §5.6.2).
    static func isToken(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        for index in range.indices where !token.contains(bytes[index]) { return false }
        return !range.isEmpty
    }

    private mutating func skipSpace(_ bytes: borrowing Span<UInt8>) {
        while offset < end, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
    }

    private mutating func takeToken(_ bytes: borrowing Span<UInt8>) -> ByteRange {
        let start = offset
        while offset < end, Self.token.contains(bytes[offset]) { offset += 1 }
        return ByteRange(start, offset)
    }

    /// - Returns: What stands between the quotes; `nil` if it could be read in two ways.
    private mutating func takeQuoted(_ bytes: borrowing Span<UInt8>) -> ByteRange? {
        offset += 1
        let start = offset
        while offset < end, bytes[offset] != 0x22 {
            let byte = bytes[offset]
            guard byte >= 0x20, byte != 0x7f, byte != 0x5c else { return nil }
            offset += 1
        }
        guard offset < end else { return nil }
        offset += 1
        return ByteRange(start, offset - 1)
    }

    private static let token = ByteSet(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
}

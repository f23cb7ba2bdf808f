import Bytes
import HTTP

/// One hop of a `Forwarded` field (RFC 7239 §4): what one proxy says of the peer that asked it.
struct ForwardedElement {
    /// `for`, if it is an address: neither `unknown` nor a made-up name (§6).
    private(set) var client: IPAddress?
    /// Whether `proto` is `https`; `nil` without one.
    private(set) var isSecure: Bool?
    /// `host`, if it is one; empty otherwise.
    private(set) var host = ByteRange.empty
    /// Bits of the parameters met, each of which may stand once.
    private var met: UInt8 = 0

    /// - Parameter range: Between two commas, or the ends of the line.
    /// - Returns: `nil` if it breaks the grammar; spaces around semicolons are let pass, as many
    ///   write them.
    init?(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) {
        var place = range.start
        while true {
            while place < range.end, ASCIIByte.isBlank(bytes[place]) { place += 1 }
            let name = ByteRange(place, Self.endOfToken(bytes, place, range.end))
            place = name.end
            if !name.isEmpty {
                guard place < range.end, bytes[place] == 0x3d,
                    let value = Self.value(bytes, ByteRange(place + 1, range.end)),
                    take(name, value, bytes)
                else { return nil }
                place = value.end
            }
            while place < range.end, ASCIIByte.isBlank(bytes[place]) { place += 1 }
            if place == range.end { return }
            guard bytes[place] == 0x3b else { return nil }
            place += 1
        }
    }

    /// Where the last element of a line begins, commas in quoted strings being part of one.
    ///
    /// Read from the right: what a trusted proxy appended is found whatever stands left of it.
    static func start(
        _ bytes: borrowing Span<UInt8>, from lineStart: Int, to end: Int
    ) -> Int {
        var place = end
        var isQuoted = false
        while place > lineStart {
            let byte = bytes[place - 1]
            if byte == 0x22, !isQuoted || !isEscaped(bytes, place - 1, lineStart) {
                isQuoted.toggle()
            } else if byte == 0x2c, !isQuoted {
                return place
            }
            place -= 1
        }
        return lineStart
    }

    /// Whether an odd number of backslashes stands before a byte.
    private static func isEscaped(
        _ bytes: borrowing Span<UInt8>, _ place: Int, _ lineStart: Int
    ) -> Bool {
        var start = place
        while start > lineStart, bytes[start - 1] == 0x5c { start -= 1 }
        return (place - start) & 1 == 1
    }

    /// A value, quotes included, and where its text is.
    private struct Value {
        let end: Int
        /// Without the quotes; `nil` for one with escapes, which no address or host needs.
        let text: ByteRange?
    }

    private static func value(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Value? {
        guard !range.isEmpty else { return nil }
        guard bytes[range.start] == 0x22 else {
            let end = endOfToken(bytes, range.start, range.end)
            guard end > range.start else { return nil }
            return Value(end: end, text: ByteRange(range.start, end))
        }
        var hasEscapes = false
        var place = range.start + 1
        while place < range.end, bytes[place] != 0x22 {
            if bytes[place] == 0x5c {
                hasEscapes = true
                place += 1
            }
            place += 1
        }
        guard place < range.end else { return nil }
        return Value(
            end: place + 1, text: hasEscapes ? nil : ByteRange(range.start + 1, place))
    }

    private static func endOfToken(
        _ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int
    ) -> Int {
        var place = start
        while place < end, token.contains(bytes[place]) { place += 1 }
        return place
    }

    /// RFC 9110 §5.6.2.
    private static let token = ByteSet(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// - Returns: Whether the parameter is the first of its name, as far as names matter here.
    private mutating func take(
        _ name: ByteRange, _ value: Value, _ bytes: borrowing Span<UInt8>
    ) -> Bool {
        let bit: UInt8
        // As words: the first letter is in the lowest byte.
        let word = Word.lowered(Word.start(of: bytes.word(at: name.start), name.count))
        switch name.count < 8 ? word : 0 {
        case 0x72_6f66:
            bit = 1
            client = value.text.flatMap { Self.address(bytes, $0) }
        case 0x6f_746f_7270:
            bit = 2
            if let text = value.text { isSecure = ForwardedText.isSecure(scheme: bytes, text) }
        case 0x7473_6f68:
            bit = 4
            if let text = value.text, ForwardedText.isHost(bytes, text) { host = text }
        default: return true
        }
        guard met & bit == 0 else { return false }
        met |= bit
        return true
    }

    /// `node` (§6): an IPv4 address or a bracketed IPv6 one, with or without a port.
    private static func address(_ bytes: borrowing Span<UInt8>, _ node: ByteRange) -> IPAddress? {
        guard !node.isEmpty else { return nil }
        var end = node.start
        if bytes[node.start] == 0x5b {
            while end < node.end, bytes[end] != 0x5d { end += 1 }
            guard end < node.end, isPort(bytes, ByteRange(end + 1, node.end)) else { return nil }
            let address = IPAddress(bytes, ByteRange(node.start + 1, end))
            guard let address else { return nil }
            // `[1.2.3.4]` is nobody's spelling; a mapped address has colons.
            for index in node.start + 1..<end where bytes[index] == 0x3a { return address }
            return nil
        }
        while end < node.end, bytes[end] != 0x3a { end += 1 }
        guard isPort(bytes, ByteRange(end, node.end)) else { return nil }
        return IPAddress(quad: bytes, ByteRange(node.start, end))
    }

    /// Nothing, or a colon with one to five digits or a made-up name (§6.3) behind it.
    private static func isPort(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> Bool {
        if range.isEmpty { return true }
        guard bytes[range.start] == 0x3a, range.count > 1 else { return false }
        let port = ByteRange(range.start + 1, range.end)
        if bytes[port.start] == 0x5f { return port.count > 1 && ForwardedText.isHost(bytes, port) }
        guard port.count <= 5 else { return false }
        for index in port.indices where ASCIIByte.decimalDigit(bytes[index]) == nil { return false }
        return true
    }
}

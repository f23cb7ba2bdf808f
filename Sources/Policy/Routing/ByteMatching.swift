import Bytes

extension Span<UInt8> {
    /// Whether exactly these bytes stand at `range`.
    func holds(_ expected: borrowing Span<UInt8>, at range: ByteRange) -> Bool {
        guard expected.count == range.count else { return false }
        let first = range.start
        for index in expected.indices where self[first + index] != expected[index] {
            return false
        }
        return true
    }

    /// Whether these bytes stand at `range` in any mixture of ASCII cases.
    ///
    /// - Parameter expected: In lower case.
    func holdsFolded(_ expected: borrowing Span<UInt8>, at range: ByteRange) -> Bool {
        guard expected.count == range.count else { return false }
        let first = range.start
        for index in expected.indices
        where ASCIIByte.lowered(self[first + index]) != expected[index] {
            return false
        }
        return true
    }

    /// `range` without the spaces and tabs at its ends (`OWS` of RFC 9110 §5.6.3).
    func trimmed(_ range: ByteRange) -> ByteRange {
        var start = range.start
        var end = range.end
        while start < end, ASCIIByte.isBlank(self[start]) { start += 1 }
        while end > start, ASCIIByte.isBlank(self[end - 1]) { end -= 1 }
        return ByteRange(start, end)
    }
}

/// The few facts of ASCII that matching needs.
enum ASCIIByte {
    static func lowered(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The value of a hexadecimal digit, 0 to 15.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    static func decimalDigit(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        return digit < 10 ? digit : nil
    }
}

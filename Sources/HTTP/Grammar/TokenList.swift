package import Bytes

/// Lists such as `websocket, foo/2` (RFC 9110 §5.6.1), compared element by element, whatever their
/// case.
package enum TokenList {
    /// Whether every element of one list stands in another.
    ///
    /// - Returns: `false` for a list without elements: it agrees to nothing.
    /// - Complexity: O(product of the lengths), on values that a head's limits bound.
    package static func isSubset(
        _ part: borrowing Span<UInt8>, _ partRange: ByteRange,
        of whole: borrowing Span<UInt8>, _ wholeRange: ByteRange
    ) -> Bool {
        var isAny = false
        var next = partRange.start
        while let element = element(of: part, from: &next, until: partRange.end) {
            guard contains(whole, wholeRange, part, element) else { return false }
            isAny = true
        }
        return isAny
    }

    /// Whether a list has this element.
    ///
    /// - Parameter token: In lower case.
    package static func contains(
        _ token: StaticString, _ list: borrowing Span<UInt8>, _ range: ByteRange
    ) -> Bool {
        var next = range.start
        while let element = element(of: list, from: &next, until: range.end) {
            guard element.count == token.utf8CodeUnitCount else { continue }
            var offset = 0
            while offset < element.count {
                let wanted = Word.of(token, from: offset)
                let byte = UInt64(lowerCased(list[element.start + offset]))
                guard wanted & 0xff == byte else { break }
                offset += 1
            }
            if offset == element.count { return true }
        }
        return false
    }

    private static func contains(
        _ list: borrowing Span<UInt8>, _ range: ByteRange, _ token: borrowing Span<UInt8>,
        _ tokenRange: ByteRange
    ) -> Bool {
        var next = range.start
        while let element = element(of: list, from: &next, until: range.end) {
            if isAlike(list, element, token, tokenRange) { return true }
        }
        return false
    }

    /// The next element that is not empty, without white space around it.
    private static func element(
        of list: borrowing Span<UInt8>, from next: inout Int, until end: Int
    ) -> ByteRange? {
        while next < end {
            var last = next
            while last < end, list[last] != 0x2c { last += 1 }
            var first = next
            next = last + 1
            while first < last, isSpace(list[first]) { first += 1 }
            while last > first, isSpace(list[last - 1]) { last -= 1 }
            if first < last { return ByteRange(first, last) }
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isAlike(
        _ one: borrowing Span<UInt8>, _ oneRange: ByteRange, _ other: borrowing Span<UInt8>,
        _ otherRange: ByteRange
    ) -> Bool {
        guard oneRange.count == otherRange.count else { return false }
        for index in 0..<oneRange.count
        where lowerCased(one[oneRange.start + index]) != lowerCased(other[otherRange.start + index])
        {
            return false
        }
        return true
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}

package import Bytes

/// A number, exact or not told at all: no value is ever a rounded one.
package struct JSONNumber: Sendable, Equatable {
    /// As written.
    package let range: ByteRange
    /// The number without its fraction, towards zero; `nil` if it has an exponent or is beyond
    /// ±(2⁵³ - 1), the whole numbers that every reader of JSON agrees about (RFC 7493 §2.2).
    package let whole: Int64?
    /// Whether digits behind the point say more than ``whole``.
    package let hasFraction: Bool

    /// The number as a whole one, if it is that.
    package var exact: Int64? { hasFraction ? nil : whole }

    /// The largest whole number that is not larger.
    package var roundedDown: Int64? {
        guard let whole else { return nil }
        return hasFraction && isNegative ? whole - 1 : whole
    }

    /// The smallest whole number that is not smaller.
    package var roundedUp: Int64? {
        guard let whole else { return nil }
        return hasFraction && !isNegative ? whole + 1 : whole
    }

    private let isNegative: Bool
    private static let wholeMax: Int64 = 1 << 53 - 1

    /// Reads a number at `offset`, which is then behind it.
    ///
    /// - Returns: `nil` if there is none by RFC 8259 §6: no leading zeros, no `+`, no bare point.
    init?(at offset: inout Int, _ end: Int, in bytes: borrowing Span<UInt8>) {
        let start = offset
        var place = offset
        func digit(_ place: Int) -> UInt8? {
            place < end ? ASCIIByte.decimalDigit(bytes[place]) : nil
        }
        isNegative = place < end && bytes[place] == 0x2d
        if isNegative { place &+= 1 }
        guard let first = digit(place) else { return nil }
        var value: Int64 = 0
        var isInRange = true
        while let next = digit(place) {
            // Below 10 · 2⁵³ + 9 at any time.
            if isInRange { value = value &* 10 &+ Int64(next) }
            if value > Self.wholeMax { isInRange = false }
            place &+= 1
            if first == 0 { break }
        }
        if digit(place) != nil { return nil }
        var hasFraction = false
        if place < end, bytes[place] == 0x2e {
            place &+= 1
            guard digit(place) != nil else { return nil }
            while let next = digit(place) {
                if next != 0 { hasFraction = true }
                place &+= 1
            }
        }
        if place < end, bytes[place] | 0x20 == 0x65 {
            isInRange = false
            place &+= 1
            if place < end, bytes[place] == 0x2b || bytes[place] == 0x2d { place &+= 1 }
            guard digit(place) != nil else { return nil }
            while digit(place) != nil { place &+= 1 }
        }
        range = ByteRange(start, place)
        whole = isInRange ? (isNegative ? -value : value) : nil
        self.hasFraction = hasFraction
        offset = place
    }
}

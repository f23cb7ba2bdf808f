/// Many address blocks, asked whether one of them holds an address.
///
/// The blocks are merged into disjoint ranges, each family by itself: an IPv4 address is in no IPv6
/// block, not even in `::/0`.
///
/// - Complexity: A question takes one comparison for each doubling of the number of ranges.
package struct AddressSet: Sendable {
    /// In ascending order, with a gap between any two.
    private let v4: [Bounds]
    private let v6: [Bounds]

    /// The first and the last address of a range.
    private struct Bounds: Sendable {
        var first: UInt128
        var last: UInt128
    }

    /// Merges the blocks, which may overlap, in any order.
    package init(_ blocks: [AddressBlock]) {
        v4 = Self.merged(blocks.filter { $0.network.family == .v4 }, bits: 32)
        v6 = Self.merged(blocks.filter { $0.network.family == .v6 }, bits: 128)
    }

    /// Whether one of the blocks holds the address.
    package func contains(_ address: IPAddress) -> Bool {
        let number = Self.number(address)
        switch address.family {
        case .v4: return Self.contains(v4, number)
        case .v6: return Self.contains(v6, number)
        }
    }

    private static func contains(_ ranges: [Bounds], _ number: UInt128) -> Bool {
        // Below `low` all ranges end before the number; from `high` on all end at it or behind it.
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].first <= number
    }

    private static func number(_ address: IPAddress) -> UInt128 {
        UInt128(address.high) << 64 | UInt128(address.low)
    }

    private static func merged(_ blocks: [AddressBlock], bits: Int) -> [Bounds] {
        var ranges: [Bounds] = []
        for block in blocks.sorted(by: { number($0.network) < number($1.network) }) {
            let first = number(block.network)
            // A shift by all 128 bits leaves 0.
            let last = first | UInt128.max >> UInt128(128 - bits + block.prefixBits)
            if let previous = ranges.last, first <= previous.last {
                ranges[ranges.count - 1].last = max(previous.last, last)
            } else {
                ranges.append(Bounds(first: first, last: last))
            }
        }
        return ranges
    }
}

/// An address block such as `10.0.0.0/8`.
package struct AddressBlock: Hashable, Sendable {
    /// The first address of the block: bits beyond the prefix are 0.
    package let network: IPAddress
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    package let prefixBits: Int

    /// - Parameter network: Without bits beyond the prefix.
    package init(network: IPAddress, prefixBits: Int) {
        self.network = network
        self.prefixBits = prefixBits
    }

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or an address alone, which is a block of its own.
    package init?(_ text: String) {
        guard let block = try? Self.parse(text) else { return nil }
        self = block
    }

    /// Whether the address is of the block's family and shares its prefix.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.family == network.family else { return false }
        let mask = Self.mask(network.family, prefixBits)
        return address.high & mask.high == network.high && address.low & mask.low == network.low
    }

    /// The bits of a prefix.
    private static func mask(
        _ family: IPAddress.Family, _ prefixBits: Int
    ) -> (high: UInt64, low: UInt64) {
        switch family {
        case .v4: (0, ~(UInt64(0xffff_ffff) >> UInt64(prefixBits)) & 0xffff_ffff)
        case .v6:
            // A shift by 64 or more gives 0, one by a negative number shifts the other way.
            (
                ~(UInt64.max >> UInt64(min(prefixBits, 64))),
                ~(.max >> UInt64(max(prefixBits - 64, 0)))
            )
        }
    }
}

/// Why a text is no address block; the configuration shows it.
package enum AddressBlockProblem: Error, Equatable {
    /// Neither an address nor an address, a slash and a number.
    case notABlock
    /// The number after the slash is more than the family has bits.
    case prefixTooLong(max: Int)
    /// The address has bits beyond the prefix; the block that was probably meant.
    case bitsBeyondPrefix(AddressBlock)
}

extension AddressBlock {
    /// Reads a block, or says what is wrong with it.
    package static func parse(_ text: String) throws(AddressBlockProblem) -> AddressBlock {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { throw .notABlock }
        // An IPv4-mapped block is written with the 96 bits before the IPv4 address.
        let mappedBits = address.family == .v4 && parts[0].contains(":") ? 96 : 0
        let bitsMax = address.family == .v4 ? 32 : 128
        guard parts.count == 2 else {
            return AddressBlock(network: address, prefixBits: bitsMax)
        }
        guard !parts[1].isEmpty, parts[1].utf8.count <= 3,
            parts[1].utf8.allSatisfy({ ASCIIByte.decimalDigit($0) != nil }),
            let written = Int(parts[1]), written >= mappedBits
        else { throw .notABlock }
        let bits = written - mappedBits
        guard bits <= bitsMax else { throw .prefixTooLong(max: bitsMax + mappedBits) }
        let mask = mask(address.family, bits)
        let network = IPAddress(
            family: address.family, high: address.high & mask.high, low: address.low & mask.low)
        let block = AddressBlock(network: network, prefixBits: bits)
        guard network == address else { throw .bitsBeyondPrefix(block) }
        return block
    }
}

extension AddressBlock: CustomStringConvertible {
    package var description: String { "\(network)/\(prefixBits)" }
}

/// An IPv4 or IPv6 address without port or zone.
///
/// An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address: a dual-stack socket says the
/// former for the latter.
package struct IPAddress: Hashable, Sendable {
    /// The family that the address was given in, mapped addresses being IPv4.
    package enum Family: UInt8, Sendable { case v4, v6 }

    /// Tells `0.0.0.1` and `::1` apart, whose words are the same.
    package let family: Family
    /// The first eight bytes of an IPv6 address, in network order; 0 for IPv4.
    package let high: UInt64
    /// The last eight bytes; for IPv4 the address in the low 32 bits.
    package let low: UInt64

    /// - Parameter address: In the order of the text: `10.0.0.1` is `0x0a00_0001`.
    package init(v4 address: UInt32) {
        family = .v4
        high = 0
        low = UInt64(address)
    }

    /// - Parameters:
    ///   - high: The first four groups, the first of them in the highest bits.
    ///   - low: The last four.
    package init(v6 high: UInt64, _ low: UInt64) {
        let isMapped = high == 0 && low >> 32 == 0xffff
        family = isMapped ? .v4 : .v6
        self.high = high
        self.low = isMapped ? low & 0xffff_ffff : low
    }

    /// An address from its words, a mapped one being IPv4 already.
    init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }
}

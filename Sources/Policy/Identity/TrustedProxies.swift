/// An address block such as `10.0.0.0/8`.
package struct AddressBlock: Hashable, Sendable {
    /// The first address of the block: bits beyond the prefix are 0.
    package let network: IPAddress
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    package let prefixBits: Int

    package init(network: IPAddress, prefixBits: Int) {
        self.network = network
        self.prefixBits = prefixBits
    }
}

/// Whose `X-Forwarded-*` and request ids are believed.
package struct TrustedProxies: Sendable, Equatable {
    package var blocks: [AddressBlock]
    /// Whether peers on a unix socket are trusted (`unix` in the list).
    package var trustsUnix: Bool

    package init(blocks: [AddressBlock], trustsUnix: Bool) {
        self.blocks = blocks
        self.trustsUnix = trustsUnix
    }
}

/// Whose `X-Forwarded-*` and request ids are believed, as configured.
package struct TrustedProxies: Sendable, Equatable {
    /// As configured; an empty list trusts no peer that has an address.
    package var blocks: [AddressBlock]
    /// Whether peers on a unix socket are trusted (`unix` in the list).
    package var trustsUnix: Bool

    package init(blocks: [AddressBlock], trustsUnix: Bool) {
        self.blocks = blocks
        self.trustsUnix = trustsUnix
    }
}

import Policy

/// `trusted_proxies`: whose word is taken for who the client is.
enum TrustedProxiesKey {
    enum Peer: Sendable {
        case block(AddressBlock)
        case unix
    }

    static let peers = Key(
        "trusted_proxies", Kind.list(peer, count: 0...10_000), default: [],
        "Peers whose X-Forwarded-* and X-Request-ID are believed: addresses, blocks, or unix")

    private static let peer = Kind<Peer>(
        .text(expected: "an address, a block such as 10.0.0.0/8, or unix", pattern: nil),
        format: { _ in nil }
    ) { text throws(Objection) in
        if text == "unix" { return .unix }
        if let address = IPAddress(text: text) {
            return .block(AddressBlock(network: address, prefixBits: address.family == .v4 ? 32 : 128))
        }
        guard let block = AddressBlock(text: text) else {
            throw Objection("is not an address, a block such as 10.0.0.0/8, or unix")
        }
        return .block(block)
    }

    static func make(_ peers: [Peer]) -> TrustedProxies {
        var proxies = TrustedProxies(blocks: [], trustsUnix: false)
        for peer in peers {
            switch peer {
            case .block(let block): proxies.blocks.append(block)
            case .unix: proxies.trustsUnix = true
            }
        }
        return proxies
    }
}

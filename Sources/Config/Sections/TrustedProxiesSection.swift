import Policy

/// `trusted_proxies`: whose word is taken for who the client is.
enum TrustedProxiesKey {
    enum Peer: Sendable {
        case block(AddressBlock)
        case unix
    }

    static let peers = Key(
        "trusted_proxies", Kind.list(peer.located, count: 0...10_000), default: [],
        "Peers whose X-Forwarded-* and X-Request-ID are believed: addresses, blocks, or unix")

    static let peer = Kind<Peer>(
        .text(expected: "an address, a block such as 10.0.0.0/8, or unix", pattern: nil),
        format: { _ in nil }, parse: parse)

    /// An address alone is a block of its own.
    private static func parse(_ text: String) throws(Objection) -> Peer {
        if text == "unix" { return .unix }
        return .block(
            try block(
                text, expected: "an address, a block such as 10.0.0.0/8, or unix",
                words: ["unix"]))
    }

    /// A block, or an address alone; `words` are what else the key takes.
    static func block(
        _ text: String, expected: String, words: [String] = []
    ) throws(Objection) -> AddressBlock {
        do throws(AddressBlockProblem) {
            return try AddressBlock.parse(text)
        } catch {
            switch error {
            case .notABlock:
                throw Objection(
                    "is not \(expected)", suggestion: Spelling.nearest(to: text, among: words))
            case .prefixTooLong(let max):
                throw Objection("has more than the \(max) bits of its address after the slash")
            case .bitsBeyondPrefix(let block):
                throw Objection("has bits of the address beyond the prefix", suggestion: "\(block)")
            }
        }
    }

    /// The proxies, with a warning for a block that holds every address.
    static func make(_ peers: [Located<Peer>], report: Report) -> TrustedProxies {
        var proxies = TrustedProxies(blocks: [], trustsUnix: false)
        for peer in peers {
            switch peer.value {
            case .block(let block):
                proxies.blocks.append(block)
                if block.prefixBits == 0 {
                    report.warning(
                        at: peer.position, peer.path,
                        "believes everybody: any client can then name the address it is taken for")
                }
            case .unix: proxies.trustsUnix = true
            }
        }
        return proxies
    }
}

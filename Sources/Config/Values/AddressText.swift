/// Reading of addresses until Policy has its own.

import Policy

extension IPAddress {
    init?(text: String) {
        if text == "::1" { self.init(v6: 0, 1); return }
        if text == "::" { self.init(v6: 0, 0); return }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4 else { return nil }
        self.init(v4: parts.reduce(0) { $0 << 8 | UInt32($1) })
    }
}
extension AddressBlock {
    init?(text: String) {
        let p = text.split(separator: "/")
        guard p.count == 2, let a = IPAddress(text: String(p[0])), let n = Int(p[1]) else { return nil }
        self.init(network: a, prefixBits: n)
    }
}

import Crypto

/// Keys that clients hold, by their digests.
final class APIKeyTable: Sendable {
    /// In UTF-8, in the order of the configuration.
    let names: [[UInt8]]
    /// 32 bytes for each key, one behind the other.
    private let digests: [UInt8]

    init(_ keys: [APIKeySetting]) {
        names = keys.map { Array($0.name.utf8) }
        digests = keys.flatMap(\.digest)
    }

    /// The one key of a route with a secret of its own.
    init(_ secret: Secret) {
        var digester = Digester()
        let digest = digester.digest(of: secret.bytes.span, .sha256)
        names = [[]]
        digests = (0..<digest.count).map { digest.bytes[$0] }
    }

    /// Looks a key up.
    ///
    /// All digests are compared, whichever fits: the time tells neither which it was nor, as
    /// digests have one length, how long a key is.
    ///
    /// - Returns: Index into ``names``.
    func name(of key: borrowing Span<UInt8>, _ digester: inout Digester) -> Int? {
        let digest = digester.digest(of: key, .sha256)
        let digests = digests
        let all = digests.span
        var found = -1
        for index in names.indices {
            let isKey = digest.isEqual(to: all.extracting(index &* 32..<index &* 32 &+ 32))
            let mask = isKey ? -1 : 0
            found = (found & ~mask) | (index & mask)
        }
        return found < 0 ? nil : found
    }
}

import Bytes
package import Crypto

/// Storage that deciding reuses from request to request; one a loop.
///
/// It grows to the longest path seen, which the head's limits bound, and never shrinks: no request
/// allocates once the longest has passed.
package struct PolicyScratch: ~Copyable {
    /// Holds one reading of a path at a time.
    var path: [UInt8]
    /// Holds the canonical text of a host that is an IPv6 literal.
    var host: Buffer
    /// What verifying credentials needs.
    var auth: AuthScratch
    /// Holds one part of a limit's key at a time.
    var limitValue = LimitKeyValue()

    /// Storage for paths of the default length.
    ///
    /// - Parameter tagKey: Known to nobody else, where requests of others are decided.
    package init(tagKey: SipHash.Key) {
        auth = AuthScratch(tagKey: tagKey)
        path = [UInt8](repeating: 0, count: Self.pathBytesAtStart)
        host = Buffer(capacity: 64)
    }

    /// The default limit of a request line.
    private static let pathBytesAtStart = 8192

    /// Makes room for a reading of a path of `byteCount` bytes.
    mutating func reservePath(_ byteCount: Int) {
        guard path.count < byteCount else { return }
        path.append(contentsOf: repeatElement(0, count: byteCount - path.count))
    }
}

/// A secret made ready for HMAC with one hash function (RFC 2104).
///
/// It can compute and compare codes and nothing else: there is no way from here to a public key,
/// nor from a public key to here.
package final class HMACKey: Sendable {
    package let algorithm: DigestAlgorithm
    /// The key, padded to a block, combined with the inner padding of 0x36.
    let inner: [UInt8]
    /// The same with the outer padding of 0x5c.
    let outer: [UInt8]
    /// Whether it could be made ready: codes by one that could not are equal to nothing.
    let isSound: Bool
    /// Digests that have begun with them, if that is SHA-256: what most providers sign with.
    let begun: (inner: SHA256State, outer: SHA256State)?

    /// - Parameter secret: Of any length; one longer than a block stands for its digest.
    package init(_ secret: [UInt8], _ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        var block = [UInt8](repeating: 0, count: algorithm.blockByteCount)
        if secret.count > block.count {
            var digester = Digester()
            let digest = digester.digest(of: secret.span, algorithm)
            // Else the padding alone would be the key, which everybody knows.
            isSound = digest.count > 0
            for index in 0..<digest.count { block[index] = digest.bytes[index] }
        } else {
            isSound = true
            for (index, byte) in secret.enumerated() { block[index] = byte }
        }
        inner = block.map { $0 ^ 0x36 }
        outer = block.map { $0 ^ 0x5c }
        begun = algorithm == .sha256 ? (SHA256State(inner), SHA256State(outer)) : nil
    }
}

extension HMACKey: CustomStringConvertible, CustomReflectable {
    /// Says nothing of the secret.
    package var description: String { "[redacted]" }
    /// Shows nothing of the secret either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

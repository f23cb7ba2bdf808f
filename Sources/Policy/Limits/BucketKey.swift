/// Whose bucket it is, within one limit: 128 bits that are the identity themselves.
///
/// An address is its bits; of longer material it is a tag by a key of the process, so that nobody
/// can make two that are equal.
package struct BucketKey: Sendable, Equatable, BitwiseCopyable {
    package let low: UInt64
    package let high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always) package static func == (one: BucketKey, other: BucketKey) -> Bool {
        one.low == other.low && one.high == other.high
    }

    /// Where in a table the key belongs: a folded product, which depends on every bit of key and
    /// secret.
    ///
    /// Who does not know the secret cannot choose keys that crowd in one place.
    @inline(__always) func place(by secret: (UInt64, UInt64)) -> UInt64 {
        let product = (low ^ secret.0).multipliedFullWidth(by: high ^ secret.1)
        return product.high ^ product.low
    }
}

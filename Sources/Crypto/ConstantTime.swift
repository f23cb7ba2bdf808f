import COpenSSL

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether two runs of bytes are the same, in a time that depends on their lengths alone
    /// (CRYPTO_memcmp(3)).
    ///
    /// - Returns: `false` for different lengths, and for two that are empty: nothing proves
    ///   nothing.
    package static func areEqual(
        _ left: borrowing Span<UInt8>, _ right: borrowing Span<UInt8>
    ) -> Bool {
        guard left.count == right.count, !left.isEmpty else { return false }
        let difference = unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                // Safety: both are of the length that was just compared.
                unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count)
            }
        }
        return difference == 0
    }
}

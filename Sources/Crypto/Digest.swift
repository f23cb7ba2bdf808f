/// A hash function of FIPS 180-4.
package enum DigestAlgorithm: UInt8, CaseIterable, Sendable {
    /// For providers of webhooks that know no other; within an HMAC it is still sound.
    case sha1
    case sha256, sha384, sha512

    /// Bytes of a digest.
    package var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// Bytes that the function takes at once: the length of an HMAC's padded key.
    var blockByteCount: Int {
        switch self {
        case .sha1, .sha256: 64
        case .sha384, .sha512: 128
        }
    }

    /// As libcrypto calls it.
    var name: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}

/// A digest or a code of authentication.
///
/// - Invariant: bytes from `count` on are 0. `count` is 0 if libcrypto refused to compute it, which
///   equals nothing (``ConstantTime/areEqual(_:_:)``).
package struct Digest: Sendable {
    package let bytes: InlineArray<64, UInt8>
    /// 0 to 64.
    package let count: Int

    package init(bytes: InlineArray<64, UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Whether it is exactly these bytes, in a time that depends on their number alone.
    package func isEqual(to other: borrowing Span<UInt8>) -> Bool {
        ConstantTime.areEqual(bytes.span.extracting(0..<count), other)
    }

    /// Eight of its bytes as a number, for tables; `word` is 0 to 7.
    package func word(_ word: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<8 { value = value &<< 8 | UInt64(bytes[word &* 8 &+ index]) }
        return value
    }
}

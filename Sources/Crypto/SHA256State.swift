import COpenSSL

/// A SHA-256 that is under way: a value, which can be kept and gone on from twice.
///
/// libcrypto's own function below its EVP layer, which allocates for each digest and cannot be
/// copied without allocating (SHA256_Init(3)).
///
/// - Safety: the functions write to the context and to 32 bytes of output, both of which are lent
///   to them for the call, and fail for no argument of ours.
@safe struct SHA256State: BitwiseCopyable {
    private var context = SHA256_CTX()

    /// Begins a digest.
    init() { unsafe SHA256_Init(&context) }

    /// Begins a digest of these bytes and more.
    init(_ bytes: [UInt8]) {
        self.init()
        add(bytes.span)
    }

    mutating func add(_ bytes: borrowing Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
        }
    }

    /// Ends the digest; what is left is of no more use.
    mutating func finish() -> Digest {
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { output in
            _ = unsafe SHA256_Final(output.baseAddress, &context)
        }
        return Digest(bytes: bytes, count: 32)
    }
}

import COpenSSL

/// Computes digests and HMACs, one after the other; one a loop.
///
/// - Safety: Each context is allocated once, freed in `deinit`, and passed to libcrypto alone. The
///   type cannot be copied, so that no two calls use a context at once.
@safe package struct Digester: ~Copyable {
    /// One for each algorithm, by its raw value: a context that changes its algorithm allocates.
    ///
    /// `nil` without memory: asked for again when it is needed.
    private var contexts: InlineArray<4, OpaquePointer?>
    private var algorithm = DigestAlgorithm.sha256
    /// The digest that is under way, if that is SHA-256.
    private var state = SHA256State()
    /// Whether every step since ``begin(_:)`` succeeded.
    private var isSound = false

    /// Allocates the contexts.
    package init() {
        unsafe contexts = .init { _ in unsafe EVP_MD_CTX_new() }
    }

    deinit {
        for index in 0..<4 { unsafe EVP_MD_CTX_free(contexts[index]) }
    }

    /// The digest of some bytes.
    package mutating func digest(
        of bytes: borrowing Span<UInt8>, _ algorithm: DigestAlgorithm
    ) -> Digest {
        begin(algorithm)
        add(bytes)
        return finish()
    }

    /// The HMAC of some bytes (RFC 2104 §2).
    package mutating func authenticate(_ bytes: borrowing Span<UInt8>, by key: HMACKey) -> Digest {
        begin(key)
        add(bytes)
        return finish(key)
    }

    /// Begins the HMAC of a message that comes in parts; ended by ``finish(_:)`` with the same key.
    package mutating func begin(_ key: HMACKey) {
        if let begun = key.begun {
            algorithm = .sha256
            state = begun.inner
            return
        }
        begin(key.algorithm)
        let inner = key.inner
        add(inner.span)
        isSound = isSound && key.isSound
    }

    /// Ends what ``begin(_:)`` with this key began.
    package mutating func finish(_ key: HMACKey) -> Digest {
        let inner = finish()
        guard inner.count > 0 else { return inner }
        if let begun = key.begun {
            state = begun.outer
            state.add(inner.bytes.span.extracting(0..<inner.count))
            return state.finish()
        }
        begin(key.algorithm)
        let outer = key.outer
        add(outer.span)
        add(inner.bytes.span.extracting(0..<inner.count))
        return finish()
    }

    /// Begins a digest (EVP_DigestInit(3)).
    package mutating func begin(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        if case .sha256 = algorithm {
            state = SHA256State()
            return
        }
        let index = Int(algorithm.rawValue)
        if unsafe contexts[index] == nil { unsafe contexts[index] = unsafe EVP_MD_CTX_new() }
        guard let context = unsafe contexts[index],
            let function = unsafe FetchedDigests.function(algorithm)
        else {
            isSound = false
            return
        }
        isSound = unsafe EVP_DigestInit_ex2(context, function, nil) == 1
    }

    /// Adds the next part of what is digested.
    package mutating func add(_ bytes: borrowing Span<UInt8>) {
        if case .sha256 = algorithm { return state.add(bytes) }
        guard isSound, let context = unsafe contexts[Int(algorithm.rawValue)] else { return }
        isSound = unsafe bytes.withUnsafeBytes { bytes in
            unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        }
    }

    /// Ends a digest; one of no bytes if libcrypto refused anything since its beginning.
    package mutating func finish() -> Digest {
        if case .sha256 = algorithm { return state.finish() }
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        if isSound, let context = unsafe contexts[Int(algorithm.rawValue)] {
            isSound = unsafe span.withUnsafeMutableBufferPointer { output in
                // Safety: no function of ours has more than 64 bytes (EVP_MAX_MD_SIZE).
                unsafe EVP_DigestFinal_ex(context, output.baseAddress, nil) == 1
            }
        }
        guard isSound else {
            ERR_clear_error()
            return Digest(bytes: .init(repeating: 0), count: 0)
        }
        isSound = false
        return Digest(bytes: bytes, count: algorithm.byteCount)
    }
}

/// The hash functions, looked up once: looking one up by name costs more than a short digest.
enum FetchedDigests {
    /// By the algorithms' raw values.
    ///
    /// Safety: written once before anybody reads it, never freed, and immutable to libcrypto.
    private nonisolated(unsafe) static let all: InlineArray<4, OpaquePointer?> = unsafe .init {
        unsafe fetch(DigestAlgorithm.allCases[$0])
    }

    /// `nil` for what this libcrypto does not offer, or has no memory for.
    static func function(_ algorithm: DigestAlgorithm) -> OpaquePointer? {
        unsafe all[Int(algorithm.rawValue)] ?? fetch(algorithm)
    }

    /// What is fetched again is the same, counted once more.
    private static func fetch(_ algorithm: DigestAlgorithm) -> OpaquePointer? {
        unsafe EVP_MD_fetch(nil, algorithm.name, nil)
    }
}

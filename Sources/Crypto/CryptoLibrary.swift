import COpenSSL

/// The OpenSSL that this process runs with.
package enum CryptoLibrary {
    /// Such as `3.0.17` (OpenSSL_version(3)): of the library found at run time, not of the headers.
    package static var version: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION_STRING) else { return "unknown" }
        return unsafe String(cString: text)
    }
}

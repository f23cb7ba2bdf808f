import COpenSSL

/// A certificate as OpenSSL holds it.
///
/// - Safety: One of OpenSSL's references, given back in `deinit`; the certificate is not changed.
@safe final class X509Handle: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    /// - Parameter pointer: A reference that becomes this object's.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe X509_free(pointer) }

    /// Its DER (i2d_X509(3)).
    var encoded: [UInt8]? {
        let count = unsafe i2d_X509(pointer, nil)
        guard count > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            var next = bytes.baseAddress
            return unsafe i2d_X509(pointer, &next)
        }
        return written == count ? bytes : nil
    }
}

import COpenSSL

/// A certificate as OpenSSL holds it.
///
/// - Safety: One of OpenSSL's references, given back in `deinit`; the certificate is not changed.
@safe final class X509Handle: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer

    /// - Parameter pointer: A reference that becomes this object's.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe X509_free(pointer) }
}

import COpenSSL

/// Texts in PEM (PEM_read_bio_X509(3)), read out of memory.
enum PEMReading {
    /// Has OpenSSL read bytes as if they were a file.
    static func read<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result) -> Result? {
        defer { ERR_clear_error() }
        guard let count = CInt(exactly: bytes.count) else { return nil }
        return unsafe bytes.withUnsafeBytes { bytes in
            guard let source = unsafe BIO_new_mem_buf(bytes.baseAddress, count) else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe body(source)
        }
    }

    /// All certificates of a text, in its order.
    ///
    /// - Returns: None if what follows the last of them is the beginning of another: whoever writes
    ///   the file may not be done.
    static func certificates(_ source: OpaquePointer) -> [X509Handle] {
        ERR_clear_error()
        var found: [X509Handle] = []
        while found.count < certificatesMax,
            let next = unsafe PEM_read_bio_X509_AUX(source, nil, nil, nil)
        {
            unsafe found.append(X509Handle(next))
        }
        return isAtEnd ? found : []
    }

    /// Whether reading stopped because nothing more begins.
    static var isAtEnd: Bool {
        let reason = CInt(truncatingIfNeeded: ERR_peek_last_error() & 0x7F_FFFF)
        return reason == PEM_R_NO_START_LINE
    }

    /// More than the roots of any system.
    private static let certificatesMax = 4096

    /// A private key, to be freed by the caller; decrypted with a passphrase if it is encrypted.
    static func privateKey(_ source: OpaquePointer, passphrase: [UInt8]?) -> OpaquePointer? {
        // Without a passphrase OpenSSL would ask a terminal for one.
        var text = (passphrase ?? []) + [0]
        return unsafe text.withUnsafeMutableBytes { text in
            defer { unsafe OPENSSL_cleanse(text.baseAddress, text.count) }
            return unsafe PEM_read_bio_PrivateKey(source, nil, nil, text.baseAddress)
        }
    }
}

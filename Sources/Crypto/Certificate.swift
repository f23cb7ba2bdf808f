import COpenSSL

/// What is read of an X.509 certificate: whose key it is, and when it may be used (RFC 5280).
///
/// Who issued it is not looked at: it is trusted since an operator put it where it was read.
package struct Certificate: Sendable {
    package let publicKey: PublicKey
    /// The first second of its validity, since 1970.
    package let validFrom: Int64
    /// The last second of its validity, since 1970.
    package let validUntil: Int64

    /// - Parameter text: PEM, of which the first block is read, as in a file that holds a chain.
    /// - Throws: `.notEncoded` for what is no certificate, and what its key is refused for.
    package init(pem text: String) throws(PublicKeyError) {
        guard let block = PEMBlock(text) else { throw .notEncoded }
        if block.label.hasSuffix("PRIVATE KEY") { throw .privateKey }
        guard block.label == "CERTIFICATE", let der = block.content else { throw .notEncoded }
        try self.init(der: der)
    }

    /// - Throws: `.notEncoded` for what is no certificate, and what its key is refused for.
    package init(der: [UInt8]) throws(PublicKeyError) {
        guard let parts = Self.parts(of: der) else { throw .notEncoded }
        publicKey = try PublicKey(spki: parts.keyInfo)
        validFrom = parts.from
        validUntil = parts.until
    }

    /// Whether it may be used at a time in seconds since 1970.
    package func isValid(at seconds: Int64) -> Bool {
        validFrom <= seconds && seconds <= validUntil
    }

    private typealias Parts = (keyInfo: [UInt8], from: Int64, until: Int64)

    private static func parts(of der: [UInt8]) -> Parts? {
        defer { ERR_clear_error() }
        let certificate = unsafe der.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return unsafe d2i_X509(nil, &next, bytes.count)
        }
        guard let certificate = unsafe certificate else { return nil }
        defer { unsafe X509_free(certificate) }
        let key = unsafe X509_get_X509_PUBKEY(certificate)
        let count = unsafe i2d_X509_PUBKEY(key, nil)
        guard count > 0, let from = unsafe seconds(X509_get0_notBefore(certificate)),
            let until = unsafe seconds(X509_get0_notAfter(certificate))
        else { return nil }
        var keyInfo = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe keyInfo.withUnsafeMutableBufferPointer { bytes in
            // Safety: the array has the length that was just asked for.
            var next = bytes.baseAddress
            return unsafe i2d_X509_PUBKEY(key, &next)
        }
        return written == count ? (keyInfo, from, until) : nil
    }

    /// A time as seconds since 1970 (ASN1_TIME_diff(3)); `nil` if it is none.
    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return nil }
        defer { unsafe ASN1_TIME_free(epoch) }
        var days: CInt = 0
        var rest: CInt = 0
        guard let time = unsafe time, unsafe ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else {
            return nil
        }
        return Int64(days) * 86_400 + Int64(rest)
    }
}

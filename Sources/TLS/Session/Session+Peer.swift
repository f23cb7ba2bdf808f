import COpenSSL

/// Who is at the other end, and what was agreed upon; once established.
extension Session {
    package var version: ProtocolVersion {
        unsafe SSL_version(ssl) == TLS1_3_VERSION ? .tls13 : .tls12
    }

    /// Whether a former session stood in for most of the handshake.
    package var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }

    /// The name that the client asked for, in lower case.
    package var serverName: String? {
        // SSL_get_servername(3) tells of a resumed session's instead, if anything.
        let name = unsafe line.pointee.serverName
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// The peer's certificate, which was verified if there is one; `nil` without.
    ///
    /// - Throws: If there is one, and it cannot be read: that is not the same as none.
    package var peerCertificate: PeerCertificate? {
        get throws(TLSProblem) {
            guard let certificate = unsafe SSL_get1_peer_certificate(ssl) else {
                ERR_clear_error()
                return nil
            }
            defer { unsafe X509_free(certificate) }
            return try unsafe PeerCertificate(certificate)
        }
    }
}

/// What is told of a client's certificate.
package struct PeerCertificate: Equatable, Sendable {
    /// RFC 4514, in printable ASCII.
    package let subject: String
    /// Such as `DNS:app.example` and `URI:spiffe://a/b`, each printable ASCII without spaces.
    package let names: [String]
    /// SHA-256 of its DER.
    package let fingerprint: [UInt8]
    /// The last second of its validity, since 1970.
    package let validUntil: Int64

    init(_ certificate: OpaquePointer) throws(TLSProblem) {
        guard let subject = unsafe Self.subject(of: certificate),
            let until = unsafe Self.seconds(X509_get0_notAfter(certificate)),
            let fingerprint = unsafe Self.fingerprint(of: certificate),
            let names = unsafe Self.names(of: certificate)
        else { throw .library(.taken()) }
        self.subject = subject
        self.names = names
        self.fingerprint = fingerprint
        validUntil = until
    }

    private static func names(of certificate: OpaquePointer) -> [String]? {
        unsafe CertificateNames.alternatives(certificate) { kind, text in
            switch kind {
            case .dns: "DNS:\(text)"
            case .email: "email:\(text)"
            case .uri: "URI:\(text)"
            case .address: "IP:\(text)"
            }
        }
    }

    /// SHA-256 of a certificate's DER; `nil` without memory.
    static func fingerprint(of certificate: OpaquePointer) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        let result = unsafe digest.withUnsafeMutableBufferPointer {
            unsafe X509_digest(certificate, EVP_sha256(), $0.baseAddress, &count)
        }
        return result == 1 ? digest : nil
    }

    private static func subject(of certificate: OpaquePointer) -> String? {
        guard let name = unsafe X509_get_subject_name(certificate),
            let output = unsafe BIO_new(BIO_s_mem())
        else { return nil }
        defer { unsafe BIO_free(output) }
        guard unsafe X509_NAME_print_ex(output, name, 0, apus_name_flags()) >= 0 else { return nil }
        var bytes: UnsafeMutablePointer<CChar>?
        let count = unsafe apus_bio_memory(output, &bytes)
        guard count > 0, let start = unsafe bytes else { return "" }
        let text = unsafe UnsafeBufferPointer(start: start, count: count)
        return unsafe String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

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

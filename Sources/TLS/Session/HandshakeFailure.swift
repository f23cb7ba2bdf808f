import COpenSSL

/// Why a handshake came to nothing.
package enum HandshakeFailure: Error, Equatable, Sendable {
    /// The peer went away.
    case lost
    /// The peer's certificate is not what it must be.
    case certificate(CertificateFault)
    /// The peer sent an alert: it does not want this connection.
    case refused
    /// Nothing that both sides speak, or bytes that are no TLS.
    case garbled
    /// No memory, or no place, for one more session here.
    case exhausted

    /// What is wrong with a certificate, as far as somebody can do something about it.
    package enum CertificateFault: Equatable, Sendable {
        case missing, expired, notYetValid, notTrusted, wrongName, revoked, other
    }

    /// Takes OpenSSL's errors out of the thread's queue and tells what they mean.
    ///
    /// - Parameter verification: What became of the peer's certificate (SSL_get_verify_result(3)).
    init(takingError verification: Int) {
        let error = ERR_peek_error()
        ERR_clear_error()
        let reason = CInt(truncatingIfNeeded: error & 0x7F_FFFF)
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED: self = .certificate(.init(verification))
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: self = .certificate(.missing)
        // Alerts have their number and this on top (ssl(7)).
        case SSL_AD_REASON_OFFSET...(SSL_AD_REASON_OFFSET + 255): self = .refused
        default: self = .garbled
        }
    }
}

extension HandshakeFailure.CertificateFault {
    /// - Parameter code: Of X509_STORE_CTX_get_error(3).
    init(_ code: Int) {
        switch CInt(truncatingIfNeeded: code) {
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CRL_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .wrongName
        case X509_V_ERR_CERT_REVOKED: self = .revoked
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
            self = .notTrusted
        default: self = .other
        }
    }

    /// A word for log lines.
    package var name: StaticString {
        switch self {
        case .missing: "missing"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .notTrusted: "not_trusted"
        case .wrongName: "wrong_name"
        case .revoked: "revoked"
        case .other: "invalid"
        }
    }
}

extension HandshakeFailure {
    /// A word for log lines and metrics.
    package var name: StaticString {
        switch self {
        case .lost: "lost"
        case .certificate: "certificate"
        case .refused: "refused"
        case .garbled: "garbled"
        case .exhausted: "exhausted"
        }
    }
}

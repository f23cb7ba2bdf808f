package import Crypto

/// What came of looking for a provider's certificate; holds until there is other news.
package struct KnownCertificate: Sendable {
    enum Standing: Sendable {
        /// An authority vouches for it.
        case trusted(WebhookPlan.Key)
        /// What is there is no certificate of the provider's.
        case refused
        /// Nobody could say.
        case unavailable
    }

    package let url: CertificateURL
    let standing: Standing

    /// - Returns: `nil` for one whose key is not of the kind that providers sign with.
    package init?(_ url: CertificateURL, _ certificate: Certificate) {
        let form = SignatureForm.certificate
        guard form.algorithm.signatureScheme?.fits(certificate.publicKey.kind) == true else {
            return nil
        }
        let key = WebhookKey(material: .certificate(certificate), form: form)
        self.init(url, .trusted(WebhookPlan.Key(key)))
    }

    /// What is there, is none.
    package static func refused(_ url: CertificateURL) -> KnownCertificate {
        KnownCertificate(url, .refused)
    }

    /// It is not known what is there.
    package static func unavailable(_ url: CertificateURL) -> KnownCertificate {
        KnownCertificate(url, .unavailable)
    }

    private init(_ url: CertificateURL, _ standing: Standing) {
        self.url = url
        self.standing = standing
    }

    /// Whether deliveries are verified by it.
    package var isTrusted: Bool { if case .trusted = standing { true } else { false } }
}

/// Certificates that providers name by URL, as far as they are known: fetched by whoever may wait.
package struct CertificateShelf: Sendable {
    package var known: [KnownCertificate] = []
    /// The one that verifying missed last.
    package internal(set) var wanted: CertificateURL?

    package init() {}

    /// What is known of a URL, as it is written.
    func find(_ text: borrowing Span<UInt8>) -> KnownCertificate? {
        for index in known.indices where known[index].url.isWritten(text) { return known[index] }
        return nil
    }
}

extension SignatureForm {
    /// By the key of a certificate.
    static let certificate = SignatureForm(.rsaSHA256, .base64, .certificate)
}

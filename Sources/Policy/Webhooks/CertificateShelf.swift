package import Crypto

/// What came of looking for a provider's certificate.
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
    /// The last second, since 1970, for which this holds.
    package let until: Int64
    let standing: Standing

    /// - Returns: `nil` for one whose key is not of the kind that providers sign with.
    package init?(_ url: CertificateURL, _ certificate: Certificate, until: Int64) {
        let form = SignatureForm.certificate
        guard form.algorithm.signatureScheme?.fits(certificate.publicKey.kind) == true else {
            return nil
        }
        let key = WebhookKey(material: .certificate(certificate), form: form)
        self.init(url, .trusted(WebhookPlan.Key(key)), until)
    }

    /// What is there, is none.
    package static func refused(_ url: CertificateURL, until: Int64) -> KnownCertificate {
        KnownCertificate(url, .refused, until)
    }

    /// It is not known what is there.
    package static func unavailable(_ url: CertificateURL, until: Int64) -> KnownCertificate {
        KnownCertificate(url, .unavailable, until)
    }

    private init(_ url: CertificateURL, _ standing: Standing, _ until: Int64) {
        self.url = url
        self.standing = standing
        self.until = until
    }

    /// Whether deliveries are verified by it.
    package var isTrusted: Bool { if case .trusted = standing { true } else { false } }

    /// The same, holding for longer.
    package func holding(until: Int64) -> KnownCertificate {
        KnownCertificate(url, standing, until)
    }
}

/// Certificates that providers name by URL, as far as they are known: fetched by whoever may wait.
package struct CertificateShelf: Sendable {
    package var known: [KnownCertificate] = []
    /// The one that verifying missed last.
    package internal(set) var wanted: CertificateURL?

    package init() {}

    /// - Parameter seconds: Since 1970.
    package func knows(_ url: CertificateURL, at seconds: Int64) -> Bool {
        known.contains { $0.url == url && seconds <= $0.until }
    }

    /// What is known of a URL, as it is written.
    func find(_ text: borrowing Span<UInt8>, at seconds: Int64) -> KnownCertificate? {
        for index in known.indices where seconds <= known[index].until {
            let bytes = known[index].url.bytes
            guard bytes.count == text.count else { continue }
            var isSame = true
            for place in text.indices where text[place] != bytes[place] { isSame = false }
            if isSame { return known[index] }
        }
        return nil
    }
}

extension SignatureForm {
    /// By the key of a certificate.
    static let certificate = SignatureForm(.rsaSHA256, .base64, .certificate)
}

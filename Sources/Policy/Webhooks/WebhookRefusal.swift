/// Why a delivery is refused.
///
/// Its sender is told none of this: it goes to log and metric.
package enum WebhookRefusal: UInt8, Error, CaseIterable, Sendable {
    // Something that the provider always sends is not there.
    case signatureMissing, timestampMissing, idMissing, partMissing, certificateURLMissing
    // It is there, in a form that the provider never sends.
    case signatureRepeated, signatureTooLong, signatureUnreadable
    case timestampRepeated, timestampUnreadable
    case idRepeated, idUnreadable, partRepeated, partUnreadable
    case certificateURLRepeated, certificateURLUnreadable
    case bodyUnreadable, bodyUnsigned, challengeUnreadable
    // It is in good form, and proves nothing.
    case signatureWrong, bodyDigestWrong, certificateNotValid, certificateNotTrusted
    case challengeTokenWrong
    // It is genuine, and not of now.
    case timestampPast, timestampFuture

    /// What refusals are counted by.
    package enum Kind: String, CaseIterable, Sendable {
        case missing, malformed
        case badSignature = "bad_signature"
        case stale
    }

    /// The `result` of `apus_webhook_verifications_total`.
    package var kind: Kind {
        switch self {
        case .signatureMissing, .timestampMissing, .idMissing, .partMissing, .certificateURLMissing:
            .missing
        case .signatureRepeated, .signatureTooLong, .signatureUnreadable, .timestampRepeated,
            .timestampUnreadable, .idRepeated, .idUnreadable, .partRepeated, .partUnreadable,
            .bodyUnreadable, .bodyUnsigned, .challengeUnreadable, .certificateURLRepeated,
            .certificateURLUnreadable:
            .malformed
        case .signatureWrong, .bodyDigestWrong, .certificateNotValid, .certificateNotTrusted,
            .challengeTokenWrong:
            .badSignature
        case .timestampPast, .timestampFuture: .stale
        }
    }

    /// What a log says.
    package var token: StaticString {
        switch self {
        case .signatureMissing: "signature_missing"
        case .timestampMissing: "timestamp_missing"
        case .idMissing: "id_missing"
        case .partMissing: "signed_part_missing"
        case .certificateURLMissing: "certificate_url_missing"
        case .signatureRepeated: "signature_repeated"
        case .signatureTooLong: "signature_too_long"
        case .signatureUnreadable: "signature_unreadable"
        case .timestampRepeated: "timestamp_repeated"
        case .timestampUnreadable: "timestamp_unreadable"
        case .idRepeated: "id_repeated"
        case .idUnreadable: "id_unreadable"
        case .partRepeated: "signed_part_repeated"
        case .partUnreadable: "signed_part_unreadable"
        case .certificateURLRepeated: "certificate_url_repeated"
        case .certificateURLUnreadable: "certificate_url_unreadable"
        case .bodyUnreadable: "body_unreadable"
        case .bodyUnsigned: "body_unsigned"
        case .challengeUnreadable: "challenge_unreadable"
        case .signatureWrong: "signature_wrong"
        case .bodyDigestWrong: "body_digest_wrong"
        case .certificateNotValid: "certificate_not_valid"
        case .certificateNotTrusted: "certificate_not_trusted"
        case .challengeTokenWrong: "challenge_token_wrong"
        case .timestampPast: "timestamp_past"
        case .timestampFuture: "timestamp_future"
        }
    }
}

/// What becomes of a delivery, as far as it alone decides.
package enum WebhookRuling: Sendable, Equatable {
    /// The provider sent it; ``WebhookScratch`` says what it is known by.
    case verified
    /// The provider sent it and wants nothing but ``WebhookScratch/answer``.
    case handshake
    case refused(WebhookRefusal)
    /// It cannot be told before the certificate is known that ``CertificateShelf/wanted`` names.
    case needsCertificate
    /// Nobody can say now whether it is genuine.
    case certificateUnavailable
}

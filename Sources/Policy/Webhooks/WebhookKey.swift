package import Crypto

/// A secret of a webhook, made ready.
package struct WebhookKey: Sendable {
    /// What signatures are compared by: no kind is taken for another.
    package enum Material: Sendable {
        case hmac(HMACKey)
        case publicKey(PublicKey)
        case certificate(Certificate)
        case token(Secret)
    }

    package let material: Material
    /// Which of the scheme's forms it is for.
    package let form: SignatureForm
}

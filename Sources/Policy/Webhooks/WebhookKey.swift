package import Crypto

/// A secret of a webhook, made ready.
package struct WebhookKey: Sendable {
<<<<<<< HEAD
    /// What signatures are made with, or compared with.
=======
    /// What signatures are compared by: no kind is taken for another.
>>>>>>> verify
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

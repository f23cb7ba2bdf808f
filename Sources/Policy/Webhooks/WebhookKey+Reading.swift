import Bytes
import Crypto

/// Why a text is no secret of a webhook.
package enum WebhookKeyProblem: Error, Equatable, Sendable {
    case empty
    case notHex
    /// Behind this prefix, which may be empty.
    case notBase64(prefix: String)
    /// It must begin so.
    case prefixMissing(String)
    case ed25519Length
    case notPublicKey
    case notCertificate
    case privateKey
    /// A key of this kind verifies no signature of the provider's.
    case kindNotSpoken

    /// For a problem of the configuration.
    package var reason: String {
        switch self {
        case .empty: "is empty"
        case .notHex: "is not hexadecimal"
        case .notBase64(""): "is not base64"
        case .notBase64(let prefix): "is not base64 behind \(prefix)"
        case .prefixMissing(let prefix): "must begin with \(prefix)"
        case .ed25519Length: "is no Ed25519 public key, which has 32 bytes"
        case .notPublicKey: "is no public key in PEM, nor one in base64"
        case .notCertificate: "is no certificate in PEM"
        case .privateKey: "is a private key, which belongs to the provider alone"
        case .kindNotSpoken: "is a key for another kind of signature"
        }
    }
}

extension WebhookKey {
    /// Makes a secret ready.
    ///
    /// - Parameter text: As the provider shows it; for PayPal the certificate in PEM.
    /// - Throws: Why the form that it looks most like cannot take it.
    package init(_ text: String, for scheme: WebhookScheme) throws(WebhookKeyProblem) {
        let forms = scheme.all.flatMap(\.forms)
        var problem: WebhookKeyProblem?
        for form in forms {
            do throws(WebhookKeyProblem) {
                material = try Self.material(of: text, form)
                self.form = form
                return
            } catch {
                // Of a form whose prefix it has, the problem tells the most.
                if problem == nil || form.keyForm.prefix.map(text.hasPrefix) == true {
                    problem = error
                }
            }
        }
        throw problem ?? .kindNotSpoken
    }

    private static func material(
        of text: String, _ form: SignatureForm
    ) throws(WebhookKeyProblem) -> Material {
        guard !text.isEmpty else { throw .empty }
        switch form.algorithm {
        case .token: return .token(Secret(text))
        case .hmac(let digest):
            let bytes = try form.keyForm.bytes(of: text)
            guard !bytes.isEmpty else { throw .empty }
            return .hmac(HMACKey(bytes, digest))
        case .ed25519, .ecdsaP256, .rsaSHA256:
            let material = try publicKey(text, form.keyForm)
            guard let kind = material.publicKey?.kind,
                form.algorithm.signatureScheme?.fits(kind) == true
            else { throw .kindNotSpoken }
            return material
        }
    }

    private static func publicKey(
        _ text: String, _ form: WebhookKeyForm
    ) throws(WebhookKeyProblem) -> Material {
        do throws(PublicKeyError) {
            switch form {
            case .certificate: return .certificate(try Certificate(pem: text))
            case .publicKey:
                if text.contains("-----") { return .publicKey(try PublicKey(pem: text)) }
                guard let spki = WebhookKeyForm.decoded(base64: text) else { throw .notEncoded }
                return .publicKey(try PublicKey(spki: spki))
            case .text, .hex, .base64, .markedBase64, .ed25519Hex, .ed25519Base64: break
            }
        } catch {
            switch error {
            case .privateKey: throw .privateKey
            case .kindNotSpoken: throw .kindNotSpoken
            default: throw form == .certificate ? .notCertificate : .notPublicKey
            }
        }
        let bytes = try form.bytes(of: text)
        guard bytes.count == 32,
            let key = try? PublicKey(curve: "Ed25519", x: bytes, y: [])
        else { throw .ed25519Length }
        return .publicKey(key)
    }
}

extension WebhookKey.Material {
    /// `nil` for what is shared with the provider.
    fileprivate var publicKey: PublicKey? {
        switch self {
        case .publicKey(let key): key
        case .certificate(let certificate): certificate.publicKey
        case .hmac, .token: nil
        }
    }
}

extension SignatureForm.Algorithm {
    /// `nil` for what is no signature by a private key.
    var signatureScheme: SignatureScheme? {
        switch self {
        case .hmac, .token: nil
        case .ed25519: .ed25519
        case .ecdsaP256: .ecdsaDER
        case .rsaSHA256: .rsaPKCS1(.sha256)
        }
    }
}

extension WebhookKeyForm {
    /// What a text of this form begins with; `nil` if that tells nothing.
    fileprivate var prefix: String? {
        switch self {
        case .base64(let prefix), .markedBase64(let prefix), .ed25519Base64(let prefix):
            prefix.isEmpty ? nil : prefix
        case .text, .hex, .ed25519Hex, .publicKey, .certificate: nil
        }
    }

    fileprivate func bytes(of text: String) throws(WebhookKeyProblem) -> [UInt8] {
        switch self {
        case .text, .publicKey, .certificate: return Array(text.utf8)
        case .hex, .ed25519Hex:
            guard let bytes = Self.decoded(hex: text) else { throw .notHex }
            return bytes
        case .base64(let prefix):
            let rest = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
            guard let bytes = Self.decoded(base64: String(rest)) else {
                throw .notBase64(prefix: rest.count < text.count ? prefix : "")
            }
            return bytes
        case .markedBase64(let prefix), .ed25519Base64(let prefix):
            guard text.hasPrefix(prefix) else { throw .prefixMissing(prefix) }
            guard let bytes = Self.decoded(base64: String(text.dropFirst(prefix.count))) else {
                throw .notBase64(prefix: prefix)
            }
            return bytes
        }
    }

    fileprivate static func decoded(hex text: String) -> [UInt8]? {
        let digits = text.utf8.map(ASCIIByte.hexDigit)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// With or without padding.
    fileprivate static func decoded(base64 text: String) -> [UInt8]? {
        let blanks: [UInt8] = [0x0a, 0x0d]
        var characters = text.utf8.filter { !blanks.contains($0) }
        while characters.count % 4 != 0 { characters.append(0x3d) }
        return Base64.decoded(characters, .standard)
    }
}

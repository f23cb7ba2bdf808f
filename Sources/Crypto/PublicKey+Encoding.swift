import Bytes

/// From the forms in which keys are handed around to the one form that is parsed.
extension PublicKey {
    /// - Parameter text: One block of PEM (RFC 7468): `PUBLIC KEY`, or the older `RSA PUBLIC KEY`.
    ///   Text before and behind it is passed over.
    package convenience init(pem text: String) throws(PublicKeyError) {
        guard let block = PEMBlock(text) else { throw .notEncoded }
        if block.label.hasSuffix("PRIVATE KEY") { throw .privateKey }
        if block.label.hasSuffix("CERTIFICATE") { throw .certificate }
        guard let der = block.content else { throw .notEncoded }
        switch block.label {
        case "PUBLIC KEY": try self.init(spki: der)
        case "RSA PUBLIC KEY": try self.init(spki: DER.keyInfo(DER.rsa, der))
        default: throw .notEncoded
        }
    }

    /// An RSA key by the members `n` and `e` of a JWK (RFC 7518 §6.3.1), big-endian.
    package convenience init(
        rsaModulus modulus: [UInt8], exponent: [UInt8]
    ) throws(PublicKeyError) {
        guard !modulus.isEmpty, !exponent.isEmpty, modulus.count <= 2048, exponent.count <= 32
        else { throw .notEncoded }
        let key = DER.wrap(0x30, DER.integer(modulus) + DER.integer(exponent))
        try self.init(spki: DER.keyInfo(DER.rsa, key))
    }

    /// A key by the members `crv`, `x` and `y` of a JWK (RFC 7518 §6.2.1, RFC 8037 §2); `y` is
    /// empty for Ed25519.
    package convenience init(
        curve: String, x: [UInt8], y: [UInt8]
    ) throws(PublicKeyError) {
        let algorithm: [UInt8]
        let byteCount: Int
        switch curve {
        case "P-256": (algorithm, byteCount) = (DER.p256, 32)
        case "P-384": (algorithm, byteCount) = (DER.p384, 48)
        case "Ed25519":
            guard x.count == 32, y.isEmpty else { throw .notEncoded }
            try self.init(spki: DER.keyInfo(DER.ed25519, x))
            return
        default: throw .kindNotSpoken
        }
        // Coordinates have their full length, zeros in front included.
        guard x.count == byteCount, y.count == byteCount else { throw .notEncoded }
        try self.init(spki: DER.keyInfo(algorithm, [0x04] + x + y))
    }
}

/// The first block of a text in PEM (RFC 7468 §2).
struct PEMBlock {
    /// Such as `PUBLIC KEY`.
    let label: String
    /// What it encodes; `nil` if it has no end, or is no base64.
    let content: [UInt8]?

    /// - Returns: `nil` for a text without any.
    init?(_ text: String) {
        guard let start = text.firstRange(of: "-----BEGIN "),
            let dashes = text[start.upperBound...].firstRange(of: "-----")
        else { return nil }
        label = String(text[start.upperBound..<dashes.lowerBound])
        let rest = text[dashes.upperBound...]
        guard let end = rest.firstRange(of: "-----END \(label)-----") else {
            content = nil
            return
        }
        let blanks: [UInt8] = [0x09, 0x0a, 0x0d, 0x20]
        let body = rest[..<end.lowerBound].utf8.filter { !blanks.contains($0) }
        content = Base64.decoded(body, .standard)
    }
}

/// The little DER that a SubjectPublicKeyInfo needs (ITU-T X.690).
private enum DER {
    // AlgorithmIdentifiers, whole: RFC 3279 §2.3.1, RFC 5480 §2.1.1, RFC 8410 §3.
    static let rsa: [UInt8] = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    static let p256: [UInt8] = [
        0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ]
    static let p384: [UInt8] = [
        0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
        0x04, 0x00, 0x22,
    ]
    static let ed25519: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]

    static func keyInfo(_ algorithm: [UInt8], _ key: [UInt8]) -> [UInt8] {
        wrap(0x30, algorithm + wrap(0x03, [0] + key))
    }

    static func wrap(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        var length: [UInt8] = []
        if count < 0x80 {
            length = [UInt8(count)]
        } else {
            var rest = count
            while rest > 0 {
                length.insert(UInt8(rest & 0xff), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    /// A whole number that is not negative.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.isEmpty { digits = [0] }
        if digits[0] >= 0x80 { digits.insert(0, at: 0) }
        return wrap(0x02, digits)
    }
}

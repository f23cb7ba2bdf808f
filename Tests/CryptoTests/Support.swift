import Bytes
import Crypto

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { byte in Character(UnicodeScalar(byte)).hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func base64url(_ text: String) -> [UInt8] { Base64.decoded(Array(text.utf8), .url) ?? [] }

extension Digest {
    var listed: [UInt8] { (0..<count).map { bytes[$0] } }
}

extension PublicKey {
    /// The whole check of a token's signature, as JWS has it (RFC 7515 §5.2).
    func verifies(_ token: String, _ scheme: SignatureScheme) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        return verifies(
            base64url(String(parts[2])), of: Array("\(parts[0]).\(parts[1])".utf8), scheme)
    }

    func verifies(_ signature: [UInt8], of message: [UInt8], _ scheme: SignatureScheme) -> Bool {
        var verifier = SignatureVerifier()
        return verifier.isValid(signature.span, of: message.span, by: self, scheme)
    }
}

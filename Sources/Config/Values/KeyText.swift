import Policy

/// Public keys and digests as configurations give them.
enum KeyText {
    /// Of a file that holds keys.
    private static let fileBytesMax = 64 << 10

    /// `sha256:` and 64 hexadecimal digits, as 32 bytes.
    static func digest(_ text: String) throws(Objection) -> [UInt8] {
        try digest(text, advice: "printf %s KEY | sha256sum tells the digits of a key")
    }

    /// - Parameter advice: How to get the digits.
    static func digest(_ text: String, advice: String) throws(Objection) -> [UInt8] {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else {
            throw Objection("does not begin with sha256:", advice: advice)
        }
        let digits = text.utf8.dropFirst(prefix.utf8.count).compactMap { byte -> UInt8? in
            byte < 0x80 ? Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) : nil
        }
        guard digits.count == 64, text.utf8.count == prefix.utf8.count + 64 else {
            throw Objection("has not 64 hexadecimal digits behind sha256:", advice: advice)
        }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// A public key, and the file that it stands in; `nil` for one in the configuration itself.
    struct Key: Sendable {
        let setting: JWTKeySetting
        let file: String?
    }

    /// Public keys, and the file with a JWK Set that they stand in.
    struct KeySet: Sendable {
        let settings: [JWTKeySetting]
        let file: String
    }

    /// A public key, as PEM or in a file.
    static func publicKey(_ text: String) throws(Objection) -> Key {
        if text.contains("-----BEGIN ") { return Key(setting: try key(ofPEM: text), file: nil) }
        return Key(setting: try publicKey(inFile: text), file: text)
    }

    /// The public key that a file holds as PEM.
    static func publicKey(inFile path: String) throws(Objection) -> JWTKeySetting {
        try key(ofPEM: String(decoding: try content(of: path), as: UTF8.self))
    }

    private static func key(ofPEM text: String) throws(Objection) -> JWTKeySetting {
        do throws(JWTKeyProblem) {
            return try JWTKeySetting(pem: text, id: nil)
        } catch {
            throw objection(to: error)
        }
    }

    /// The keys of a file with a JWK Set.
    static func keySet(_ path: String) throws(Objection) -> [JWTKeySetting] {
        let bytes = try content(of: path)
        do throws(JWTKeyProblem) {
            return try JWTKeySetting.keys(ofSet: bytes)
        } catch {
            throw objection(to: error)
        }
    }

    /// What a file of keys holds.
    static func content(of path: String) throws(Objection) -> [UInt8] {
        do throws(FileReading.Failure) {
            return try FileReading.read(path, .regular, bytesMax: fileBytesMax)
        } catch {
            throw Objection("is no file that can be read: it \(error.reason)")
        }
    }

    private static func objection(to problem: JWTKeyProblem) -> Objection {
        let advice = "openssl pkey -in PRIVATE.pem -pubout prints the public key of a private one"
        return switch problem {
        case .notPEM: Objection("holds no public key in PEM (BEGIN PUBLIC KEY)", advice: advice)
        case .notJSON: Objection("holds no JWK Set, a JSON object with a list of keys")
        case .keyIncomplete: Objection("holds a key that lacks what its type needs")
        case .privateKey:
            Objection("holds a private key, which has no business here", advice: advice)
        case .certificate:
            Objection(
                "holds a certificate, not a public key",
                advice: "openssl x509 -in CERT.pem -pubkey -noout prints its key")
        case .kindNotSpoken:
            Objection("holds a key other than RSA, P-256, P-384 and Ed25519")
        case .rsaTooShort(let bits):
            Objection("holds an RSA key of \(bits) bits: fewer than 2048 can be broken")
        case .rsaTooLong(let bits): Objection("holds an RSA key of \(bits) bits: 8192 are the most")
        case .unsound: Objection("holds numbers that make no key")
        case .noneUsable: Objection("holds no key that verifies signatures here")
        }
    }
}

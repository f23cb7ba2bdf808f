import Bytes
import Crypto

/// Why a file holds no key that tokens are verified with.
package enum JWTKeyProblem: Error, Equatable, Sendable {
    case notPEM, notJSON
    /// A JWK Set without `keys`, or one of whose keys lacks a member that its type has.
    case keyIncomplete
    case privateKey, certificate, kindNotSpoken
    case rsaTooShort(bits: Int)
    case rsaTooLong(bits: Int)
    /// The numbers make no key.
    case unsound
    /// Nothing in it verifies signatures.
    case noneUsable

    fileprivate init(_ error: PublicKeyError, notEncoded: JWTKeyProblem) {
        switch error {
        case .notEncoded: self = notEncoded
        case .privateKey: self = .privateKey
        case .certificate: self = .certificate
        case .kindNotSpoken: self = .kindNotSpoken
        case .rsaTooShort(let bits): self = .rsaTooShort(bits: bits)
        case .rsaTooLong(let bits): self = .rsaTooLong(bits: bits)
        case .unsound: self = .unsound
        }
    }
}

extension JWTKeySetting {
    /// A public key in PEM.
    package init(pem text: String, id: String?) throws(JWTKeyProblem) {
        do throws(PublicKeyError) {
            let key = try PublicKey(pem: text)
            self.init(id: id, material: .publicKey(key), algorithm: nil)
        } catch {
            throw JWTKeyProblem(error, notEncoded: .notPEM)
        }
    }

    /// The keys of a JWK Set (RFC 7517 §5) that verify signatures.
    ///
    /// Keys for other uses, of types, curves or algorithms not spoken here and shared secrets are
    /// passed over, as the RFC has it; one that is spoken here and wrong is not.
    package static func keys(ofSet bytes: [UInt8]) throws(JWTKeyProblem) -> [JWTKeySetting] {
        let members: [JWK]
        do throws(JSONError) {
            members = try JWK.members(ofSet: bytes.span)
        } catch {
            throw .notJSON
        }
        var keys: [JWTKeySetting] = []
        for key in members {
            if let key = try JWTKeySetting(key) { keys.append(key) }
        }
        guard !keys.isEmpty else { throw .noneUsable }
        return keys
    }

    /// - Returns: `nil` for a key that is passed over.
    private init?(_ key: JWK) throws(JWTKeyProblem) {
        if let use = key.texts["use"], use != "sig" { return nil }
        if let operations = key.operations, !operations.contains("verify") { return nil }
        var algorithm: JWTAlgorithm?
        if let name = key.texts["alg"] {
            algorithm = JWTAlgorithm(rawValue: name)
            guard let algorithm, !algorithm.takesSecret else { return nil }
        }
        guard ["RSA", "EC", "OKP"].contains(key.texts["kty"]) else { return nil }
        // RFC 7518 §6.2.2, §6.3.2: what makes it a private one.
        guard key.texts["d"] == nil else { throw .privateKey }
        do throws(PublicKeyError) {
            let made = try Self.publicKey(key)
            self.init(id: key.texts["kid"], material: .publicKey(made), algorithm: algorithm)
        } catch {
            guard error != .kindNotSpoken else { return nil }
            throw JWTKeyProblem(error, notEncoded: .keyIncomplete)
        }
    }

    private static func publicKey(_ key: JWK) throws(PublicKeyError) -> PublicKey {
        func bytes(_ name: String) -> [UInt8] {
            key.texts[name].flatMap { Base64.decoded(Array($0.utf8), .url) } ?? []
        }
        if key.texts["kty"] == "RSA" {
            return try PublicKey(rsaModulus: bytes("n"), exponent: bytes("e"))
        }
        return try PublicKey(curve: key.texts["crv"] ?? "", x: bytes("x"), y: bytes("y"))
    }
}

/// One key of a JWK Set: its members that are texts, and what it may be used for.
private struct JWK {
    private(set) var texts: [String: String] = [:]
    /// `key_ops`; `nil` without them.
    private(set) var operations: [String]?

    /// All keys of a set.
    static func members(ofSet bytes: borrowing Span<UInt8>) throws(JSONError) -> [JWK] {
        guard
            case .object(let root) = try JSONReader.value(
                of: ByteRange(0, bytes.count), in: bytes)
        else { throw .malformed }
        var keys: [JWK] = []
        var members = JSONReader(inside: root)
        while let (name, value) = try members.nextMember(in: bytes) {
            guard name.string(in: bytes) == "keys" else { continue }
            guard case .array(let list) = value, keys.isEmpty else { throw .malformed }
            var elements = JSONReader(inside: list)
            while let element = try elements.nextElement(in: bytes) {
                guard case .object(let key) = element else { throw .malformed }
                keys.append(try JWK(key, in: bytes))
            }
        }
        return keys
    }

    private init(_ object: ByteRange, in bytes: borrowing Span<UInt8>) throws(JSONError) {
        var members = JSONReader(inside: object)
        while let (name, value) = try members.nextMember(in: bytes) {
            switch value {
            case .text(let text):
                let previous = texts.updateValue(
                    text.string(in: bytes), forKey: name.string(in: bytes))
                guard previous == nil else { throw .malformed }
            case .array(let list) where name.string(in: bytes) == "key_ops":
                var elements = JSONReader(inside: list)
                var found: [String] = []
                while let element = try elements.nextElement(in: bytes) {
                    if case .text(let text) = element { found.append(text.string(in: bytes)) }
                }
                operations = found
            default: break
            }
        }
    }
}

extension JSONText {
    /// What it stands for, as a text of its own; allocates.
    fileprivate func string(in bytes: borrowing Span<UInt8>) -> String {
        var buffer = Buffer(capacity: range.count + 1)
        append(to: &buffer, in: bytes)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }
}

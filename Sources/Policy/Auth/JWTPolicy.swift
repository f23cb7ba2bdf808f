import Bytes
import Crypto
import HTTP

/// Verifies tokens in the compact form of JWS (RFC 7515 §7.1) with claims of RFC 7519.
///
/// The configuration says which algorithms there are and each key is compiled for each of them that
/// it fits, apart: a token can choose among these and nothing else. `none` is not among them, and
/// no key for signatures can be used as a secret, there being no function that would take it.
///
/// - SeeAlso: RFC 8725, the practices that this follows: §3.1 pins the algorithm, §3.3 checks every
///   part, §3.8 issuer and §3.9 audience.
final class JWTPolicy: Sendable {
    /// Of a whole token.
    static let tokenBytesMax = 8192
    /// Of its header, decoded.
    static let headerBytesMax = 1024
    /// Of a subject: what one field line should hold.
    static let subjectBytesMax = 255

    /// A key for one algorithm.
    private struct Verifier: Sendable {
        enum Key: Sendable {
            case code(HMACKey)
            case signature(PublicKey, SignatureScheme)
        }

        /// In UTF-8; `nil` for a key without one.
        let id: [UInt8]?
        let algorithm: [UInt8]
        let key: Key
    }

    private let verifiers: [Verifier]
    private let expectations: TokenExpectations
    private let leeway: Int64
    private let cookie: [UInt8]?
    let index: Int32

    init(_ settings: JWTSettings, index: Int) {
        verifiers = settings.algorithms.flatMap { algorithm in
            settings.keys.filter { $0.fits(algorithm) }.compactMap { key in
                let id = key.id.map { Array($0.utf8) }
                let name = Array(algorithm.rawValue.utf8)
                switch (key.material, algorithm.proof) {
                case (.secret(let secret), .code(let digest)):
                    return Verifier(
                        id: id, algorithm: name, key: .code(HMACKey(secret.bytes, digest)))
                case (.publicKey(let key), .signature(let scheme)):
                    return Verifier(id: id, algorithm: name, key: .signature(key, scheme))
                default: return nil
                }
            }
        }
        expectations = TokenExpectations(
            issuer: settings.issuer.map { Array($0.utf8) },
            audiences: settings.audiences.map { Array($0.utf8) })
        leeway = settings.leeway
        cookie = settings.cookie.map { Array($0.utf8) }
        self.index = Int32(truncatingIfNeeded: index)
    }

    /// - Parameter now: Seconds since 1970.
    func decide(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, at now: Int64,
        scratch: inout AuthScratch
    ) -> AuthAnswer {
        let found = credentials(of: head, in: bytes)
        guard case .found(let range) = found else { return .refused(found.reason) }
        return decide(bytes.extracting(range.indices), at: now, scratch: &scratch)
    }

    /// Where the token stands that a request is judged by.
    func credentials(
        of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Credentials {
        let found = Credentials.bearer(of: head, in: bytes)
        if case .missing = found, let cookie {
            return Credentials.cookie(cookie, of: head, in: bytes)
        }
        return found
    }

    /// Decides on a token, of which the cache may know.
    func decide(
        _ token: borrowing Span<UInt8>, at now: Int64, scratch: inout AuthScratch
    ) -> AuthAnswer {
        guard token.count <= Self.tokenBytesMax else { return .refused(.jwtTooLarge) }
        let tag = SipHash.tag(of: token, by: scratch.tagKey)
        if let known = scratch.admissions.find(tag, policy: index, name: &scratch.principal) {
            return answer(known, at: now, scratch: &scratch)
        }
        do throws(TokenRefusal) {
            let times = try verify(token, scratch: &scratch)
            let principal: Principal = scratch.principal.isEmpty ? .unnamed : .subject
            let admission = Admission(principal: principal, times: times)
            scratch.admissions.insert(
                tag, policy: index, admission, name: scratch.principal, at: now)
            return answer(admission, at: now, scratch: &scratch)
        } catch {
            scratch.principal.removeAll()
            return .refused(error.reason)
        }
    }

    /// Looks at what a verified token says of time.
    private func answer(
        _ admission: Admission, at now: Int64, scratch: inout AuthScratch
    ) -> AuthAnswer {
        if let refusal = admission.times.refusal(at: now, leeway: leeway) {
            scratch.principal.removeAll()
            return .refused(refusal)
        }
        return .admitted(admission.principal)
    }

    /// Verifies everything about a token but the time; its subject goes into the scratch.
    private func verify(
        _ token: borrowing Span<UInt8>, scratch: inout AuthScratch
    ) throws(TokenRefusal) -> TokenTimes {
        guard let parts = TokenParts(token) else { throw TokenRefusal(.jwtMalformed) }
        let header = try decode(parts.header, of: token, Self.headerBytesMax, &scratch.decoded) {
            (bytes: borrowing Span<UInt8>) throws(TokenRefusal) in
            try chosenVerifier(TokenHeader(bytes), in: bytes)
        }
        try check(token, parts, verifiers[header], scratch: &scratch)
        let expectations = expectations
        var subject = scratch.principal.take()
        defer { scratch.principal = subject.take() }
        return try decode(parts.claims, of: token, Self.tokenBytesMax, &scratch.decoded) {
            (bytes: borrowing Span<UInt8>) throws(TokenRefusal) in
            try TokenClaims(bytes).checked(expectations, in: bytes, subject: &subject)
        }
    }

    /// Decodes a part of a token, and lends it.
    private func decode<Value>(
        _ part: ByteRange, of token: borrowing Span<UInt8>, _ bytesMax: Int,
        _ decoded: inout Buffer,
        _ body: (borrowing Span<UInt8>) throws(TokenRefusal) -> Value
    ) throws(TokenRefusal) -> Value {
        decoded.removeAll()
        guard Base64.append(token, part, .url, to: &decoded) else {
            throw TokenRefusal(.jwtMalformed)
        }
        guard decoded.count <= bytesMax else { throw TokenRefusal(.jwtTooLarge) }
        return try decoded.withReadable(body)
    }

    /// The one key that a header asks for.
    ///
    /// A header without `kid` is for the key of its algorithm that there is only one of; one with a
    /// `kid` for the key of that name, or else for one that has no name. So a token costs one
    /// verification, whatever its header says.
    private func chosenVerifier(
        _ header: TokenHeader, in bytes: borrowing Span<UInt8>
    ) throws(TokenRefusal) -> Int {
        var isSpoken = false
        var nameless: Int?
        var count = 0
        for index in verifiers.indices {
            let verifier = verifiers[index]
            guard header.algorithm.equals(verifier.algorithm.span, in: bytes) else { continue }
            isSpoken = true
            count += 1
            if header.keyID == nil || verifier.id == nil { nameless = index }
            if let keyID = header.keyID, let id = verifier.id, keyID.equals(id.span, in: bytes) {
                return index
            }
        }
        guard isSpoken else { throw TokenRefusal(.jwtAlgorithm) }
        guard let nameless, header.keyID != nil || count == 1 else {
            throw TokenRefusal(.jwtUnknownKey)
        }
        return nameless
    }

    /// Verifies the signature over header and claims as they were sent (RFC 7515 §5.2).
    private func check(
        _ token: borrowing Span<UInt8>, _ parts: TokenParts, _ verifier: Verifier,
        scratch: inout AuthScratch
    ) throws(TokenRefusal) {
        let signed = token.extracting(0..<parts.claims.end)
        var signature = scratch.signature.take()
        defer { scratch.signature = signature.take() }
        signature.removeAll()
        guard Base64.append(token, parts.signature, .url, to: &signature) else {
            throw TokenRefusal(.jwtMalformed)
        }
        var isValid = false
        switch verifier.key {
        case .code(let key):
            let code = scratch.digester.authenticate(signed, by: key)
            isValid = signature.withReadable { code.isEqual(to: $0) }
        case .signature(let key, let scheme):
            isValid = signature.withReadable { (signature: borrowing Span<UInt8>) in
                scratch.verifier.isValid(signature, of: signed, by: key, scheme)
            }
        }
        guard isValid else { throw TokenRefusal(.jwtSignature) }
    }
}

/// Why a token is refused, as an error.
struct TokenRefusal: Error {
    let reason: RefusalReason

    init(_ reason: RefusalReason) { self.reason = reason }
}
